"""The labels of images held against what networks say that did not see them: how many are wrong, and which."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from xray_resnet.evaluation.choose_calibration import choose_calibration
from xray_resnet.evaluation.evidence import Chance, Evidence
from xray_resnet.evaluation.held_out import HeldOut, gather_held_out
from xray_resnet.evaluation.methods import estimate_to_json
from xray_resnet.findings import LabelState, resolve_targets
from xray_resnet.metrics import auroc
from xray_resnet.metrics.label_errors import (
    RATES,
    LabelNoise,
    doubt_labels,
    estimate_label_noise,
    find_label_errors,
)
from xray_resnet.metrics.ranking import Floats
from xray_resnet.model_output import compute_scores

SCHEMA_VERSION = 2
"""Of `label_audit` in metrics.json."""
GOOD_AUROC = 0.9
"""Against the labels as given; below it, most labels of a list are right: simulated with 5 % of wrong labels, an AUROC
of 0.90 lists 41 % wrong ones and estimates 10 %, one of 0.76 lists 14 % and estimates 23 % (docs/label_audit.md)."""
_UNSTATED = (LabelState.UNCERTAIN, LabelState.UNMENTIONED, LabelState.NOT_ASSESSED)


@dataclass(frozen=True)
class FindingAudit:
    """The audit of one finding's labels.

    Attributes:
        name: The finding.
        labels: (N,) 1 or 0 as stated; NaN for what is not audited.
        left_out: State → images whose label is not audited for it.
        logits: (N,) by networks that did not see the image.
        auroc: Of them, against the labels; None if undefined.
        probabilities: (N,) that the label is positive, calibrated without the patient; NaN if it is not audited.
        noise: How often labels are wrong; None if there is no audit.
        why_null: Why there is none.
    """

    name: str
    labels: Floats
    left_out: dict[str, int]
    logits: NDArray[np.float32]
    auroc: float | None
    probabilities: Floats
    noise: LabelNoise | None = None
    why_null: str | None = None

    @cached_property
    def listed(self) -> NDArray[np.bool_]:
        """(N,) which labels are most likely wrong."""
        if self.noise is None:
            return np.zeros(len(self.labels), bool)
        return find_label_errors(self.labels, self.probabilities, self.noise.joint)

    @cached_property
    def doubts(self) -> Floats:
        """(N,) the chance that each label is wrong; NaN if it is not audited."""
        if self.noise is None:
            return np.full(len(self.labels), np.nan)
        return doubt_labels(self.labels, self.probabilities, self.noise.joint)

    def count(self, label: int, *, listed: bool = False) -> int:
        """Labels of a kind that are audited, or that are listed."""
        chosen = self.labels == label
        return int((chosen & self.listed).sum() if listed else chosen.sum())

    def to_json(self) -> dict[str, Any]:
        """Its entry in metrics.json."""
        rates = None if self.noise is None else {name: estimate_to_json(getattr(self.noise, name)) for name in RATES}
        return {
            "n_positive": self.count(1),
            "n_negative": self.count(0),
            "left_out": self.left_out,
            "auroc": self.auroc,
            "rates": rates,
            "n_listed": int(self.listed.sum()),
            "n_listed_positive": self.count(1, listed=True),
            "n_listed_negative": self.count(0, listed=True),
            "why_null": self.why_null,
        }


@dataclass(frozen=True)
class Suspect:
    """A label that is most likely wrong.

    Attributes:
        place: Of the image among the N.
        finding: Whose label it is.
        given: The label, 1 or 0.
        score: Sigmoid of the logit of networks that did not see the image.
        probability: That the label is positive, by them.
        doubt: The chance that the label is wrong.
    """

    place: int
    finding: str
    given: int
    score: float
    probability: float
    doubt: float

    @property
    def suggested(self) -> int:
        """The other label."""
        return 1 - self.given


@dataclass(frozen=True)
class LabelAudit:
    """The audit of all findings.

    Attributes:
        held_out: The logits, and how they came about.
        findings: In the order of the evidence.
    """

    held_out: HeldOut
    findings: tuple[FindingAudit, ...]

    @cached_property
    def suspects(self) -> list[Suspect]:
        """Those of all findings, the most doubtful first; of equal doubt the least likely label."""
        found = [suspect for finding in self.findings for suspect in _list_suspects(finding)]
        return sorted(found, key=lambda each: (-each.doubt, -abs(each.given - each.probability)))

    @property
    def weak(self) -> list[FindingAudit]:
        """The findings with labels on the list that the networks rank too badly to be believed."""
        return [each for each in self.findings if each.listed.any() and (each.auroc or 0.0) < GOOD_AUROC]

    def to_json(self) -> dict[str, Any]:
        """Its part of metrics.json."""
        return {
            "schema_version": SCHEMA_VERSION,
            "judged_by": "networks trained without the patients" if self.held_out.folds else "the evaluated network",
            "folds": self.held_out.folds or None,
            "is_known_unseen": self.held_out.is_known,
            "n_listed": len(self.suspects),
            "findings": {finding.name: finding.to_json() for finding in self.findings},
        }


def audit_labels(evidence: Evidence) -> LabelAudit:
    """Audits the labels that are stated as positive or negative; where the network saw the images, trains others.

    Raises:
        UserError: as `gather_held_out`.
    """
    held_out = gather_held_out(evidence)
    columns = zip(evidence.findings, evidence.predictions.states.T, held_out.logits.T, strict=True)
    patients = evidence.predictions.patient_ids
    return LabelAudit(
        held_out,
        tuple(
            audit_finding(name, states, logits, patients=patients, chance=evidence.chance)
            for name, states, logits in columns
        ),
    )


def audit_finding(
    name: str,
    states: NDArray[np.int8],
    logits: NDArray[np.float32],
    *,
    patients: NDArray[np.str_],
    chance: Chance,
) -> FindingAudit:
    """Audits the labels of one finding.

    Args:
        name: The finding.
        states: (N,) `LabelState`.
        logits: (N,) by networks that did not see the image.
        patients: (N,) identifiers.
        chance: How intervals are drawn.
    """
    labels = resolve_targets(states, {}).astype(np.float64)
    left_out = {state.name.lower(): int((states == state).sum()) for state in _UNSTATED}
    chosen = choose_calibration(labels, logits, patients=patients, seed=chance.seed)
    audit = FindingAudit(
        name, labels, left_out, logits, auroc(labels, logits), chosen.probabilities, why_null=chosen.why_null
    )
    if audit.why_null:
        return audit
    noise = estimate_label_noise(
        labels, chosen.probabilities, patients=patients, generator=chance.generator(), resamples=chance.resamples
    )
    return replace(audit, noise=noise)


def _list_suspects(audit: FindingAudit) -> Iterator[Suspect]:
    scores = compute_scores(audit.logits.astype(np.float64))
    for place in np.flatnonzero(audit.listed).tolist():
        given, doubt = int(audit.labels[place]), float(audit.doubts[place])
        yield Suspect(place, audit.name, given, float(scores[place]), float(audit.probabilities[place]), doubt)
