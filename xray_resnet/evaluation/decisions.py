"""What decisions at the operating points are worth, and the net benefit of acting on probabilities."""

from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np

from xray_resnet.basis import Basis
from xray_resnet.evaluation.evidence import Evidence
from xray_resnet.evaluation.methods import estimate_to_json
from xray_resnet.metrics import Estimate
from xray_resnet.metrics.net_benefit import DecisionCurve, decision_curve, find_harm
from xray_resnet.metrics.operating import DecisionFigures, measure_decisions, predict_values
from xray_resnet.metrics.ranking import Floats
from xray_resnet.model_output import OperatingPoint, PrevalenceShift

THRESHOLDS = np.linspace(0.01, 0.99, 99)
"""Of the decision curve."""
_NONE_MADE = "the model has no operating points; xray-eval --split val chooses them"
_NOT_IN_BUNDLE = "the split that operating points were chosen on did not give one"


@dataclass(frozen=True)
class FindingDecisions:
    """Decisions of one finding.

    Attributes:
        name: The finding.
        point: Its operating point; None if there is none.
        why_null: Why there is none.
        figures: What decisions are worth on these images; None without a point.
        prevalence: Where the model is used; None if it is not said.
        ppv: Positive predictive value there; None if it is not said.
        npv: Negative predictive value there; None if it is not said.
        curve: Net benefit, at that prevalence if it is said; None without a calibration, or if undefined.
        acts_from: Probability of a film at the operating point, there; None without a curve or a point.
        harm: Range of probabilities around that of the operating point in which deciding by the model is worse than
            deciding without it, for all films or for none; None if it is not shown to be.
    """

    name: str
    point: OperatingPoint | None
    why_null: str | None
    figures: DecisionFigures | None
    prevalence: float | None
    ppv: Estimate | None
    npv: Estimate | None
    curve: DecisionCurve | None
    acts_from: float | None = None
    harm: tuple[float, float] | None = None

    def to_json(self) -> dict[str, Any]:
        """Its part of metrics.json."""
        return {
            "criterion": None if self.point is None else self.point.criterion,
            "logit": None if self.point is None else self.point.logit,
            "score": None if self.point is None else self.point.score,
            "why_null": self.why_null,
            "figures": None if self.figures is None else _figures_to_json(self.figures),
            "where_used": {
                "prevalence": self.prevalence,
                "ppv": None if self.ppv is None else estimate_to_json(self.ppv),
                "npv": None if self.npv is None else estimate_to_json(self.npv),
            },
            "decision_curve": None if self.curve is None else _curve_to_json(self.curve),
            "acts_from": self.acts_from,
            "harm": None if self.harm is None else list(self.harm),
        }


@dataclass(frozen=True)
class Decisions:
    """Decisions of a model on the images of one split.

    Attributes:
        basis: What the operating points were chosen on; None if there is none.
        on_these_images: Whether they were chosen on these very images, which flatters them.
        findings: One for each finding.
    """

    basis: Basis | None
    on_these_images: bool
    findings: tuple[FindingDecisions, ...]

    def to_json(self) -> dict[str, Any]:
        """Its part of metrics.json."""
        return {
            "basis": None if self.basis is None else asdict(self.basis),
            "on_these_images": self.on_these_images,
            "findings": {finding.name: finding.to_json() for finding in self.findings},
        }


def measure_all_decisions(evidence: Evidence) -> Decisions:
    """Measures the decisions of every finding."""
    points = evidence.output.operating_points
    basis = None if points is None else points.basis
    findings = tuple(_measure_finding(evidence, column) for column in range(len(evidence.findings)))
    return Decisions(basis, evidence.is_basis(basis), findings)


def _measure_finding(evidence: Evidence, column: int) -> FindingDecisions:
    name, points = evidence.findings[column], evidence.output.operating_points
    point, prevalence = None if points is None else points.findings.get(name), evidence.prevalences.get(name)
    curve = _draw_curve(evidence, column, prevalence)
    if point is None:
        return FindingDecisions(name, None, _say_why(evidence, name), None, prevalence, None, None, curve)
    figures = measure_decisions(
        evidence.predictions.labels[:, column],
        evidence.predictions.logits[:, column].astype(np.float64) >= point.logit,
        patients=evidence.predictions.patient_ids,
        generator=evidence.chance.generator(),
        resamples=evidence.chance.resamples,
    )
    values: tuple[Estimate | None, Estimate | None] = (None, None)
    if prevalence is not None:
        values = predict_values(figures.sensitivity, figures.specificity, prevalence=prevalence)
    if curve is None:
        return FindingDecisions(name, point, None, figures, prevalence, *values, curve)
    acts_from = _tell_probability(evidence, name, point, prevalence)
    return FindingDecisions(
        name, point, None, figures, prevalence, *values, curve, acts_from, find_harm(curve, acts_from)
    )


def _say_why(evidence: Evidence, name: str) -> str:
    if evidence.amendment is not None:
        return evidence.amendment.why_no_point[name]
    return _NONE_MADE if evidence.output.operating_points is None else _NOT_IN_BUNDLE


def _draw_curve(evidence: Evidence, column: int, prevalence: float | None) -> DecisionCurve | None:
    labels, probabilities = evidence.predictions.labels[:, column], evidence.probabilities[:, column]
    known = np.isfinite(labels)
    if not known.any() or np.isnan(probabilities[known]).any():
        return None
    return decision_curve(
        labels,
        _move(evidence, column, probabilities, prevalence),
        patients=evidence.predictions.patient_ids,
        thresholds=THRESHOLDS,
        prevalence=prevalence,
    )


def _move(evidence: Evidence, column: int, probabilities: Floats, prevalence: float | None) -> Floats:
    """Probabilities at the prevalence of these images to those at another, if one is said."""
    own = float(np.nanmean(evidence.predictions.labels[:, column]))
    if prevalence is None or not 0 < own < 1:
        return probabilities
    return np.asarray(PrevalenceShift(own, prevalence)(probabilities), np.float64)


def _tell_probability(evidence: Evidence, name: str, point: OperatingPoint, prevalence: float | None) -> float:
    """The probability of a film at the operating point of a finding that is calibrated."""
    made = evidence.output.calibration
    assert made is not None, "a decision curve has probabilities"
    probability = np.asarray(replace(made, shifts={}).calibrate(name, np.array([point.logit])), np.float64)
    return float(_move(evidence, evidence.findings.index(name), probability, prevalence)[0])


def _figures_to_json(figures: DecisionFigures) -> dict[str, Any]:
    return {
        "true_positives": figures.true_positives,
        "false_positives": figures.false_positives,
        "false_negatives": figures.false_negatives,
        "true_negatives": figures.true_negatives,
        "prevalence": figures.prevalence,
        "sensitivity": estimate_to_json(figures.sensitivity),
        "specificity": estimate_to_json(figures.specificity),
        "ppv": estimate_to_json(figures.ppv),
        "npv": estimate_to_json(figures.npv),
    }


def _curve_to_json(curve: DecisionCurve) -> dict[str, Any]:
    return {
        "threshold": [round(float(limit), 2) for limit in curve.thresholds],
        "model": curve.model.tolist(),
        "everyone": curve.everyone.tolist(),
        "low": [None if np.isnan(end) else float(end) for end in curve.low],
        "high": [None if np.isnan(end) else float(end) for end in curve.high],
    }
