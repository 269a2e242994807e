"""Calibration against scikit-learn, exact identities, the paper's formula, and simulations of known truth."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from sklearn import metrics as sklearn

from xray_resnet.metrics.calibration import (
    assign_bins,
    brier_score,
    calibration_error,
    count_bins,
    decompose_brier,
    estimate_log_loss_saved,
    log_loss,
    reliability_curve,
)

Array = NDArray[np.float64]


def simulate(
    seed: int, *, patients: int = 300, images: int = 2, temperature: float = 1.0
) -> tuple[Array, Array, Array]:
    """Labels, probabilities and patients; the truth is sigmoid(logit / temperature), and images of a patient agree."""
    generator = np.random.default_rng(seed)
    logits = np.repeat(generator.normal(-1, 1.5, patients), images)
    truth = 1 / (1 + np.exp(-logits / temperature))
    labels = np.repeat(generator.random(patients), images) < truth
    return labels.astype(float), 1 / (1 + np.exp(-logits)), np.repeat(np.arange(patients), images).astype(float)


@pytest.mark.parametrize("seed", range(3))
def test_losses_are_those_of_scikit_learn(seed: int) -> None:
    labels, probabilities, _ = simulate(seed)
    probabilities[:2] = 0.0, 1.0
    assert log_loss(labels, probabilities) == pytest.approx(sklearn.log_loss(labels, probabilities), rel=1e-12)
    assert brier_score(labels, probabilities) == pytest.approx(
        sklearn.brier_score_loss(labels, probabilities), rel=1e-12
    )


def test_what_is_not_assessed_is_left_out() -> None:
    labels, probabilities, patients = simulate(0)
    more = np.r_[labels, np.nan], np.r_[probabilities, np.nan]
    assert log_loss(*more) == log_loss(labels, probabilities)
    assert brier_score(*more) == brier_score(labels, probabilities)
    assert decompose_brier(*more) == decompose_brier(labels, probabilities)
    found = calibration_error(*more, patients=np.r_[patients, 0])
    assert found == calibration_error(labels, probabilities, patients=patients)


def test_nothing_assessed_leaves_nothing_to_say() -> None:
    labels, probabilities = [np.nan, np.nan], [0.1, 0.2]
    assert log_loss(labels, probabilities) is brier_score(labels, probabilities) is None
    assert decompose_brier(labels, probabilities) is None
    error = calibration_error(labels, probabilities, patients=["a", "b"])
    assert (error.squared, error.root, error.plugin, error.why_null) == (None, None, None, "no assessed image")


def test_a_score_that_is_no_probability_is_refused() -> None:
    with pytest.raises(ValueError, match="probability beyond 0 to 1"):
        log_loss([0, 1], [0.5, 1.5])


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.sampled_from([0.0, 1.0]), st.floats(0, 1)), min_size=1, max_size=60), st.integers(1, 12))
def test_the_parts_add_up_to_the_brier_score(pairs: list[tuple[float, float]], bins: int) -> None:
    labels, probabilities = np.array(pairs).T
    parts = decompose_brier(labels, probabilities, bins=bins)
    assert parts is not None
    murphy = parts.reliability - parts.resolution + parts.uncertainty
    assert murphy + parts.within_variance - parts.within_covariance == pytest.approx(parts.score, abs=1e-12)
    assert parts.score == pytest.approx(brier_score(labels, probabilities), abs=1e-12)


def test_murphys_three_parts_are_his_where_each_bin_has_one_probability() -> None:
    """Computed by hand: 0.2 is given to four images of which one has the finding, 0.8 to two that both have it."""
    parts = decompose_brier([1, 0, 0, 0, 1, 1], [0.2, 0.2, 0.2, 0.2, 0.8, 0.8], bins=2)
    assert parts is not None
    assert parts.reliability == pytest.approx((4 * 0.05**2 + 2 * 0.2**2) / 6)
    assert parts.resolution == pytest.approx((4 * 0.25**2 + 2 * 0.5**2) / 6)
    assert parts.uncertainty == 0.25
    assert parts.within_variance == pytest.approx(0, abs=1e-15)
    assert parts.within_covariance == pytest.approx(0, abs=1e-15)


def test_bins_have_equal_mass_and_equal_probabilities_share_one() -> None:
    masses = np.bincount(assign_bins(np.random.default_rng(0).random(103), 10))
    assert (len(masses), masses.sum(), masses.min(), masses.max()) == (10, 103, 10, 11)
    assert assign_bins(np.array([0.3, 0.1, 0.3, 0.3, 0.9]), 5).tolist() == [1, 0, 1, 1, 2]
    assert assign_bins(np.full(7, 0.5), 10).tolist() == [0] * 7


@pytest.mark.parametrize(("patients", "bins"), [(1, 1), (59, 2), (60, 3), (5000, 10)])
def test_a_bin_has_at_least_twenty_patients_on_average(patients: int, bins: int) -> None:
    assert count_bins(patients) == bins


def test_the_debiased_error_is_the_formula_of_the_paper() -> None:
    """Kumar et al. 2019: the mean over the bins of (s - y)² - y (1 - y) / (n - 1), with one probability s a bin."""
    generator = np.random.default_rng(4)
    probabilities = np.repeat([0.1, 0.4, 0.8], [30, 50, 20])
    labels = (generator.random(100) < probabilities).astype(float)
    expected = 0.0
    for s in (0.1, 0.4, 0.8):
        y = labels[probabilities == s]
        expected += len(y) / 100 * ((s - y.mean()) ** 2 - y.mean() * (1 - y.mean()) / (len(y) - 1))
    found = calibration_error(labels, probabilities, patients=np.arange(100), bins=100)
    assert found.n_bins == 3
    assert found.squared == pytest.approx(expected, abs=1e-15)


@pytest.mark.parametrize("images", [1, 4])
def test_perfect_probabilities_have_an_error_of_zero_on_average(images: int) -> None:
    """Also where images of a patient agree, which a variance by images would not see; the plug-in says 0.03 or more."""
    found = [
        calibration_error(labels, probabilities, patients=patients, bins=10)
        for labels, probabilities, patients in (simulate(seed, images=images) for seed in range(400))
    ]
    squared = np.array([error.squared for error in found], float)
    assert abs(squared.mean()) < 3 * squared.std() / np.sqrt(len(squared))
    assert squared.std() / np.sqrt(len(squared)) < 2e-4
    assert min(error.plugin for error in found if error.plugin is not None) > 0.02


def test_the_error_of_overconfident_probabilities_is_found() -> None:
    """Logits twice too large: the exact error of the bins comes from a million images."""
    labels, probabilities, patients = simulate(0, patients=500_000, temperature=2.0)
    exact = calibration_error(labels, probabilities, patients=patients, bins=10).root
    found = [calibration_error(*simulate(s, temperature=2.0)[:2], patients=patients[:600], bins=10) for s in range(200)]
    assert exact is not None and exact > 0.1
    assert np.mean([error.squared for error in found]) == pytest.approx(exact**2, rel=0.05)


def test_a_bin_of_one_patient_leaves_the_error_null() -> None:
    error = calibration_error([0, 1, 1], [0.1, 0.2, 0.9], patients=["a", "b", "c"], bins=3)
    assert (error.squared, error.why_null) == (None, "a bin has fewer than 2 patients")
    assert error.plugin == pytest.approx((0.1 + 0.8 + 0.1) / 3)


def test_the_root_is_never_below_zero() -> None:
    labels, probabilities, patients = simulate(1)
    error = calibration_error(labels, labels.mean() + 0 * probabilities, patients=patients)
    assert error.squared is not None and error.squared < 0
    assert error.root == 0


def test_the_reliability_curve_counts_each_bin() -> None:
    labels, probabilities, patients = simulate(2)
    curve = reliability_curve(labels, probabilities, patients=patients, generator=np.random.default_rng(0), bins=4)
    where = assign_bins(probabilities, 4)
    for k, point in enumerate(curve):
        assert point.probability == pytest.approx(probabilities[where == k].mean())
        assert point.observed.value == pytest.approx(labels[where == k].mean())
        assert (point.n_images, point.n_patients) == ((where == k).sum(), len(set(patients[where == k])))
    assert [*map(type, curve)] == [type(curve[0])] * 4


def test_the_intervals_of_the_curve_cover_perfect_calibration() -> None:
    covered = []
    for seed in range(80):
        labels, probabilities, patients = simulate(seed, images=3)
        generator = np.random.default_rng(seed)
        curve = reliability_curve(labels, probabilities, patients=patients, generator=generator, resamples=300, bins=5)
        for point in curve:
            assert point.observed.low is not None and point.observed.high is not None
            covered.append(point.observed.low <= point.probability <= point.observed.high)
    assert 0.92 <= np.mean(covered) <= 0.99


def test_log_loss_saved_is_the_difference_with_its_sign() -> None:
    labels, probabilities, patients = simulate(3, temperature=3.0)
    better = 1 / (1 + np.exp(-np.log(probabilities / (1 - probabilities)) / 3))
    saved = estimate_log_loss_saved(
        labels, probabilities, better, patients=patients, generator=np.random.default_rng(0)
    )
    difference = sklearn.log_loss(labels, probabilities) - sklearn.log_loss(labels, better)
    assert saved.value == pytest.approx(difference, abs=1e-12)
    assert saved.low is not None and saved.high is not None
    assert 0 < saved.low < difference < saved.high


def test_log_loss_saved_on_few_patients_has_no_interval() -> None:
    labels, probabilities, patients = simulate(3, patients=20)
    saved = estimate_log_loss_saved(
        labels, probabilities, probabilities / 2, patients=patients, generator=np.random.default_rng(0)
    )
    assert saved.value is not None and saved.low is None
    assert saved.why_null is not None and "too few patients" in saved.why_null


def test_the_same_probabilities_save_nothing_and_need_no_interval() -> None:
    labels, same, patients = simulate(3)
    saved = estimate_log_loss_saved(labels, same, same, patients=patients, generator=np.random.default_rng(0))
    assert (saved.value, saved.low, saved.why_null) == (0, None, "interval: both are the same")
