"""Fits of calibrations against scikit-learn, against the equations that define them, and at their edges."""

import numpy as np
import pytest
from numpy.typing import NDArray
from sklearn.calibration import _SigmoidCalibration
from sklearn.isotonic import IsotonicRegression

from xray_resnet.evaluation.calibrators import (
    CALIBRATORS,
    Method,
    NotRisingError,
    build_targets,
    fit_identity,
    fit_isotonic,
    fit_platt,
    fit_temperature,
)

Array = NDArray[np.float64]


def sigmoid(logits: Array) -> Array:
    return 1 / (1 + np.exp(-logits))


def draw(seed: int, *, count: int = 2000, slope: float = 0.4, intercept: float = -0.7) -> tuple[Array, Array]:
    """Labels and logits; the truth is sigmoid(slope · logit + intercept)."""
    generator = np.random.default_rng(seed)
    logits = generator.normal(0.5, 3, count)
    return (generator.random(count) < sigmoid(slope * logits + intercept)).astype(float), logits


def test_platt_is_scikit_learns_with_one_image_a_patient() -> None:
    labels, logits = draw(0)
    fitted = fit_platt(build_targets(labels, np.arange(len(labels))), logits)
    referee = _SigmoidCalibration().fit(logits, labels)
    assert (fitted.slope, fitted.intercept) == pytest.approx((-referee.a_, -referee.b_), rel=1e-4)


@pytest.mark.parametrize("scale", [1.0, 50.0])
def test_platt_solves_its_equations(scale: float) -> None:
    """Residuals sum to zero, alone and times the logit; also if logits are large."""
    labels, logits = draw(1)
    targets = build_targets(labels, np.arange(len(labels)))
    residuals = targets - fit_platt(targets, scale * logits)(scale * logits)
    assert residuals.mean() == pytest.approx(0, abs=1e-8)
    assert (residuals * logits).mean() == pytest.approx(0, abs=1e-7)


def test_a_temperature_solves_its_equation_and_has_no_intercept() -> None:
    labels, logits = draw(2)
    fitted = fit_temperature(labels, logits)
    assert fitted.intercept == 0
    assert ((labels - fitted(logits)) * logits).mean() == pytest.approx(0, abs=1e-12)


def test_what_was_drawn_is_found_again() -> None:
    labels, logits = draw(3, count=200_000)
    fitted = fit_platt(labels, logits)
    assert (fitted.slope, fitted.intercept) == pytest.approx((0.4, -0.7), abs=0.02)
    labels, logits = draw(4, count=200_000, intercept=0.0)
    assert fit_temperature(labels, logits).slope == pytest.approx(0.4, abs=0.01)


def test_isotonic_predicts_as_scikit_learn_does() -> None:
    labels, logits = draw(5)
    new = np.linspace(-12, 12, 500)
    referee = IsotonicRegression(out_of_bounds="clip").fit(logits, labels)
    np.testing.assert_allclose(fit_isotonic(labels, logits)(new), referee.predict(new), rtol=0, atol=1e-12)


def test_targets_count_patients() -> None:
    """Platt 1999: three patients with the finding, two without."""
    labels = np.array([1.0, 1, 1, 1, 0, 0, 0])
    targets = build_targets(labels, np.array(["a", "a", "b", "c", "d", "e", "e"]))
    assert targets.tolist() == [4 / 5] * 4 + [1 / 4] * 3


@pytest.mark.parametrize("method", CALIBRATORS)
def test_perfect_separation_leaves_no_certainty(method: Method) -> None:
    labels = np.repeat([0.0, 1.0], 40)
    logits = np.r_[np.linspace(-9, -1, 40), np.linspace(1, 9, 40)]
    fitted = CALIBRATORS[method](build_targets(labels, np.arange(80)), logits)
    assert 0 < fitted(logits).min() < 0.1 and 0.9 < fitted(logits).max() < 1


@pytest.mark.parametrize("fit", [fit_identity, fit_temperature, fit_platt])
def test_scores_that_fall_with_the_finding_are_refused(fit: object) -> None:
    labels, logits = draw(6)
    with pytest.raises(NotRisingError, match="not more frequent where scores are higher"):
        fit(labels, -logits)  # type: ignore[operator]
