"""AUROC lost on bad films: the loss, resamples of trainings and patients, and the contrast of two recipes."""

import numpy as np
import pytest

from xray_resnet.metrics import auroc
from xray_resnet.metrics.robustness import Trainings, contrast, lose, resample_trainings, state

PATIENTS = np.repeat(np.arange(40), 2)
LABELS = (np.random.default_rng(0).random((80, 2)) < 0.5).astype(float)


def make_scores(trainings: int, versions: int, *, seed: int = 0, separation: float = 1.0) -> list[list[np.ndarray]]:
    """Scores whose versions rank worse and worse."""
    generator = np.random.default_rng(seed)
    strengths = separation / np.arange(1, versions + 1)
    return [
        [generator.normal(size=LABELS.shape) + strength * LABELS for strength in strengths] for _ in range(trainings)
    ]


def resample(scores: list[list[np.ndarray]], *, recipe: int = 0, resamples: int = 50) -> Trainings:
    return resample_trainings(LABELS, scores, patients=PATIENTS, recipe=recipe, seed=3, resamples=resamples)


def test_what_a_corruption_improves_by_chance_is_no_gain() -> None:
    np.testing.assert_allclose(lose([0.9, 0.8, 0.95]), [0.1, 0.0])


def test_each_value_is_the_mean_auroc_over_the_findings() -> None:
    scores = make_scores(2, 3)
    found = resample(scores).aurocs
    expected = [[np.mean([auroc(LABELS[:, f], v[:, f]) or 0 for f in (0, 1)]) for v in training] for training in scores]
    np.testing.assert_allclose(found, expected)


def test_a_resample_repeats_whole_patients() -> None:
    """The value in a resample is that of a data set in which each patient stands as often as it was drawn."""
    (version,), found = make_scores(1, 1)[0], resample(make_scores(1, 1), resamples=4)
    drawn = np.random.default_rng([3, 0]).integers(40, size=(40, 4))
    for column in range(4):
        rows = np.concatenate([np.flatnonzero(patient == PATIENTS) for patient in drawn[:, column]])
        expected = np.mean([auroc(LABELS[rows, f], version[rows, f]) or 0 for f in (0, 1)])
        assert found.samples[0, 0, column] == pytest.approx(expected)


def test_the_loss_is_averaged_after_negative_ones_became_none() -> None:
    aurocs = np.array([[0.9, 0.8, 1.0], [0.9, 1.0, 0.6]])
    trainings = Trainings(aurocs, aurocs[..., None], np.array([[0], [1]]))
    np.testing.assert_allclose(trainings.losses, [0.05, 0.15])
    value, samples = trainings.loss([0, 1])
    assert value == pytest.approx(0.1)
    np.testing.assert_allclose(samples, [0.1])


def test_a_recipe_against_itself_differs_in_no_resample() -> None:
    scores = make_scores(1, 2)
    estimate = contrast(resample(scores).version(), resample(scores, recipe=1).version())
    assert (estimate.value, estimate.low, estimate.high) == (0, 0, 0)


def test_trainings_that_differ_widen_the_interval() -> None:
    same, other = make_scores(1, 1, seed=1)[0], make_scores(1, 1, seed=2, separation=4)[0]
    alike, apart = state(resample([same, same]).version()), state(resample([same, other]).version())
    assert apart.high is not None and apart.low is not None and alike.high is not None and alike.low is not None
    assert apart.high - apart.low > alike.high - alike.low


def test_trainings_of_two_recipes_are_drawn_independently() -> None:
    scores = make_scores(4, 1)
    assert (resample(scores).drawn != resample(scores, recipe=1).drawn).any()


def test_a_ratio_to_nothing_is_undefined_with_its_reason() -> None:
    nothing, something = (0.0, np.zeros(5)), (0.1, np.full(5, 0.1))
    estimate = contrast(nothing, something, how=np.divide)
    assert (estimate.value, estimate.why_null) == (None, "the first recipe loses nothing")
