"""The dose plan of a model: how far the dose of these films could fall before each finding is ranked worse."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from xray_resnet.errors import UserError
from xray_resnet.evaluation.dose_options import DoseOptions
from xray_resnet.evaluation.evidence import Evidence
from xray_resnet.evaluation.exposures import expose
from xray_resnet.evaluation.methods import estimate_to_json
from xray_resnet.metrics.dose_limit import Crossing, DoseLimit, DoseStep, find_dose_limit
from xray_resnet.metrics.noninferiority import Verdict

SCHEMA_VERSION = 1
"""Of the plan in metrics.json."""


@dataclass(frozen=True)
class DosePlan:
    """What was asked, and what the films say.

    Attributes:
        options: The margin, the doses and the exposures.
        findings: Name → how far the dose can fall.
        n_images: Films that were exposed.
        n_known: Those whose detector the dataset knows; of the others it is assumed.
    """

    options: DoseOptions
    findings: Mapping[str, DoseLimit]
    n_images: int
    n_known: int

    @property
    def safe(self) -> float | None:
        """The lowest dose that is shown to be safe for every finding; None if none is.

        It errs no more often than one of its parts (intersection-union test: Berger, Technometrics 24 (1982) 295).
        """
        doses = [limit.safe for limit in self.findings.values()]
        return None if None in doses else max(dose for dose in doses if dose is not None)

    @property
    def verdict(self) -> Verdict:
        """The answer for all findings in short: of the highest dose that was tried."""
        if any(limit.verdict == "not safe" for limit in self.findings.values()):
            return "not safe"
        return "cannot tell" if self.safe is None else "safe"

    def to_json(self) -> dict[str, Any]:
        """Its part of metrics.json."""
        return {
            "schema_version": SCHEMA_VERSION,
            "margin": self.options.margin,
            "doses": [*self.options.doses],
            "repeats": self.options.repeats,
            "n_images": self.n_images,
            "n_known_detectors": self.n_known,
            "verdict": self.verdict,
            "safe": self.safe,
            "findings": {name: _limit_to_json(limit) for name, limit in self.findings.items()},
        }


def plan_dose(evidence: Evidence) -> DosePlan:
    """Exposes every film again.

    Raises:
        UserError: if no finding has an AUROC, so that nothing can be lost.
    """
    if evidence.ranking.macro.value is None:
        raise UserError(
            f"{evidence.dataset.folder}, {evidence.split}: no finding has both a positive and a negative image, so no "
            "dose can be planned; choose another split, or leave out --dose"
        )
    options, predictions = evidence.asked.dose, evidence.predictions
    exposures = expose(evidence, options)
    findings = {
        name: find_dose_limit(
            predictions.labels[:, place],
            exposures.full[:, place],
            exposures.reduced[..., place],
            doses=options.doses,
            margin=options.margin,
            patients=predictions.patient_ids,
        )
        for place, name in enumerate(evidence.findings)
    }
    known = sum(evidence.dataset.detector(int(row)) is not None for row in evidence.rows)
    return DosePlan(options, findings, len(evidence.rows), known)


def _limit_to_json(limit: DoseLimit) -> dict[str, Any]:
    return {
        "verdict": limit.verdict,
        "safe": limit.safe,
        "not_safe": limit.unsafe,
        "patients_with": limit.patients[0],
        "patients_without": limit.patients[1],
        "auroc": limit.full,
        "limit": _crossing_to_json(limit.crossing) if limit.crossing else None,
        "why_null": limit.why_null,
        "doses": [_step_to_json(step) for step in limit.steps],
    }


def _crossing_to_json(crossing: Crossing) -> dict[str, float | None]:
    return {"value": crossing.value, "low": crossing.low, "high": crossing.high}


def _step_to_json(step: DoseStep) -> dict[str, Any]:
    return {
        "dose": step.dose,
        "auroc": step.auroc,
        "difference": estimate_to_json(step.difference),
        "verdict": step.verdict,
        "patients_needed": step.needed,
    }
