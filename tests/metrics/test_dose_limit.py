"""How far the dose can fall: exposures as films of their patient, the limit, and studies with a known answer."""

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.special import ndtr

from xray_resnet.metrics.dose_limit import DoseLimit, find_crossing, find_dose_limit
from xray_resnet.metrics.paired import vary_difference
from xray_resnet.metrics.ranking_intervals import Intervals, bound_differences

DOSES = (0.5, 0.25, 0.1)
NOISE = (0.2, 0.5, 1.5)
"""σ of what each dose adds to the scores."""


def draw(
    count: int, *, seed: int = 0, exposures: int = 2
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Labels and scores at full dose (N,), and scores of each exposure (D, R, N)."""
    generator = np.random.default_rng(seed)
    labels = (np.arange(count) % 3 == 0).astype(np.float64)
    full = generator.normal(size=count) + 2 * labels
    noise = generator.normal(size=(len(DOSES), exposures, count))
    return labels, full, full + np.array(NOISE)[:, None, None] * noise


def find(count: int, *, seed: int = 0, exposures: int = 2, margin: float = 0.05) -> DoseLimit:
    labels, full, reduced = draw(count, seed=seed, exposures=exposures)
    return find_dose_limit(labels, full, reduced, doses=DOSES, margin=margin, patients=np.arange(count))


def test_auroc_at_a_dose_is_over_all_pairs_of_exposures() -> None:
    labels, _, reduced = draw(60)
    limit = find(60)
    for step, exposures in zip(limit.steps, reduced, strict=True):
        positive, negative = exposures[:, labels == 1].ravel(), exposures[:, labels == 0].ravel()
        assert step.auroc == pytest.approx(np.mean(positive[:, None] > negative))


def test_one_exposure_is_the_paired_difference_by_patients_who_may_lose_all() -> None:
    labels, full, reduced = draw(120, exposures=1)
    patients = np.arange(120) // 2
    limit = find_dose_limit(labels, full, reduced, doses=DOSES, margin=0.05, patients=patients)
    for step, (scores,) in zip(limit.steps, reduced, strict=True):
        expected = vary_difference(labels, full, scores, patients=patients)
        ends = bound_differences(expected, jump=0.5)
        found = step.difference.value, step.difference.low, step.difference.high
        assert found == pytest.approx((expected.values[0], ends.low[0], ends.high[0]))


def test_the_same_exposure_twice_tells_no_more_than_once() -> None:
    labels, full, reduced = draw(120, exposures=1)
    once, twice = (
        find_dose_limit(labels, full, scores, doses=DOSES, margin=0.05, patients=np.arange(120))
        for scores in (reduced, np.repeat(reduced, 2, axis=1))
    )
    for one, other in zip(once.steps, twice.steps, strict=True):
        assert one.difference.low == pytest.approx(other.difference.low)
        assert one.needed == other.needed


def test_unlabelled_images_are_left_out() -> None:
    labels, full, reduced = draw(90)
    labels[60:] = np.nan
    with_them = find_dose_limit(labels, full, reduced, doses=DOSES, margin=0.05, patients=np.arange(90))
    without = find_dose_limit(
        labels[:60], full[:60], reduced[..., :60], doses=DOSES, margin=0.05, patients=np.arange(60)
    )
    assert with_them == without


def test_many_films_tell_what_is_safe_and_what_is_not() -> None:
    limit = find(3000)
    assert [step.verdict for step in limit.steps] == ["safe", "safe", "not safe"]
    assert (limit.safe, limit.unsafe, limit.first_open, limit.verdict) == (0.25, 0.1, None, "safe")
    assert limit.crossing and limit.crossing.value and 0.1 < limit.crossing.value < 0.25


def test_few_films_cannot_tell_and_say_how_many_patients_would() -> None:
    limit = find(60, margin=0.02)
    assert (limit.safe, limit.unsafe, limit.verdict) == (None, None, "cannot tell")
    assert limit.first_open and limit.first_open.dose == 0.5
    needed = limit.first_open.needed
    assert needed and find(3 * needed, seed=5, margin=0.02).safe is not None


def test_patients_are_needed_for_the_next_dose_alone() -> None:
    """The lowest of three costs nothing, but a study does not come to it before the second is shown."""
    labels, full, _ = draw(900)
    noise = np.random.default_rng(1).normal(size=900)
    reduced = np.stack([full, full + 0.45 * noise, full])[:, None]
    limit = find_dose_limit(labels, full, reduced, doses=DOSES, margin=0.02, patients=np.arange(900))
    assert [step.verdict for step in limit.steps] == ["safe", "cannot tell", "cannot tell"]
    assert limit.steps[2].difference.low == limit.steps[0].difference.low
    assert limit.steps[2].needed is None


def test_patients_needed_are_those_with_the_finding_where_others_are_fewer() -> None:
    labels, full, reduced = draw(60)
    rare, common = (
        find_dose_limit(truth, sign * full, sign * reduced, doses=DOSES, margin=0.02, patients=np.arange(60))
        for truth, sign in ((labels, 1), (1 - labels, -1))
    )
    assert rare.first_open and common.first_open and rare.first_open.needed and common.first_open.needed
    assert common.first_open.needed == pytest.approx(2 * rare.first_open.needed, abs=2)


def test_too_few_patients_for_an_interval_say_so() -> None:
    limit = find(12)
    assert limit.verdict == "cannot tell" and limit.crossing is None
    assert limit.why_null == "too few patients, 4 with and 8 without"


def test_without_a_positive_film_nothing_is_lost() -> None:
    _, full, reduced = draw(30)
    limit = find_dose_limit(np.zeros(30), full, reduced, doses=DOSES, margin=0.05, patients=np.arange(30))
    assert (limit.full, limit.steps, limit.verdict, limit.patients) == (None, (), "cannot tell", (0, 30))
    assert limit.why_null == "no positive image"


def cross(
    values: list[float], low: list[float] | None = None, high: list[float] | None = None, *, margin: float = 0.02
) -> tuple[float | None, ...]:
    intervals = Intervals(np.array(low or values), np.array(high or values), [None] * len(values))
    limit = find_crossing(np.array(values), intervals, doses=DOSES, margin=margin)
    return limit.value, limit.low, limit.high


def test_the_limit_lies_between_two_doses_on_the_logarithm() -> None:
    assert cross([-0.01, -0.03, -0.05])[0] == pytest.approx(np.sqrt(0.5 * 0.25))
    assert cross([-0.04, -0.06, -0.08])[0] == pytest.approx(np.sqrt(1 * 0.5))


def test_a_dose_that_seems_better_than_a_higher_one_is_averaged_with_it() -> None:
    assert cross([-0.03, -0.01, -0.06], margin=0.04)[0] == cross([-0.02, -0.02, -0.06], margin=0.04)[0]


def test_what_noise_improves_by_chance_is_no_gain() -> None:
    assert cross([0.01, -0.04, -0.05])[0] == cross([0.0, -0.04, -0.05])[0]


def test_the_interval_of_the_limit_holds_the_doses_that_are_not_told_apart_from_it() -> None:
    value, low, high = cross([-0.01, -0.03, -0.05], [-0.02, -0.04, -0.06], [0.0, -0.02, -0.04])
    assert value == pytest.approx(np.sqrt(0.5 * 0.25))
    assert (low, high) == (pytest.approx(0.25), pytest.approx(0.5))


def test_the_interval_is_as_wide_as_ends_that_do_not_fall_allow() -> None:
    _, low, high = cross([-0.01, -0.03, -0.02], [-0.01, -0.03, -0.01], [-0.03, -0.01, -0.03])
    assert high == pytest.approx(np.sqrt(0.5 * 0.25))
    assert low == pytest.approx(np.sqrt(0.25 * 0.1))


def test_a_limit_below_the_lowest_dose_is_none() -> None:
    assert cross([0.0, -0.001, -0.002]) == (None, None, None)
    assert cross([0.0, -0.001, -0.02])[0] == pytest.approx(0.1)
    assert cross([0.0, -0.001, -0.019], [-0.005, -0.006, -0.024])[2] is not None


@pytest.mark.parametrize("count", [120, 300])
def test_a_dose_at_which_a_few_findings_vanish_is_rarely_called_safe(count: int) -> None:
    """In a share of 0.0205 / (AUROC - 0.5) of the patients with it, who then rank as those without: 0.0205 is lost."""
    share = 0.0205 / (ndtr(4 / np.sqrt(2)) - 0.5)
    wrong = 0
    for seed in range(200):
        generator = np.random.default_rng(seed)
        labels = (np.arange(count) % 3 == 0).astype(np.float64)
        full = generator.normal(size=count) + 4 * labels
        is_gone = (generator.random(count) < share) & (labels == 1)
        reduced = np.where(is_gone, generator.normal(size=count), full)
        found = find_dose_limit(
            labels, full, reduced[None, None], doses=(0.5,), margin=0.02, patients=np.arange(count)
        )  # fmt: skip
        wrong += found.safe is not None
    assert wrong / 200 <= 0.025 + 3 * np.sqrt(0.025 / 200)


def test_a_dose_that_costs_the_margin_is_rarely_called_safe() -> None:
    """The truth is that of the normal distribution: AUROC is Φ(2 / √2) before, and Φ(2 / √(2 + 2 σ²)) after noise."""
    costs = ndtr(2 / np.sqrt(2)) - ndtr(2 / np.sqrt(2 + 2 * np.array(NOISE) ** 2))
    limits = [find(450, seed=seed, margin=float(costs[1])) for seed in range(300)]
    wrong = np.mean([limit.safe is not None and limit.safe <= DOSES[1] for limit in limits])
    assert wrong <= 0.025 + 3 * np.sqrt(0.025 / 300)
    holds = [limit.crossing and (limit.crossing.low or 0) <= DOSES[1] <= (limit.crossing.high or 0) for limit in limits]
    assert np.mean(holds) > 0.95 - 3 * np.sqrt(0.05 / 300)
    assert np.mean([limit.safe == 0.5 for limit in limits]) > 0.5
