"""How well scores and probabilities are calibrated, finding by finding."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from xray_resnet.basis import Basis
from xray_resnet.evaluation.evidence import Evidence
from xray_resnet.evaluation.methods import estimate_to_json
from xray_resnet.metrics import Estimate
from xray_resnet.metrics.calibration import (
    BrierParts,
    CalibrationError,
    ReliabilityBin,
    calibration_error,
    count_bins,
    decompose_brier,
    estimate_log_loss_saved,
    log_loss,
    reliability_curve,
)
from xray_resnet.metrics.perfect_calibration import PerfectErrors, simulate_perfect
from xray_resnet.model_output import Calibration, LinearCalibration, compute_scores

_SIGNIFICANT = 0.05
_NONE_MADE = "the model has no calibration; xray-eval --split val makes one"
_NOT_IN_BUNDLE = "the split that the calibration was made on did not give one"


@dataclass(frozen=True)
class Reliability:
    """How well numbers from 0 to 1 serve as probabilities of a finding.

    Attributes:
        error: Over the bins.
        perfect: What perfect probabilities would show in its place; None without an assessed image.
        brier: The Brier score in its parts; None without an assessed image.
        log_loss: None without an assessed image.
        curve: Observed share by bin.
    """

    error: CalibrationError
    perfect: PerfectErrors | None
    brier: BrierParts | None
    log_loss: float | None
    curve: Sequence[ReliabilityBin]

    @property
    def is_beyond_chance(self) -> bool:
        """Whether perfect probabilities would show as great an error in less than one of twenty evaluations."""
        return self.perfect is not None and self.perfect.p_value is not None and self.perfect.p_value < _SIGNIFICANT

    def to_json(self) -> dict[str, Any]:
        """Its part of metrics.json."""
        return {
            "calibration_error_l2_debiased": self.error.root,
            "calibration_error_l2_debiased_squared": self.error.squared,
            "ece_l1_plugin": self.error.plugin,
            "why_null": self.error.why_null,
            "if_perfect": None if self.perfect is None else _perfect_to_json(self.perfect),
            "log_loss": self.log_loss,
            "brier": None if self.brier is None else asdict(self.brier),
            "reliability": [
                {
                    "probability": point.probability,
                    "observed": estimate_to_json(point.observed),
                    "n_images": point.n_images,
                    "n_patients": point.n_patients,
                }
                for point in self.curve
            ],
        }


@dataclass(frozen=True)
class FindingReliability:
    """Scores and probabilities of one finding.

    Attributes:
        name: The finding.
        method: Kind of its calibration; None if there is none.
        why_null: Why there is none.
        log_losses: Kind → log-loss over patients left out of the fit, if the calibration was chosen on these images.
        before: Of the scores, taken for probabilities.
        after: Of the probabilities; None without a calibration.
        saved: Log-loss before less that after; None without a calibration.
        over_prevalence: Log-loss of saying their prevalence of all images less that after; None without a calibration.
    """

    name: str
    method: str | None
    why_null: str | None
    log_losses: Mapping[str, float]
    before: Reliability
    after: Reliability | None
    saved: Estimate | None
    over_prevalence: Estimate | None = None

    def to_json(self) -> dict[str, Any]:
        """Its part of metrics.json."""
        return {
            "method": self.method,
            "why_null": self.why_null,
            "log_losses": dict(self.log_losses),
            "before": self.before.to_json(),
            "after": None if self.after is None else self.after.to_json(),
            "log_loss_saved": None if self.saved is None else estimate_to_json(self.saved),
            "log_loss_saved_over_prevalence": (
                None if self.over_prevalence is None else estimate_to_json(self.over_prevalence)
            ),
        }


@dataclass(frozen=True)
class Reliabilities:
    """How well a model is calibrated on the images of one split.

    Attributes:
        basis: What the calibration was made on; None if there is none.
        left_out: Whether each probability comes from a fit without the image's patient, as it does where the
            calibration is chosen on these images.
        findings: One for each finding.
    """

    basis: Basis | None
    left_out: bool
    findings: tuple[FindingReliability, ...]

    def to_json(self) -> dict[str, Any]:
        """Its part of metrics.json."""
        return {
            "basis": None if self.basis is None else asdict(self.basis),
            "left_out": self.left_out,
            "findings": {finding.name: finding.to_json() for finding in self.findings},
        }


def _perfect_to_json(perfect: PerfectErrors) -> dict[str, Any]:
    return {
        "what": "errors that 95 % of evaluations of perfect probabilities do not exceed",
        "calibration_error_l2_debiased": perfect.root,
        "ece_l1_plugin": perfect.plugin,
        "p_value": perfect.p_value,
        "resemblance_within_patients": perfect.resemblance,
    }


def measure_reliabilities(evidence: Evidence) -> Reliabilities:
    """Measures every finding, before and after calibration."""
    calibration = evidence.output.calibration
    return Reliabilities(
        None if calibration is None else calibration.basis,
        evidence.amendment is not None,
        tuple(_measure_finding(evidence, column) for column in range(len(evidence.findings))),
    )


def name_method(calibration: Calibration) -> str:
    """The usual name of a kind of calibration."""
    if not isinstance(calibration, LinearCalibration):
        return "isotonic"
    if calibration.intercept:
        return "platt"
    return "identity" if calibration.slope == 1 else "temperature"


def _measure_finding(evidence: Evidence, column: int) -> FindingReliability:
    name, predictions = evidence.findings[column], evidence.predictions
    labels = predictions.labels[:, column]
    scores = np.asarray(compute_scores(predictions.logits[:, column].astype(np.float64)), np.float64)
    made = evidence.output.calibration
    calibration = None if made is None else made.findings.get(name)
    chosen = None if evidence.amendment is None else evidence.amendment.calibrations[name]
    before = _measure(evidence, labels, scores)
    losses = {} if chosen is None else {str(method): loss for method, loss in chosen.log_losses.items()}
    if calibration is None:
        reason = chosen.why_null if chosen else _NONE_MADE if made is None else _NOT_IN_BUNDLE
        return FindingReliability(name, None, reason, losses, before, None, None)
    probabilities = evidence.probabilities[:, column]
    constant = np.full_like(scores, np.nanmean(labels)) if np.isfinite(labels).any() else scores
    saved, over_prevalence = (_save(evidence, labels, rival, probabilities) for rival in (scores, constant))
    after = _measure(evidence, labels, probabilities)
    return FindingReliability(name, name_method(calibration), None, losses, before, after, saved, over_prevalence)


def _save(
    evidence: Evidence, labels: NDArray[np.float32], first: NDArray[np.float64], second: NDArray[np.float64]
) -> Estimate:
    """Log-loss of the first probabilities less that of the second."""
    return estimate_log_loss_saved(
        labels,
        first,
        second,
        patients=evidence.predictions.patient_ids,
        generator=evidence.chance.generator(),
        resamples=evidence.chance.resamples,
    )


def _measure(evidence: Evidence, labels: NDArray[np.float32], probabilities: NDArray[np.float64]) -> Reliability:
    patients = evidence.predictions.patient_ids
    bins = count_bins(len(np.unique(patients[np.isfinite(labels)])))
    known: dict[str, Any] = {"patients": patients, "bins": bins}
    drawn = {**known, "generator": evidence.chance.generator(), "resamples": evidence.chance.resamples}
    return Reliability(
        calibration_error(labels, probabilities, **known),
        simulate_perfect(labels, probabilities, **drawn),
        decompose_brier(labels, probabilities, bins=bins),
        log_loss(labels, probabilities),
        reliability_curve(labels, probabilities, **drawn),
    )
