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
    walks = [Walk.through(np.ones(count), np.zeros(count), of_negatives=False) for count in (films - 1, films)]
    reached = [walk.reach(limit, delta=delta, start=len(walk.errors)) is not None for walk in walks]
    assert reached == [False, True]


@settings(deadline=None)
@given(films=FILMS, start=st.integers(0, 9), of_negatives=st.booleans())
def test_the_walk_is_the_slow_one(films: list[tuple[bool, int]], start: int, of_negatives: bool) -> None:
    """Counts afresh for each film more, down to the first that is not rejected; equal logits are never parted."""
    ranked = sorted(films, key=lambda film: -film[1])
    reached = None
    for count in range(max(start, 1), len(ranked) + 1):
        errors = sum(not label for label, _ in ranked[:count])
        trials = sum(not label for label, _ in ranked) if of_negatives else count
        if trials == 0 or binomtest(errors, trials, 0.4, alternative="less").pvalue > 0.2:
            break
        following = ranked[count][1] if count < len(ranked) else -np.inf
        if following < ranked[count - 1][1]:
            reached = ranked[count - 1][1] if count > start else np.nextafter(following, np.inf)
    labels, logits = np.array(films, np.float64).T
    assert Walk.through(labels, logits, of_negatives=of_negatives).reach(0.4, delta=0.2, start=start) == reached


def test_at_the_start_itself_the_threshold_is_just_above_the_next_film() -> None:
    """The films above the start were tested together: a higher threshold was not."""
    labels = np.r_[np.ones(29), np.zeros(9)]
    reached = Walk.through(labels, -np.arange(38.0), of_negatives=False).reach(0.1, delta=0.05, start=29)
    assert reached == np.nextafter(-29, np.inf)


def test_a_p_value_of_just_delta_rejects() -> None:
    """P(Binomial(1, 1/2) ≤ 0) = 1/2."""
    walk = Walk.through([1], [0.0], of_negatives=False)
    assert walk.reach(0.5, delta=0.5, start=1) is not None
    assert walk.reach(0.5, delta=0.49, start=1) is None


def test_a_walk_without_films_above_its_start_starts_at_infinity() -> None:
    assert Walk.through([1, 0], [1.0, 0.0], of_negatives=True).threshold(0, start=0) == np.inf


def test_a_start_below_all_films_tests_nothing() -> None:
    assert Walk.through([1, 1], [0.0, 1.0], of_negatives=False).reach(0.5, delta=0.9, start=3) is None


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


def test_the_trials_that_are_needed_suffice_if_the_share_of_errors_stays() -> None:
    labels = np.r_[np.ones(48), np.zeros(2)]
    trials = Walk.through(labels, np.zeros(50), of_negatives=False).estimate_trials(0.1, delta=0.05)[-1]
    assert trials == np.ceil(np.log(20) / (0.04 * np.log(0.4) + 0.96 * np.log(0.96 / 0.9)))
    times = int(np.ceil(trials / 50))
    assert Walk.through(np.tile(labels, times), np.zeros(50 * times), of_negatives=False).p_values(0.1)[-1] <= 0.05
    assert Walk.through(labels, np.zeros(50), of_negatives=False).p_values(0.1)[-1] > 0.05


def test_no_number_of_films_shows_what_is_not_so() -> None:
    walk = Walk.through([1, 0], [0.0, 0.0], of_negatives=False)
    assert walk.estimate_trials(0.5, delta=0.05)[-1] == np.inf


def test_the_divergence_of_certain_outcomes_is_finite() -> None:
    np.testing.assert_allclose(divergence([0.0, 1.0, 0.3], 0.3), [-np.log(0.7), -np.log(0.3), 0.0], atol=1e-15)


@pytest.mark.parametrize("limit", [0.05, 0.2])
def test_where_the_share_is_just_the_limit_it_is_rejected_as_rarely_as_is_said(limit: float) -> None:
    """Errors happen with the limit's probability at every logit, so that every rejection is one too many."""
    generator = np.random.default_rng(0)
    rejected = 0
    for _ in range(2000):
        walk = Walk.through(generator.random(200) >= limit, generator.normal(size=200), of_negatives=False)
        rejected += walk.reach(limit, delta=0.1, start=80) is not None
    assert 0.03 <= rejected / 2000 <= 0.1 + 3 * np.sqrt(0.09 / 2000)


@pytest.mark.parametrize(("top", "gap"), [(0.12, 0.02), (0.15, 0.05), (0.3, 0.1)])
def test_a_start_among_films_where_the_share_of_errors_rises_and_falls_keeps_the_promise(
    top: float, gap: float
) -> None:
    """Noise at the top, then no errors, then only errors: the share is the limit twice, and the start falls between."""
    generator = np.random.default_rng(0)
    edges = np.array([0.1, 0.1 + gap])
    broken = 0
    for _ in range(2000):
        depth = generator.random(300)
        wrong = generator.random(300) < np.array([top, 0.0, 1.0])[np.searchsorted(edges, depth)]
        reached = Walk.through(~wrong, -depth, of_negatives=False).reach(0.1, delta=0.1, start=30)
        if reached is not None:
            covered = min(-reached, 1.0)
            errors = top * min(covered, edges[0]) + max(covered - edges[1], 0)
            broken += errors > 0.1 * covered
    assert broken / 2000 <= 0.1 + 3 * np.sqrt(0.09 / 2000)
