"""What a triage decides on the images of an evaluation, and what became of its promises."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from xray_resnet.basis import Basis
from xray_resnet.evaluation.evidence import Evidence
from xray_resnet.evaluation.methods import estimate_to_json
from xray_resnet.metrics import Estimate
from xray_resnet.metrics.promises import SideFigures, Verdict, judge, measure_triage
from xray_resnet.model_output import compute_scores
from xray_resnet.triage import SIDES, Edge, Side, Triage

_NONE_MADE = "the model has no triage; xray-eval --split val makes one"
_NOT_IN_BUNDLE = "the split that the triage was made on has no labels of it"


@dataclass(frozen=True)
class TriageSide:
    """One side of the triage of a finding.

    Attributes:
        name: The finding.
        side: Whether its films are ruled in or out.
        edge: Threshold and promise, or why there is none.
        figures: What it came to on these images.
        verdict: Whether they show that the promise is kept, that it is broken, or neither; None without an interval, or
            if these images tested the promise.
    """

    name: str
    side: Side
    edge: Edge
    figures: SideFigures
    verdict: Verdict | None

    @property
    def is_given(self) -> bool:
        """Whether there is a threshold."""
        return self.edge.logit is not None

    @property
    def score(self) -> float | None:
        """The threshold as a score."""
        return None if self.edge.logit is None else float(compute_scores(np.array(self.edge.logit)))

    @property
    def is_idle(self) -> bool:
        """Whether the promise is given, and would be kept by calling every film of these images, too."""
        return self.is_given and self.figures.of_all is not None and self.figures.of_all >= self.edge.promise.limit

    def to_json(self) -> dict[str, Any]:
        """Its part of metrics.json."""
        return {
            **asdict(self.edge),
            "score": self.score,
            "films": estimate_to_json(self.figures.films),
            "called": self.figures.called,
            "errors": self.figures.errors,
            "value": estimate_to_json(self.figures.value),
            "value_of_all": self.figures.of_all,
            "verdict": self.verdict,
        }


@dataclass(frozen=True)
class FindingTriage:
    """The triage of one finding.

    Attributes:
        name: The finding.
        sides: Ruling in, then ruling out; empty if no triage was made.
        uncertain: Share of the assessed films that are left to the reader; None if no triage was made.
        why_null: Why no triage was made.
    """

    name: str
    sides: tuple[TriageSide, ...] = ()
    uncertain: Estimate | None = None
    why_null: str | None = None

    @property
    def decides(self) -> bool:
        """Whether it has a threshold."""
        return any(side.is_given for side in self.sides)

    def to_json(self) -> dict[str, Any]:
        """Its part of metrics.json."""
        sides = {side.side: side.to_json() for side in self.sides}
        return {
            **{f"rule_{side}": sides.get(side) for side in SIDES},
            "uncertain": None if self.uncertain is None else estimate_to_json(self.uncertain),
            "why_null": self.why_null,
        }


@dataclass(frozen=True)
class Promised:
    """The triage of a model on the images of one split.

    Attributes:
        basis: What the promises were tested on; None if there is no triage.
        on_these_images: Whether on these very images.
        chose_epoch: Whether the images that tested the promises chose the epoch of the network, too.
        findings: One for each finding.
    """

    basis: Basis | None
    on_these_images: bool
    chose_epoch: bool
    findings: tuple[FindingTriage, ...]

    @property
    def sides(self) -> Sequence[TriageSide]:
        """Those of all findings."""
        return [side for finding in self.findings for side in finding.sides]

    @property
    def joint_confidence(self) -> float:
        """With which all promises hold at once, at least (Bonferroni)."""
        return max(0.0, 1 - sum(side.edge.promise.delta for side in self.sides if side.is_given))

    def to_json(self) -> dict[str, Any]:
        """Its part of metrics.json."""
        return {
            "basis": None if self.basis is None else asdict(self.basis),
            "on_these_images": self.on_these_images,
            "basis_chose_epoch": self.chose_epoch,
            "joint_confidence": self.joint_confidence,
            "findings": {finding.name: finding.to_json() for finding in self.findings},
        }


def measure_promises(evidence: Evidence) -> Promised:
    """Measures the triage of every finding."""
    made = evidence.output.triage
    basis = None if made is None else made.basis
    findings = tuple(_measure_finding(evidence, column) for column in range(len(evidence.findings)))
    trained_on = evidence.model.get("training_data", {}).get("name")
    return Promised(basis, evidence.is_basis(basis), basis is not None and basis.chose_epoch(trained_on), findings)


def _measure_finding(evidence: Evidence, column: int) -> FindingTriage:
    name, made = evidence.findings[column], evidence.output.triage
    triage = None if made is None else made.findings.get(name)
    if made is None or triage is None:
        return FindingTriage(name, why_null=_NONE_MADE if made is None else _NOT_IN_BUNDLE)
    figures = measure_triage(
        triage,
        evidence.predictions.labels[:, column],
        evidence.predictions.logits[:, column],
        patients=evidence.predictions.patient_ids,
        generator=evidence.chance.generator(),
        resamples=evidence.chance.resamples,
    )
    seen = evidence.is_basis(made.basis)
    sides = zip(SIDES, (figures.rule_in, figures.rule_out), strict=True)
    return FindingTriage(
        name, tuple(_judge_side(name, side, triage, each, seen=seen) for side, each in sides), figures.uncertain
    )


def _judge_side(name: str, side: Side, triage: Triage, figures: SideFigures, *, seen: bool) -> TriageSide:
    edge = triage.side(side)
    verdict = None if seen or edge.logit is None else judge(edge.promise, figures.value)
    return TriageSide(name, side, edge, figures, verdict)
