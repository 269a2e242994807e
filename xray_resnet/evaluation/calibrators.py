"""Fitting calibrations: none, temperature, Platt's and isotonic, each from labels and logits of one finding.

All are fitted to the targets of Platt (1999), section 2.2: (n + 1) / (n + 2) for positives and 1 / (n + 2) for
negatives, n being the patients with them. So a finding that is ranked without a mistake leaves finite values, and no
film is said to be certain.
"""

from collections.abc import Callable
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from xray_resnet.metrics.clustered import count_patients
from xray_resnet.model_output import Calibration, IsotonicCalibration, LinearCalibration, compute_scores

Floats = NDArray[np.float64]
Method = Literal["identity", "temperature", "platt", "isotonic"]


class NotRisingError(ValueError):
    """No calibration keeps the order of the images."""

    def __init__(self) -> None:
        super().__init__("the finding is not more frequent where scores are higher")


def fit_identity(targets: Floats, logits: Floats) -> LinearCalibration:
    """The scores as they are: what another calibration must surpass.

    Args:
        targets: (N,) between 0 and 1.
        logits: (N,).

    Raises:
        NotRisingError: if a temperature would turn them.
    """
    fit_temperature(targets, logits)
    return LinearCalibration(1.0, 0.0)


def fit_temperature(targets: Floats, logits: Floats) -> LinearCalibration:
    """The slope 1 / T of least log-loss (Guo et al., ICML 2017), where the derivative is 0.

    Args:
        targets: (N,) between 0 and 1.
        logits: (N,).

    Raises:
        NotRisingError: if that slope is not above 0.
    """
    from scipy.optimize import brentq  # loads only where something is fitted

    def derivative(slope: float) -> float:
        return float((compute_scores(slope * logits) - targets) @ logits)

    if derivative(0.0) >= 0:
        raise NotRisingError
    most = 1.0
    while derivative(most) < 0:
        most *= 2
    return LinearCalibration(float(brentq(derivative, 0.0, most, xtol=1e-14)), 0.0)


def fit_platt(targets: Floats, logits: Floats) -> LinearCalibration:
    """Slope and intercept of least log-loss (Platt 1999).

    Args:
        targets: (N,) between 0 and 1.
        logits: (N,).

    Raises:
        NotRisingError: if the slope is not above 0.
    """
    from scipy.optimize import minimize

    scale = float(np.abs(logits).max()) or 1.0
    inputs = np.stack([logits / scale, np.ones_like(logits)])

    def loss(line: Floats) -> float:
        return float((np.logaddexp(0, line @ inputs) - targets * (line @ inputs)).sum())

    def gradient(line: Floats) -> Floats:
        return np.asarray(inputs @ (compute_scores(line @ inputs) - targets))

    def hessian(line: Floats) -> Floats:
        score = compute_scores(line @ inputs)
        return np.asarray((inputs * score * (1 - score)) @ inputs.T)

    slope, intercept = minimize(
        loss, np.zeros(2), method="trust-exact", jac=gradient, hess=hessian, options={"gtol": 1e-8 * len(logits)}
    ).x
    if not slope > 0:
        raise NotRisingError
    return LinearCalibration(float(slope) / scale, float(intercept))


def fit_isotonic(targets: Floats, logits: Floats) -> IsotonicCalibration:
    """The steps of least squares that never fall (Zadrozny and Elkan, KDD 2002), by scikit-learn.

    Args:
        targets: (N,) between 0 and 1.
        logits: (N,).
    """
    from sklearn.isotonic import IsotonicRegression

    fitted = IsotonicRegression(out_of_bounds="clip").fit(logits, targets)
    return IsotonicCalibration(
        tuple(map(float, fitted.X_thresholds_)), tuple(map(float, np.clip(fitted.y_thresholds_, 0, 1)))
    )


CALIBRATORS: dict[Method, Callable[[Floats, Floats], Calibration]] = {
    "identity": fit_identity,
    "temperature": fit_temperature,
    "platt": fit_platt,
    "isotonic": fit_isotonic,
}
"""Method → its fit, the simplest first."""


def build_targets(labels: Floats, patients: NDArray[np.generic]) -> Floats:
    """Platt's targets (N,) of labels (N,) of 1 and 0 of patients (N,)."""
    positive, negative = count_patients(labels, patients)
    return np.where(labels == 1, (positive + 1) / (positive + 2), 1 / (negative + 2))
