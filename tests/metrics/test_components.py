"""What each image adds to a metric: scikit-learn with that image weighted a little more."""

from functools import partial

import numpy as np
import pytest
from numpy.typing import NDArray
from sklearn.metrics import average_precision_score, roc_auc_score

from xray_resnet.metrics.components import (
    Components,
    Metric,
    differentiate_auroc,
    differentiate_average_precision,
    differentiate_partial_auroc,
    place,
)

Array = NDArray[np.float64]
MAX_FPR = 0.37
METRICS: dict[str, Metric] = {
    "auroc": differentiate_auroc,
    "partial auroc": partial(differentiate_partial_auroc, max_fpr=MAX_FPR),
    "average precision": differentiate_average_precision,
}


def draw(seed: int, *, levels: float) -> tuple[Array, Array]:
    """Seven positives and 19 negatives, (1, 7) and (1, 19); few levels make ties."""
    generator = np.random.default_rng(seed)
    scores = generator.normal(size=26) + 0.8 * (np.arange(26) < 7)
    rounded = np.round(scores * levels) / levels
    return rounded[None, :7], rounded[None, 7:]


def compute(name: str, positive: Array, negative: Array, weights: Array | None = None) -> float:
    """The metric by scikit-learn; the partial AUROC as the share of the area up to the rate."""
    labels, scores = np.repeat([1, 0], [positive.size, negative.size]), np.hstack([positive, negative])[0]
    if name == "average precision":
        return float(average_precision_score(labels, scores, sample_weight=weights))
    if name == "auroc":
        return float(roc_auc_score(labels, scores, sample_weight=weights))
    standardised = roc_auc_score(labels, scores, sample_weight=weights, max_fpr=MAX_FPR)
    return float((2 * standardised - 1) * (1 - MAX_FPR / 2) + MAX_FPR / 2)


@pytest.mark.parametrize("name", METRICS)
@pytest.mark.parametrize("levels", [0.5, 2, 1000])
def test_values_are_those_of_scikit_learn(name: str, levels: float) -> None:
    for seed in range(10):
        pair = draw(seed, levels=levels)
        assert METRICS[name](*pair).values[0] == pytest.approx(compute(name, *pair), abs=1e-12)


@pytest.mark.parametrize("name", METRICS)
@pytest.mark.parametrize("levels", [0.5, 2, 1000])
def test_components_are_derivatives_by_the_weight_of_an_image(name: str, levels: float) -> None:
    step = 1e-5
    for seed in range(5):
        pair = draw(seed, levels=levels)
        ends = [[compute(name, *pair, 1 + sign * step * row) for row in np.eye(26)] for sign in (1, -1)]
        found = METRICS[name](*pair)
        expected = (np.array(ends[0]) - np.array(ends[1])) / (2 * step)
        np.testing.assert_allclose(np.hstack([found.positives, found.negatives])[0], expected, atol=1e-8)


def test_a_cut_that_falls_on_a_negative_takes_it_in() -> None:
    """Four negatives up to one half: the area under the first two steps, and the lower two do not matter."""
    found = differentiate_partial_auroc(np.array([[5.0, 2.5]]), np.array([[4.0, 3.0, 2.0, 1.0]]), max_fpr=0.5)
    assert found.values[0] == pytest.approx(0.5)
    assert found.negatives[0, 2] == found.negatives[0, 3]


def test_many_scores_at_once_are_each_alone() -> None:
    pairs = [draw(seed, levels=2) for seed in range(6)]
    together = [np.concatenate(side) for side in zip(*pairs, strict=True)]
    for metric in METRICS.values():
        parts = metric(*together)
        for place_of, pair in enumerate(pairs):
            alone = metric(*pair)
            rows = Components(*(part[[place_of]] for part in (parts.values, parts.positives, parts.negatives)))
            np.testing.assert_allclose(rows.positives, alone.positives, atol=1e-15)
            np.testing.assert_allclose(rows.negatives, alone.negatives, atol=1e-15)
            np.testing.assert_allclose(rows.values, alone.values, atol=1e-15)


@pytest.mark.parametrize("name", METRICS)
def test_all_components_add_up_to_nothing(name: str) -> None:
    found = METRICS[name](*draw(3, levels=2))
    assert found.positives.sum() + found.negatives.sum() == pytest.approx(0, abs=1e-12)


def test_placements_count_pairs_and_half_the_ties() -> None:
    over, under = place(np.array([[2.0, 1.0]]), np.array([[1.0, 0.0, 3.0]]))
    np.testing.assert_allclose(over, [[2 / 3, 1.5 / 3]])
    np.testing.assert_allclose(under, [[0.75, 1.0, 0.0]])
