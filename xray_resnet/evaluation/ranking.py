"""How well a model ranks every finding, with intervals; undefined is None, with its reason."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from xray_resnet.evaluation.predictions import Predictions
from xray_resnet.metrics import Estimate, average_precision, clustered_interval, estimate_aurocs
from xray_resnet.metrics.clustered import count_patients

Interval = tuple[float, float]


@dataclass(frozen=True)
class FindingRanking:
    """How well one finding is ranked.

    Attributes:
        name: The finding.
        n_positive: Images with it.
        n_negative: Images without it, unmentioned ones among them.
        n_ignored: Images where it is uncertain or not assessed.
        patients: How many patients have an image with it, and how many one without it.
        auroc: With its patient-clustered interval.
        clustered: Normal interval by Obuchowski's variance, with one image a patient DeLong's; None for few patients.
        average_precision: None if undefined.
    """

    name: str
    n_positive: int
    n_negative: int
    n_ignored: int
    patients: tuple[int, int]
    auroc: Estimate
    clustered: Interval | None
    average_precision: float | None

    @property
    def prevalence(self) -> float | None:
        """Share of positives among the assessed images; None without any."""
        assessed = self.n_positive + self.n_negative
        return self.n_positive / assessed if assessed else None


@dataclass(frozen=True)
class Ranking:
    """How well one model ranks the images of one split.

    Attributes:
        findings: One for each finding.
        macro: Mean AUROC over the findings where it is defined.
        n_defined: How many those are.
    """

    findings: tuple[FindingRanking, ...]
    macro: Estimate
    n_defined: int

    def to_json(self) -> dict[str, Any]:
        """Its part of metrics.json."""
        return {
            "findings": {finding.name: _finding_to_json(finding) for finding in self.findings},
            "macro": {
                "auroc": self.macro.value,
                "auroc_low": self.macro.low,
                "auroc_high": self.macro.high,
                "n_findings": self.n_defined,
                "why_null": self.macro.why_null,
            },
        }


def rank(predictions: Predictions, *, resamples: int, generator: np.random.Generator) -> Ranking:
    """Computes the figures of every finding.

    Args:
        predictions: Of all images of the split.
        resamples: Bootstrap resamples of the patients.
        generator: Draws them.
    """
    labels, logits = predictions.labels, predictions.logits
    aurocs = estimate_aurocs(labels, logits, patients=predictions.patient_ids, generator=generator, resamples=resamples)
    findings = tuple(_rank_finding(predictions, column, auroc) for column, auroc in enumerate(aurocs.findings))
    return Ranking(findings, aurocs.macro, aurocs.n_defined)


def _rank_finding(predictions: Predictions, column: int, auroc: Estimate) -> FindingRanking:
    labels, logits = predictions.labels[:, column], predictions.logits[:, column]
    return FindingRanking(
        predictions.findings[column],
        int((labels == 1).sum()),
        int((labels == 0).sum()),
        int(np.isnan(labels).sum()),
        count_patients(labels, predictions.patient_ids),
        auroc,
        clustered_interval(labels, logits, patients=predictions.patient_ids),
        average_precision(labels, logits),
    )


def _finding_to_json(finding: FindingRanking) -> dict[str, Any]:
    return {
        "n_positive": finding.n_positive,
        "n_negative": finding.n_negative,
        "n_ignored": finding.n_ignored,
        "auroc": finding.auroc.value,
        "auroc_low": finding.auroc.low,
        "auroc_high": finding.auroc.high,
        "average_precision": finding.average_precision,
        "why_null": finding.auroc.why_null,
    }
