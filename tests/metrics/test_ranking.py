"""Ranking metrics against pair counting, scikit-learn, and what must not change them."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.typing import NDArray
from sklearn import metrics as sklearn_metrics

from xray_resnet.metrics import auroc, average_precision, macro_auroc, pr_curve, roc_curve, why_undefined
from xray_resnet.metrics.ranking import RankedPairs

Case = tuple[NDArray[np.float64], NDArray[np.float64]]
labels_and_scores = st.integers(2, 40).flatmap(
    lambda n: st.tuples(
        arrays(np.float64, n, elements=st.sampled_from([0.0, 1.0])),
        arrays(np.float64, n, elements=st.integers(-3, 3).map(float)),
    )
)


def count_pairs(labels: NDArray[np.float64], scores: NDArray[np.float64]) -> float | None:
    positives, negatives = scores[labels == 1], scores[labels == 0]
    if not len(positives) or not len(negatives):
        return None
    wins = sum(1.0 if p > n else 0.5 if p == n else 0.0 for p in positives for n in negatives)
    return wins / (len(positives) * len(negatives))


@given(labels_and_scores)
def test_auroc_is_the_share_of_pairs_in_order(case: Case) -> None:
    assert auroc(*case) == pytest.approx(count_pairs(*case), abs=1e-12)


@given(labels_and_scores)
def test_a_rising_transform_of_the_scores_changes_nothing(case: Case) -> None:
    labels, scores = case
    assert auroc(labels, np.exp(scores) * 3 - 7) == auroc(labels, scores)


@given(labels_and_scores)
def test_swapping_the_labels_mirrors_the_auroc(case: Case) -> None:
    labels, scores = case
    if why_undefined(labels) is None:
        assert auroc(1 - labels, scores) == pytest.approx(1 - auroc(labels, scores), abs=1e-12)


def test_scikit_learn_agrees_on_auroc_average_precision_and_curves() -> None:
    generator = np.random.default_rng(1)
    labels = (generator.random(500) < 0.2).astype(float)
    scores = np.round(generator.normal(size=500) + labels, 1)
    assert auroc(labels, scores) == pytest.approx(sklearn_metrics.roc_auc_score(labels, scores))
    assert average_precision(labels, scores) == pytest.approx(sklearn_metrics.average_precision_score(labels, scores))
    rates = sklearn_metrics.roc_curve(labels, scores, drop_intermediate=False)
    np.testing.assert_allclose(roc_curve(labels, scores).x, rates[0])
    np.testing.assert_allclose(roc_curve(labels, scores).y, rates[1])
    precision, recall, _ = sklearn_metrics.precision_recall_curve(labels, scores)
    np.testing.assert_allclose(pr_curve(labels, scores).y, precision[::-1])
    np.testing.assert_allclose(pr_curve(labels, scores).x, recall[::-1])


def test_images_without_a_label_are_left_out() -> None:
    labels, scores = [0, 1, np.nan, 1, 0], [0.1, 0.9, np.nan, 0.2, 0.3]
    assert auroc(labels, scores) == auroc([0, 1, 1, 0], [0.1, 0.9, 0.2, 0.3]) == 0.75
    assert average_precision(labels, scores) == average_precision([0, 1, 1, 0], [0.1, 0.9, 0.2, 0.3])


@pytest.mark.parametrize(
    ("labels", "reason"),
    [
        ([0, 0], "no positive image"),
        ([1, np.nan], "no negative image"),
        ([np.nan, np.nan], "no assessed image"),
        ([], "no assessed image"),
    ],
)
def test_an_undefined_metric_is_none_with_its_reason(labels: list[float], reason: str) -> None:
    scores = np.zeros(len(labels))
    assert auroc(labels, scores) is None
    assert average_precision(labels, scores) is None
    assert why_undefined(labels) == reason


def test_the_macro_average_is_over_the_defined_findings() -> None:
    labels = np.array([[0, 1, 0], [1, 1, 0], [1, 1, 1]], float)
    scores = np.array([[0.1, 0.2, 0.3], [0.2, 0.3, 0.9], [0.0, 0.9, 0.5]])
    assert macro_auroc(labels, scores) == pytest.approx((0.5 + 0.5) / 2)
    assert macro_auroc(labels[:, 1:2], scores[:, 1:2]) is None


def test_weighting_a_patient_twice_is_listing_their_images_twice() -> None:
    generator = np.random.default_rng(2)
    patients = generator.integers(8, size=40)
    labels, scores = generator.integers(2, size=40), generator.integers(5, size=40)
    weights = generator.integers(3, size=(8, 6))
    expected = [auroc(np.repeat(labels, w[patients]), np.repeat(scores, w[patients])) for w in weights.T]
    found = RankedPairs.of(labels, scores, units=patients).auroc(weights)
    np.testing.assert_allclose(found, np.array(expected, float))


def test_a_label_that_is_no_label_is_refused() -> None:
    with pytest.raises(ValueError, match="other than 0, 1 and NaN"):
        auroc([0, 2], [0.1, 0.2])


def test_an_assessed_image_without_a_finite_score_is_refused() -> None:
    with pytest.raises(ValueError, match="not finite"):
        auroc([0, 1], [0.1, np.nan])
