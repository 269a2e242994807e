"""How well a model ranks every finding, with intervals; undefined is None, with its reason."""

from collections.abc import Collection
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from xray_resnet.evaluation.methods import estimate_to_json
from xray_resnet.evaluation.predictions import Predictions
from xray_resnet.metrics import Aurocs, Estimate, estimate_aurocs, estimate_average_precision, estimate_partial_auroc
from xray_resnet.metrics.clustered import count_patients

MAX_FPR = 0.1
"""False positive rate up to which a partial AUROC counts."""


@dataclass(frozen=True)
class FindingRanking:
    """How well one finding is ranked.

    Attributes:
        name: The finding.
        n_positive: Images with it.
        n_negative: Images without it, unmentioned ones among them.
        n_ignored: Images where it is uncertain or not assessed.
        patients: How many patients have an image with it, and how many one without it.
        auroc: With its interval.
        partial_auroc: Up to a false positive rate of `MAX_FPR`, standardised.
        average_precision: With the interval that it has at this prevalence.
    """

    name: str
    n_positive: int
    n_negative: int
    n_ignored: int
    patients: tuple[int, int]
    auroc: Estimate
    partial_auroc: Estimate
    average_precision: Estimate

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
        aurocs: From which other means can be made.
    """

    findings: tuple[FindingRanking, ...]
    macro: Estimate
    n_defined: int
    aurocs: Aurocs = field(repr=False, compare=False)

    def find(self, name: str) -> FindingRanking:
        """One finding."""
        return next(finding for finding in self.findings if finding.name == name)

    def average(self, names: Collection[str]) -> Estimate:
        """Mean AUROC over some findings."""
        return self.aurocs.average([place for place, each in enumerate(self.findings) if each.name in names])

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
                "method": self.macro.method,
            },
        }


def rank(predictions: Predictions) -> Ranking:
    """Computes the figures of every finding from the predictions of all images of a split."""
    aurocs = estimate_aurocs(predictions.labels, predictions.logits, patients=predictions.patient_ids)
    findings = tuple(_rank_finding(predictions, column, auroc) for column, auroc in enumerate(aurocs.findings))
    return Ranking(findings, aurocs.macro, aurocs.n_defined, aurocs)


def _rank_finding(predictions: Predictions, column: int, auroc: Estimate) -> FindingRanking:
    labels, logits, patients = predictions.labels[:, column], predictions.logits[:, column], predictions.patient_ids
    return FindingRanking(
        predictions.findings[column],
        int((labels == 1).sum()),
        int((labels == 0).sum()),
        int(np.isnan(labels).sum()),
        count_patients(labels, patients),
        auroc,
        estimate_partial_auroc(labels, logits, patients=patients, max_fpr=MAX_FPR),
        estimate_average_precision(labels, logits, patients=patients),
    )


def _finding_to_json(finding: FindingRanking) -> dict[str, Any]:
    return {
        "n_positive": finding.n_positive,
        "n_negative": finding.n_negative,
        "n_ignored": finding.n_ignored,
        "auroc": finding.auroc.value,
        "auroc_low": finding.auroc.low,
        "auroc_high": finding.auroc.high,
        "average_precision": finding.average_precision.value,
        "why_null": finding.auroc.why_null,
        "method": finding.auroc.method,
        "average_precision_interval": estimate_to_json(finding.average_precision),
        "partial_auroc": {"max_fpr": MAX_FPR, **estimate_to_json(finding.partial_auroc)},
    }
