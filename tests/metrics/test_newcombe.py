"""Intervals for few patients: their equations, and how often they cover."""

import numpy as np
import pytest
from scipy.stats import binomtest, norm

from xray_resnet.metrics.components import place
from xray_resnet.metrics.newcombe import combine_intervals, correlate, newcombe_interval, wilson_interval


@pytest.mark.parametrize(("value", "positives", "negatives"), [(0.8, 7, 30), (0.5, 3, 3), (0.97, 12, 75), (1.0, 4, 9)])
def test_each_end_is_196_standard_errors_from_the_estimate(value: float, positives: int, negatives: int) -> None:
    """Newcombe 2006, method 5: the variance is that at the end, with both sample sizes their mean."""
    for (end,) in newcombe_interval([value], positives, negatives):
        mean = (positives + negatives) / 2 - 1
        bracket = 1 + mean * (1 - end) / (2 - end) + mean * end / (1 + end)
        error = np.sqrt(end * (1 - end) * bracket / (positives * negatives))
        assert end == 1.0 or abs(end - value) == pytest.approx(1.959964 * error, rel=1e-5)


def test_perfect_separation_keeps_a_width_that_shrinks_with_the_patients() -> None:
    ends = np.array([newcombe_interval([1.0], patients, patients) for patients in (2, 8, 32)])[..., 0]
    assert (ends[:, 1] == 1).all()
    assert 0.25 < ends[0, 0] < ends[1, 0] < ends[2, 0] < 0.96


def test_the_interval_of_one_half_is_symmetric_and_of_the_mirror_mirrored() -> None:
    low, high = newcombe_interval([0.5, 0.1, 0.9], 10, 20)
    assert low[0] == pytest.approx(1 - high[0])
    assert (low[1], high[1]) == pytest.approx((1 - high[2], 1 - low[2]))


def test_dispersion_multiplies_the_variance_and_may_be_unknown() -> None:
    low, high = newcombe_interval([0.8, 0.8], 10, 20, dispersion=[4, np.inf])
    assert (low[1], high[1]) == (0, 1)
    mean = 14
    for end in (low[0], high[0]):
        variance = end * (1 - end) * (1 + mean * (1 - end) / (2 - end) + mean * end / (1 + end)) / 200
        assert (end - 0.8) ** 2 == pytest.approx(4 * 1.959964**2 * variance, rel=1e-5)


@pytest.mark.parametrize(("hits", "cases"), [(0, 5), (3, 11), (8, 8)])
def test_the_interval_of_a_share_is_wilsons(hits: int, cases: int) -> None:
    expected = binomtest(hits, cases).proportion_ci(method="wilson")
    assert wilson_interval(hits / cases, cases) == pytest.approx((expected.low, expected.high))


def test_a_difference_of_independent_terms_adds_their_squares() -> None:
    low, high = combine_intervals([0.8, 0.6], [(0.7, 0.85), (0.56, 0.63)], weights=(1, -1), correlation=np.eye(2))
    assert (low, high) == pytest.approx((0.2 - np.hypot(0.1, 0.03), 0.2 + np.hypot(0.05, 0.04)))


def test_terms_that_move_together_leave_a_difference_nothing() -> None:
    ends = [(0.7, 0.85), (0.7, 0.85)]
    assert combine_intervals([0.8, 0.8], ends, weights=(1, -1), correlation=np.full((2, 2), 0.0) + np.eye(2))[1] > 0.05
    low, high = combine_intervals([0.8, 0.8], [(0.7, 0.9)] * 2, weights=(1, -1), correlation=np.ones((2, 2)))
    assert (low, high) == pytest.approx((0, 0), abs=1e-7)


def test_what_never_varies_correlates_with_nothing() -> None:
    samples = np.array([[0.1, 0.2, 0.3, np.nan], [0.2, 0.4, 0.6, 0.1], [1.0, 1.0, 1.0, 1.0]])
    np.testing.assert_allclose(correlate(samples), [[1, 1, 0], [1, 1, 0], [0, 0, 1]], atol=1e-12)


@pytest.mark.parametrize("positives", [2, 5, 10, 20])
@pytest.mark.parametrize("truth", [0.75, 0.9, 0.97])
def test_it_covers_the_truth_with_few_positives(positives: int, truth: float) -> None:
    """Normal scores, 75 negatives; the percentile bootstrap covers 0.57 to 0.95 in these cells."""
    generator = np.random.default_rng(positives)
    shift = norm.ppf(truth) * np.sqrt(2)
    over, _ = place(generator.normal(size=(1500, positives)) + shift, generator.normal(size=(1500, 75)))
    low, high = newcombe_interval(over.mean(axis=1), positives, 75)
    assert 0.93 <= ((low <= truth) & (truth <= high)).mean() <= 1
