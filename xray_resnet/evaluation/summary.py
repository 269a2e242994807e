"""The figures of one evaluation, and metrics.json made of them; undefined is null, with its reason."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from xray_resnet.evaluation.predictions import Predictions
from xray_resnet.metrics import Estimate, average_precision, clustered_interval, estimate_aurocs

Interval = tuple[float, float]
_ROLES = {
    "train": "seen in training",
    "val": "chose the epoch",
    "test": "held out",
    "all": "in part seen in training",
}
"""Split of the data that the model was trained on → what it was to the model."""


@dataclass(frozen=True)
class FindingSummary:
    """How well one finding is ranked.

    Attributes:
        name: The finding.
        n_positive: Images with it.
        n_negative: Images without it, unmentioned ones among them.
        n_ignored: Images where it is uncertain or not assessed.
        auroc: With its patient-clustered interval.
        clustered: Normal interval by Obuchowski's variance, with one image a patient DeLong's; None for few patients.
        average_precision: None if undefined.
    """

    name: str
    n_positive: int
    n_negative: int
    n_ignored: int
    auroc: Estimate
    clustered: Interval | None
    average_precision: float | None

    @property
    def prevalence(self) -> float | None:
        """Share of positives among the assessed images; None without any."""
        assessed = self.n_positive + self.n_negative
        return self.n_positive / assessed if assessed else None


@dataclass(frozen=True)
class Summary:
    """The figures of one model on one split.

    Attributes:
        dataset: Name of the dataset.
        split: Name of the split.
        split_sha256: Hash of the dataset's splits.
        n_images: Images of the split.
        n_patients: Their patients.
        findings: One summary per finding.
        macro: Mean AUROC over the findings where it is defined.
        n_defined: How many those are.
        model: Facts of the model, its engine and precision.
    """

    dataset: str
    split: str
    split_sha256: str
    n_images: int
    n_patients: int
    findings: tuple[FindingSummary, ...]
    macro: Estimate
    n_defined: int
    model: Mapping[str, Any]

    @property
    def role(self) -> str:
        """What the images were to the model: only those that it was not fitted to say how good it is."""
        if self.model.get("training_data", {}).get("split_sha256") != self.split_sha256:
            return "another dataset than it was trained on"
        return _ROLES[self.split]

    def to_json(self) -> dict[str, Any]:
        """The content of metrics.json."""
        return {
            "dataset": self.dataset,
            "split": self.split,
            "split_sha256": self.split_sha256,
            "n_images": self.n_images,
            "n_patients": self.n_patients,
            "findings": {finding.name: _finding_to_json(finding) for finding in self.findings},
            "macro": {
                "auroc": self.macro.value,
                "auroc_low": self.macro.low,
                "auroc_high": self.macro.high,
                "n_findings": self.n_defined,
                "why_null": self.macro.why_null,
            },
            "model": dict(self.model),
        }


def summarise(
    predictions: Predictions,
    *,
    dataset: str,
    split: str,
    split_sha256: str,
    model: Mapping[str, Any],
    resamples: int,
    generator: np.random.Generator,
) -> Summary:
    """Computes every figure of the predictions.

    Args:
        predictions: Of all images of the split.
        dataset: Name of the dataset.
        split: Name of the split.
        split_sha256: Hash of the dataset's splits.
        model: Facts of the model.
        resamples: Bootstrap resamples of the patients.
        generator: Draws them.
    """
    labels, logits = predictions.labels, predictions.logits
    aurocs = estimate_aurocs(labels, logits, patients=predictions.patient_ids, generator=generator, resamples=resamples)
    findings = tuple(
        _summarise_finding(predictions, column, estimate) for column, estimate in enumerate(aurocs.findings)
    )
    patients = len(np.unique(predictions.patient_ids))
    return Summary(dataset, split, split_sha256, len(labels), patients, findings, aurocs.macro, aurocs.n_defined, model)


def _summarise_finding(predictions: Predictions, column: int, estimate: Estimate) -> FindingSummary:
    labels, logits = predictions.labels[:, column], predictions.logits[:, column]
    return FindingSummary(
        predictions.findings[column],
        int((labels == 1).sum()),
        int((labels == 0).sum()),
        int(np.isnan(labels).sum()),
        estimate,
        clustered_interval(labels, logits, patients=predictions.patient_ids),
        average_precision(labels, logits),
    )


def _finding_to_json(finding: FindingSummary) -> dict[str, Any]:
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
