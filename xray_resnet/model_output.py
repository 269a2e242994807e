"""Logits to what a model says: scores, probabilities and decisions. The mirror of `model_input`, pure NumPy.

A score is the sigmoid of a logit and ranks images. It is a probability only by a calibration, and a decision only by an
operating point or a triage; each is null until it is made, for all findings or for one.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from xray_resnet.basis import Basis
from xray_resnet.scope import Scope
from xray_resnet.shift import ShiftReference
from xray_resnet.triage import Triage

Floats = NDArray[np.floating[Any]]
NOT_TRIAGED = -2


def compute_scores(logits: Floats) -> Floats:
    """The sigmoid 1 / (1 + exp(-x)) of logits of any shape, in their own type, without overflow."""
    return np.asarray(0.5 * (1 + np.tanh(0.5 * logits)), logits.dtype)


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
class PrevalenceShift:
    """Probabilities that hold where a finding has one prevalence, as they are where it has another.

    The logit moves by the difference of the prevalences' logits (Saerens, Latinne and Decaestecker, Neural Computation
    14 (2002) 21). It assumes that the films with the finding look alike in both places, and those without it.

    Attributes:
        given: The prevalence where the probabilities hold, between 0 and 1.
        wanted: The other, between 0 and 1.
    """

    given: float
    wanted: float

    def __post_init__(self) -> None:
        if not (0 < self.given < 1 and 0 < self.wanted < 1):
            raise ValueError(
                f"prevalences {self.given!r:.40} and {self.wanted!r:.40}, expected more than 0, less than 1"
            )

    def __call__(self, probabilities: Floats) -> Floats:
        """Probabilities of any shape to others; 0 and 1 stay."""
        positive = probabilities * (self.wanted / self.given)
        negative = (1 - probabilities) * ((1 - self.wanted) / (1 - self.given))
        return np.asarray(positive / (positive + negative))


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
    """The calibration of each finding that has one, and what they were made on.

    Attributes:
        basis: What they were made on.
        findings: Of each finding that has one.
        shifts: Applied after it, to the prevalence where the model is used; without one, that of `basis` is taken to
            hold there, too.
    """

    basis: Basis
    findings: Mapping[str, Calibration]
    shifts: Mapping[str, PrevalenceShift] = field(default_factory=dict)

    def calibrate(self, finding: str, logits: Floats) -> Floats:
        """Logits of a finding, of any shape, to probabilities; NaN without a calibration."""
        calibrate, shift = self.findings.get(finding), self.shifts.get(finding)
        if calibrate is None:
            return np.full(np.shape(logits), np.nan)
        return shift(calibrate(logits)) if shift else calibrate(logits)


@dataclass(frozen=True)
class OperatingPoints:
    """The operating point of each finding that has one, and what they were chosen on."""

    basis: Basis
    findings: Mapping[str, OperatingPoint]


@dataclass(frozen=True)
class Triages:
    """The triage of each finding that was tried, and what it was tested on.

    Attributes:
        basis: What it was tested on.
        findings: Those of whom neither promise can be given among them: they say why, and decide nothing.
    """

    basis: Basis
    findings: Mapping[str, Triage]

    def list_deciding(self) -> list[str]:
        """The findings of whose films some can be ruled in or out."""
        return [name for name, triage in self.findings.items() if triage.decides]

    def decide(self, finding: str, logits: Floats) -> NDArray[np.int8]:
        """Logits of a finding, of any shape, to 1 ruled in, 0 ruled out, -1 uncertain, -2 without a threshold."""
        triage = self.findings.get(finding)
        if triage is None or not triage.decides:
            return np.full(np.shape(logits), NOT_TRIAGED, np.int8)
        return triage(logits)


@dataclass(frozen=True)
class Outcome:
    """What a model says of N images and F findings.

    Attributes:
        scores: (N, F) in (0, 1).
        probabilities: (N, F) in [0, 1]; NaN for a finding without a calibration.
        decisions: (N, F) 1 positive, 0 negative, -1 for a finding without an operating point.
        triage: (N, F) 1 ruled in, 0 ruled out, -1 uncertain, -2 for a finding without a triage.
        out_of_scope: (N,) whether the network sees an image as unlike its training films; all false without a scope.
    """

    scores: Floats
    probabilities: Floats
    decisions: NDArray[np.int8]
    triage: NDArray[np.int8]
    out_of_scope: NDArray[np.bool_]


@dataclass(frozen=True)
class ModelOutput:
    """What the logits of a model mean.

    Attributes:
        findings: Names of the logits, in order.
        calibration: None until made.
        operating_points: None until made.
        triage: None until made.
        scope: None until made.
        shift: What a batch of films is held against; None until made.
    """

    findings: tuple[str, ...]
    calibration: Calibrations | None = None
    operating_points: OperatingPoints | None = None
    triage: Triages | None = None
    scope: Scope | None = None
    shift: ShiftReference | None = None

    def __call__(self, logits: Floats, features: Floats | None = None) -> Outcome:
        """Logits (N, F), and pooled features (N, C) if the network gives some, to what they mean."""
        exact = np.asarray(logits, np.float64)
        probabilities = np.full(exact.shape, np.nan)
        decisions = np.full(exact.shape, -1, np.int8)
        triaged = np.full(exact.shape, NOT_TRIAGED, np.int8)
        for column, finding in enumerate(self.findings):
            if self.calibration:
                probabilities[:, column] = self.calibration.calibrate(finding, exact[:, column])
            if self.operating_points and (point := self.operating_points.findings.get(finding)):
                decisions[:, column] = exact[:, column] >= point.logit
            if self.triage:
                triaged[:, column] = self.triage.decide(finding, exact[:, column])
        beyond = np.zeros(len(exact), np.bool_)
        if self.scope and features is not None:
            beyond = self.scope.is_beyond(features)
        return Outcome(compute_scores(exact), probabilities, decisions, triaged, beyond)
