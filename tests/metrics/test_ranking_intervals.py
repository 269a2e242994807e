"""Intervals of ranking metrics: when there is none and why, what widens them, and that they agree with the test."""

import numpy as np
import pytest
from numpy.typing import ArrayLike
from scipy.special import expit, logit
from scipy.stats import t as student

from tests.metrics.cohorts import Array, draw_cohort
from xray_resnet.metrics.clustered import Variation, subtract
from xray_resnet.metrics.components import differentiate_auroc, differentiate_average_precision
from xray_resnet.metrics.newcombe import newcombe_interval
from xray_resnet.metrics.ranking_intervals import (
    JUMP,
    Intervals,
    bound_aurocs,
    bound_differences,
    bound_shares,
    compute_p_values,
    standardise,
)


def vary(labels: ArrayLike, scores: ArrayLike, patients: ArrayLike) -> Variation:
    return Variation.of(differentiate_auroc, labels, scores, patients=patients)


def make_differences(values: Array, errors: Array, *, patients: int) -> Variation:
    """Differences with given standard errors; so many patients with the finding, twice as many without."""
    sizes = np.zeros((2, 3 * patients), np.intp)
    sizes[0, :patients], sizes[1, patients:] = 1, 1
    positives = np.zeros((len(values), 3 * patients))
    positives[:, :2] = errors[:, None] * np.sqrt((patients - 1) / patients / 2) * [1, -1]
    return Variation(values, positives, np.zeros_like(positives), np.full(len(values), np.nan), sizes)


@pytest.mark.parametrize(("having", "lacking"), [(1, 80), (4, 80), (80, 4)])
def test_fewer_than_five_patients_of_either_kind_have_no_interval(having: int, lacking: int) -> None:
    found = bound_aurocs(vary(*draw_cohort(0, having=having, lacking=lacking, images=8)))
    assert np.isnan([found.low, found.high]).all()
    assert found.why_null == [f"too few patients, {having} with and {lacking} without"]


def test_five_patients_have_one() -> None:
    found = bound_aurocs(vary(*draw_cohort(0, having=5, lacking=5)))
    assert found.why_null == [None] and found.low[0] < found.high[0]


def test_patients_of_whom_one_has_most_images_count_as_fewer() -> None:
    labels, scores, patients = draw_cohort(0, having=6, lacking=30)
    often = np.repeat(np.arange(36), [20, *[1] * 35])
    found = bound_aurocs(vary(labels[often], scores[often], patients[often]))
    assert found.why_null == ["too few patients, 6 (as 1.5 with equally many images) with and 30 without"]


@pytest.mark.parametrize(("having", "given"), [(9, False), (10, True)])
def test_perfect_separation_of_fewer_than_ten_patients_has_no_interval(having: int, given: bool) -> None:
    labels = np.repeat([1.0, 0.0], [having, 60])
    found = bound_aurocs(vary(labels, labels, np.arange(having + 60)))
    if given:
        assert 0.7 < found.low[0] < 0.9 and found.high[0] == 1
        assert found.low[0] == pytest.approx(newcombe_interval([1.0], having, 60)[0][0])
    else:
        assert found.why_null == ["perfect separation of too few patients, 9 with and 60 without"]


def test_the_interval_is_students_on_the_logit_scale_if_that_is_wider() -> None:
    """Twelve patients with the finding whose scores vary much: far more than Newcombe reckons with."""
    generator = np.random.default_rng(1)
    labels = np.repeat([1.0, 0.0], [12, 60])
    scores = np.where(labels == 1, 3 * generator.normal(size=72) + 0.5, generator.normal(size=72))
    variation = vary(labels, scores, np.arange(72))
    value, variance = variation.values[0], variation.variance()[0]
    reach = student.ppf(0.975, 11) * np.sqrt(variance) / (value * (1 - value))
    found = bound_aurocs(variation)
    assert (found.low[0], found.high[0]) == pytest.approx(expit([logit(value) - reach, logit(value) + reach]))


def test_the_interval_is_newcombes_if_that_is_wider() -> None:
    """A high AUROC with one image a patient: one pair in 600 is out of order."""
    labels = np.repeat([1.0, 0.0], [20, 30])
    scores = np.r_[np.arange(20) + 29.5 - 0.0, np.arange(30)]
    scores[0] = 28.5
    found = bound_aurocs(vary(labels, scores, np.arange(50)))
    low, high = newcombe_interval([599 / 600], 20, 30)
    assert found.low[0] == pytest.approx(low[0])
    assert found.high[0] >= high[0]


def test_newcombes_variance_is_multiplied_by_the_dispersion_of_patients_as_student_reckons_it() -> None:
    labels, scores, patients = draw_cohort(4, having=12, lacking=60, images=4, shift=3.5, resemblance=0.3)
    variation = vary(labels, scores, patients)
    dispersion = variation.variance() / variation.independent * (student.ppf(0.975, 11) / 1.959964) ** 2
    low, high = newcombe_interval(variation.values, 48, 240, dispersion=dispersion)
    found = bound_aurocs(variation)
    assert dispersion[0] > 1.2
    assert found.low[0] == pytest.approx(low[0], abs=1e-6) and found.high[0] >= high[0]


def test_patients_that_vary_less_than_independent_images_would_are_not_trusted() -> None:
    """Each patient has two images that differ from the mean by the same, in opposite directions."""
    half = np.random.default_rng(2).normal(size=72)
    labels, patients = np.tile(np.repeat([1.0, 0.0], [12, 60]), 2), np.tile(np.arange(72), 2)
    variation = vary(labels, np.r_[half, -half] + labels, patients)
    low, high = newcombe_interval(variation.values, 24, 120)
    found = bound_aurocs(variation)
    assert variation.variance() < variation.independent / 2
    assert (found.low[0], found.high[0]) == pytest.approx((low[0], high[0]))


def test_a_patient_more_who_varies_as_much_as_auroc_allows_widens_the_interval() -> None:
    """Ten patients vary as they do, an eleventh by van Dantzig's bound, A (1 - A) / n."""
    labels, scores, patients = draw_cohort(9, having=10, lacking=300, images=4, shift=1.5)
    variation = vary(labels, scores, patients)
    value, variance = variation.values[0], variation.variance()[0]
    more = (10 * variance + value * (1 - value) / 10) / 11
    reach = student.ppf(0.975, 9) / (value * (1 - value)) * np.sqrt([variance, more])
    found, limit = bound_aurocs(variation), newcombe_interval(variation.values, 10, 300)
    ends = expit(logit(value) - reach)
    assert limit[0][0] < ends[1] < ends[0]
    assert found.low[0] == pytest.approx(ends[1])


def test_several_tails_are_as_one_after_another() -> None:
    variation = vary(*draw_cohort(5, having=12, lacking=60, images=4, shift=1.5))
    tails = [0.2, 0.025, 1e-6]
    together = bound_aurocs(variation, tail=tails)
    for place, tail in enumerate(tails):
        alone = bound_aurocs(variation, tail=tail)
        assert (together.low[place], together.high[place]) == pytest.approx((alone.low[0], alone.high[0]))
    assert together.low[1] == bound_aurocs(variation).low[0]


def test_images_that_resemble_each_other_say_no_more_than_one() -> None:
    labels, scores, patients = draw_cohort(2, having=20, lacking=40, shift=2)
    once = bound_aurocs(vary(labels, scores, patients))
    often = bound_aurocs(vary(*(np.repeat(values, 6) for values in (labels, scores, patients))))
    assert (often.low[0], often.high[0]) == pytest.approx((once.low[0], once.high[0]), abs=1e-9)


def test_images_that_do_not_resemble_each_other_say_more() -> None:
    cohorts = [draw_cohort(3, having=40, lacking=80, images=images, resemblance=0, shift=2) for images in (1, 9)]
    widths = [float((found.high - found.low)[0]) for found in (bound_aurocs(vary(*cohort)) for cohort in cohorts)]
    assert widths[1] < widths[0] / 2


def test_the_mirrored_scores_have_the_mirrored_interval() -> None:
    labels, scores, patients = draw_cohort(4, having=15, lacking=30, images=2)
    forth, back = (bound_aurocs(vary(labels, sign * scores, patients)) for sign in (1, -1))
    assert (back.low[0], back.high[0]) == pytest.approx((1 - forth.high[0], 1 - forth.low[0]))


def test_a_constant_score_is_not_sure_to_be_guessing() -> None:
    labels = np.repeat([1.0, 0.0], [30, 60])
    found = bound_aurocs(vary(labels, np.zeros(90), np.arange(90)))
    assert found.low[0] < 0.4 and found.high[0] > 0.6


def test_average_precision_of_one_has_no_interval() -> None:
    labels = np.repeat([1.0, 0.0], [30, 60])
    variation = Variation.of(differentiate_average_precision, labels, labels, patients=np.arange(90))
    assert bound_shares(variation).why_null == ["every patient gives the same value"]


def test_a_standardised_area_is_one_half_by_guessing_and_one_if_perfect() -> None:
    np.testing.assert_allclose(standardise(np.array([0.05, 1.0]), max_fpr=0.1), [0.5, 1])


def test_the_end_towards_zero_is_students() -> None:
    found = bound_differences(make_differences(np.array([0.1, -0.1]), np.array([0.04, 0.04]), patients=20))
    reach = student.ppf(0.975, 19) * 0.04
    assert found.low[0] == pytest.approx(0.1 - reach)
    assert found.high[1] == pytest.approx(-0.1 + reach)


def test_the_end_away_from_zero_is_where_its_own_variance_puts_it() -> None:
    """(d - δ)² = t² (V + JUMP (|δ| - |d|) / patients), at both ends if the interval holds 0 well inside."""
    differences = make_differences(np.array([0.1, -0.1, 0.02]), np.array([0.04, 0.04, 0.04]), patients=20)
    found, quantile = bound_differences(differences), student.ppf(0.975, 19)
    for value, end in ((0.1, found.high[0]), (-0.1, found.low[1]), (0.02, found.high[2]), (0.02, found.low[2])):
        variance = 0.04**2 + JUMP * (abs(end) - abs(value)) / 20
        assert (end - value) ** 2 == pytest.approx(quantile**2 * variance)


def test_scores_that_rank_alike_may_still_differ_on_other_patients() -> None:
    found = bound_differences(make_differences(np.zeros(1), np.zeros(1), patients=40))
    assert found.high[0] == -found.low[0] == pytest.approx(student.ppf(0.975, 39) ** 2 * JUMP / 40)


def test_a_difference_stays_within_one() -> None:
    found = bound_differences(make_differences(np.array([0.9, -0.9]), np.array([0.4, 0.4]), patients=6))
    assert (found.high[0], found.low[1]) == (1, -1)


def test_an_interval_leaves_out_zero_exactly_if_the_test_rejects() -> None:
    generator = np.random.default_rng(0)
    values, errors = generator.normal(0, 0.05, 4000), generator.uniform(0.001, 0.06, 4000)
    for patients in (5, 12, 60):
        differences = make_differences(values, errors, patients=patients)
        found = bound_differences(differences)
        np.testing.assert_array_equal(found.low * found.high > 0, compute_p_values(differences) < 0.05)


def test_the_p_value_is_students() -> None:
    differences = make_differences(np.array([0.06, 0.0]), np.array([0.03, 0.0]), patients=10)
    p_values = compute_p_values(differences)
    assert p_values[0] == pytest.approx(2 * student.sf(2, 9))
    assert np.isnan(p_values[1])


def test_degrees_of_freedom_are_those_of_patients_with_equally_many_images() -> None:
    differences = make_differences(np.array([0.06]), np.array([0.03]), patients=10)
    differences.sizes[0, 0] = 3
    assert differences.equal_patients[0] == pytest.approx(144 / 18)
    ratio = 0.06 / np.sqrt(differences.variance()[0])
    assert compute_p_values(differences)[0] == pytest.approx(2 * student.sf(ratio, 7))


def test_few_patients_have_no_difference_either() -> None:
    labels, scores, patients = draw_cohort(5, having=4, lacking=50)
    differences = subtract(vary(labels, -scores, patients), vary(labels, scores, patients))
    assert bound_differences(differences).why_null == ["too few patients, 4 with and 50 without"]


def test_an_estimate_has_either_an_interval_or_a_reason() -> None:
    ends = Intervals(np.array([0.1, np.nan]), np.array([0.3, np.nan]), [None, "too few patients"])
    given, missing = ends.estimate(0, 0.2, method="m"), ends.estimate(1, 0.2, method="m")
    assert (given.value, given.low, given.high, given.method, given.why_null) == (0.2, 0.1, 0.3, "m", None)
    assert (missing.value, missing.low, missing.method) == (0.2, None, None)
    assert missing.why_null == "interval: too few patients"
