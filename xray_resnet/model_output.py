"""Logits to what a model says: scores, probabilities and decisions. The mirror of `model_input`, pure NumPy.

A score is the sigmoid of a logit and ranks images. It is a probability only by a calibration, and a decision only by an
operating point; each is null until it is made, for all findings or for one.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.floating[Any]]


def compute_scores(logits: Floats) -> Floats:
    """The sigmoid 1 / (1 + exp(-x)) of logits of any shape, in their own type, without overflow."""
    return np.asarray(0.5 * (1 + np.tanh(0.5 * logits)), logits.dtype)


@dataclass(frozen=True)
class Basis:
    """What a calibration or an operating point was made on, and holds for.

    Attributes:
        dataset: Name of the dataset.
        split: Its split.
        patients: How many patients that has.
        engine: What computed the logits, such as `OpenVINO on CPU`.
        precision: In which precision.
    """

    dataset: str
    split: str
    patients: int
    engine: str
    precision: str


@dataclass(frozen=True)
class LinearCalibration:
    """Probability = sigmoid(slope · logit + intercept).

    Platt (1999) fits both; temperature scaling (Guo et al. 2017) is the slope 1 / T alone, with an intercept of 0.

    Attributes:
        slope: Above 0, so that the order of the images stays.
        intercept: On the scale of the logits.
    """

    slope: float
    intercept: float
    kind: Literal["linear"] = "linear"

    def __post_init__(self) -> None:
        if not (np.isfinite(self.slope) and self.slope > 0 and np.isfinite(self.intercept)):
            raise ValueError(
                f"slope {self.slope!r:.40} and intercept {self.intercept!r:.40}, expected numbers, slope above 0"
            )

    def __call__(self, logits: Floats) -> Floats:
        """Logits of any shape to probabilities."""
        return compute_scores(self.slope * logits + self.intercept)


@dataclass(frozen=True)
class IsotonicCalibration:
    """Probability by linear interpolation between points that never fall (Zadrozny and Elkan 2002).

    Beyond the first and the last point it is constant.

    Attributes:
        logits: Rising.
        probabilities: One for each, never falling, 0 to 1.
    """

    logits: tuple[float, ...]
    probabilities: tuple[float, ...]
    kind: Literal["isotonic"] = "isotonic"

    def __post_init__(self) -> None:
        x, y = np.asarray(self.logits, np.float64), np.asarray(self.probabilities, np.float64)
        fits = x.ndim == 1 and x.shape == y.shape and len(x) > 0 and bool(np.isfinite(x).all())
        if not fits or (np.diff(x) <= 0).any() or (np.diff(y) < 0).any() or not ((y >= 0) & (y <= 1)).all():
            raise ValueError("isotonic points, expected rising logits with probabilities from 0 to 1 that never fall")

    def __call__(self, logits: Floats) -> Floats:
        """Logits of any shape to probabilities."""
        return np.interp(logits, self.logits, self.probabilities)


Calibration = LinearCalibration | IsotonicCalibration


@dataclass(frozen=True)
class OperatingPoint:
    """Where a finding is called positive.

    Attributes:
        criterion: How it was chosen, such as `youden` or `sensitivity 0.95`.
        logit: The least logit that is called positive; logits keep their precision where scores crowd at 0 and 1.
    """

    criterion: str
    logit: float

    def __post_init__(self) -> None:
        if not np.isfinite(self.logit):
            raise ValueError(f"the logit of an operating point is {self.logit!r:.40}, expected a number")

    @property
    def score(self) -> float:
        """The threshold as a score."""
        return float(compute_scores(np.float64(self.logit)))  # type: ignore[arg-type]


@dataclass(frozen=True)
class Calibrations:
    """The calibration of each finding that has one, and what they were made on."""

    basis: Basis
    findings: Mapping[str, Calibration]


@dataclass(frozen=True)
class OperatingPoints:
    """The operating point of each finding that has one, and what they were chosen on."""

    basis: Basis
    findings: Mapping[str, OperatingPoint]


@dataclass(frozen=True)
class Outcome:
    """What a model says of N images and F findings.

    Attributes:
        scores: (N, F) in (0, 1).
        probabilities: (N, F) in [0, 1]; NaN for a finding without a calibration.
        decisions: (N, F) 1 positive, 0 negative, -1 for a finding without an operating point.
    """

    scores: Floats
    probabilities: Floats
    decisions: NDArray[np.int8]


@dataclass(frozen=True)
class ModelOutput:
    """What the logits of a model mean.

    Attributes:
        findings: Names of the logits, in order.
        calibration: None until made.
        operating_points: None until made.
    """

    findings: tuple[str, ...]
    calibration: Calibrations | None = None
    operating_points: OperatingPoints | None = None

    def __call__(self, logits: Floats) -> Outcome:
        """Logits (N, F) to scores, probabilities and decisions."""
        exact = np.asarray(logits, np.float64)
        probabilities = np.full(exact.shape, np.nan)
        decisions = np.full(exact.shape, -1, np.int8)
        for column, finding in enumerate(self.findings):
            if self.calibration and (calibrate := self.calibration.findings.get(finding)):
                probabilities[:, column] = calibrate(exact[:, column])
            if self.operating_points and (point := self.operating_points.findings.get(finding)):
                decisions[:, column] = exact[:, column] >= point.logit
        return Outcome(compute_scores(exact), probabilities, decisions)
