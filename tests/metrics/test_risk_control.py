"""Learn then Test: closed forms, the walk against brute force, and how often it promises too much."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import binomtest

from xray_resnet.metrics.risk_control import Walk, divergence, draw_films

FILMS = st.lists(st.tuples(st.booleans(), st.integers(-3, 3)), min_size=1, max_size=60)


@pytest.mark.parametrize(("limit", "delta", "films"), [(0.1, 0.05, 29), (0.05, 0.05, 59), (0.01, 0.1, 230)])
def test_without_errors_it_takes_log_delta_over_log_target_films(limit: float, delta: float, films: int) -> None:
    assert films == np.ceil(np.log(delta) / np.log(1 - limit))
    for count, reached in ((films - 1, None), (films, 0.0)):
        walk = Walk.through(np.ones(count), np.zeros(count), of_negatives=False)
        assert walk.reach(limit, delta=delta) == reached


@settings(deadline=None)
@given(films=FILMS, start=st.floats(-4, 4), of_negatives=st.booleans())
def test_the_walk_is_the_slow_one(films: list[tuple[bool, int]], start: float, of_negatives: bool) -> None:
    """Counts afresh at the start and at every logit below it, down to the first that is not rejected."""
    labels, logits = np.array(films, np.float64).T
    reached = None
    for threshold in [start, *sorted({*logits[logits < start]}, reverse=True)]:
        called = logits >= threshold
        trials = (labels == 0).sum() if of_negatives else called.sum()
        errors = (called & (labels == 0)).sum()
        if not called.any() or trials == 0 or binomtest(int(errors), int(trials), 0.4, "less").pvalue > 0.2:
            break
        reached = threshold
    walk = Walk.through(labels, logits, of_negatives=of_negatives)
    assert walk.starting_at(start).reach(0.4, delta=0.2) == reached


def test_a_threshold_between_the_films_is_kept_as_it_was_chosen() -> None:
    walk = Walk.through(np.ones(60), np.repeat([3.0, 1.0], [59, 1]), of_negatives=False)
    assert walk.starting_at(2.5).thresholds.tolist() == [2.5, 1.0]


def test_above_all_films_there_is_nothing_to_test() -> None:
    walk = Walk.through([1, 1], [0.0, 1.0], of_negatives=False).starting_at(2.0)
    assert len(walk.errors) == 0
    assert walk.reach(0.5, delta=0.9) is None


def test_the_false_positive_rate_is_bounded_where_clopper_and_pearson_bound_it() -> None:
    generator = np.random.default_rng(0)
    labels, logits = np.repeat([0, 1], [300, 40]), generator.normal(size=340)
    reached = Walk.through(labels, logits, of_negatives=True).reach(0.1, delta=0.05)
    negatives = np.sort(logits[labels == 0])[::-1]
    bounds = [binomtest(errors, 300, alternative="less").proportion_ci(0.95).high for errors in range(300)]
    allowed = int(np.searchsorted(bounds, 0.1, side="right")) - 1
    assert reached is not None
    assert (negatives >= reached).sum() == allowed
    assert reached <= negatives[allowed - 1]


def test_one_film_of_each_patient_is_drawn_and_each_as_often() -> None:
    patients = np.array(["b", "a", "b", "b", "c"])
    generator = np.random.default_rng(0)
    drawn = np.array([draw_films(patients, generator=generator) for _ in range(6000)])
    assert all(sorted(patients[row]) == ["a", "b", "c"] for row in drawn)
    np.testing.assert_allclose(np.bincount(drawn.ravel()) / 6000, [1 / 3, 1, 1 / 3, 1 / 3, 1], atol=0.02)
    np.testing.assert_allclose((patients[drawn[:, 0]] == "b").mean(), 1 / 3, atol=0.02)


def test_the_start_is_where_the_evidence_is_greatest() -> None:
    """Noise at the very top: 40 % errors, then none until half of the films are wrong."""
    labels = np.r_[np.tile([1, 0, 1, 0, 1], 2), np.ones(200), np.tile([0, 1], 100)]
    logits = -np.arange(len(labels), dtype=float)
    assert Walk.through(labels, logits, of_negatives=False).choose_start(0.1) == -209


def test_the_trials_that_are_needed_suffice_if_the_share_of_errors_stays() -> None:
    labels = np.r_[np.ones(48), np.zeros(2)]
    (trials,) = Walk.through(labels, np.zeros(50), of_negatives=False).estimate_trials(0.1, delta=0.05)
    assert trials == np.ceil(np.log(20) / (0.04 * np.log(0.4) + 0.96 * np.log(0.96 / 0.9)))
    times = int(np.ceil(trials / 50))
    assert Walk.through(np.tile(labels, times), np.zeros(50 * times), of_negatives=False).reach(0.1, delta=0.05) == 0
    assert Walk.through(labels, np.zeros(50), of_negatives=False).reach(0.1, delta=0.05) is None


def test_no_number_of_films_shows_what_is_not_so() -> None:
    walk = Walk.through([1, 0], [0.0, 0.0], of_negatives=False)
    assert walk.estimate_trials(0.5, delta=0.05).tolist() == [np.inf]


def test_the_divergence_of_certain_outcomes_is_finite() -> None:
    np.testing.assert_allclose(divergence([0.0, 1.0, 0.3], 0.3), [-np.log(0.7), -np.log(0.3), 0.0], atol=1e-15)


@pytest.mark.parametrize("limit", [0.05, 0.2])
def test_where_the_share_is_just_the_limit_it_is_rejected_as_rarely_as_is_said(limit: float) -> None:
    """Errors happen with the limit's probability at every logit, so that every rejection is one too many."""
    generator = np.random.default_rng(0)
    rejected = 0
    for _ in range(3000):
        labels, logits = generator.random(200) >= limit, generator.normal(size=200)
        walk = Walk.through(labels, logits, of_negatives=False).starting_at(0.5)
        rejected += walk.reach(limit, delta=0.1) is not None
    assert 0.03 <= rejected / 3000 <= 0.1 + 3 * np.sqrt(0.09 / 3000)
