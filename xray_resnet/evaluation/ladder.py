"""The corruption ladder: AUROC on every rung against the clean images, all at 512² before the network's own resize."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

import numpy as np
from numpy.typing import NDArray

from xray_resnet.data.degradations import Corruption
from xray_resnet.data.ladder import RUNGS, Rung, climb, corrupt, fingerprint_ladder
from xray_resnet.evaluation.evidence import Evidence
from xray_resnet.metrics import Estimate, auroc, estimate_paired_difference
from xray_resnet.model_input import Pixels
from xray_resnet.progress import Progress

Logits = NDArray[np.float32]


@dataclass(frozen=True)
class RungResult:
    """A network on one rung.

    Attributes:
        rung: The corruption and its severity.
        findings: AUROC of each finding; None if undefined.
        macro: Mean AUROC over the defined findings.
        difference: Macro AUROC on the rung minus that on the clean images, with its paired interval.
    """

    rung: Rung
    findings: tuple[float | None, ...]
    macro: float
    difference: Estimate

    @property
    def lost(self) -> float:
        """max(0, clean − corrupted)."""
        return max(0.0, -(self.difference.value or 0.0))

    def to_json(self, findings: Sequence[str]) -> dict[str, Any]:
        """Its entry in metrics.json."""
        return {
            "corruption": self.rung.corruption,
            "severity": self.rung.severity,
            "amount": self.rung.amount,
            "unit": self.rung.kind.unit,
            "held_out": self.rung.kind.held_out,
            "auroc": self.macro,
            "difference": self.difference.value,
            "difference_low": self.difference.low,
            "difference_high": self.difference.high,
            "why_null": self.difference.why_null,
            "lost": self.lost,
            "findings": dict(zip(findings, self.findings, strict=True)),
        }


@dataclass(frozen=True)
class Climb:
    """A network on the whole ladder.

    Attributes:
        clean: Macro AUROC of the clean images at the ladder's size.
        rungs: One result for each rung.
    """

    clean: float
    rungs: tuple[RungResult, ...]

    def mean_loss(self, *, held_out: bool | None = None) -> float:
        """Mean over the rungs; of those that recipes may train on, or that none does, if asked for."""
        chosen = [each.lost for each in self.rungs if held_out in (None, each.rung.kind.held_out)]
        return float(np.mean(chosen))

    def group(self) -> Iterator[tuple[Corruption, list[RungResult]]]:
        """Each corruption with the results on its rungs."""
        for corruption, results in groupby(self.rungs, key=lambda each: each.rung.kind):
            yield corruption, [*results]

    def to_json(self, findings: Sequence[str]) -> dict[str, Any]:
        """Its part of metrics.json."""
        return {
            "fingerprint": fingerprint_ladder(),
            "clean": self.clean,
            "mean_loss": self.mean_loss(),
            "mean_loss_trained": self.mean_loss(held_out=False),
            "mean_loss_held_out": self.mean_loss(held_out=True),
            "rungs": [each.to_json(findings) for each in self.rungs],
        }


def climb_ladder(evidence: Evidence) -> Climb | None:
    """Asks the network about every rung; None if no finding has an AUROC, so that nothing can be lost."""
    if evidence.ranking.macro.value is None:
        return None
    prefix, count = f"ladder-{fingerprint_ladder()}", len(evidence.rows)
    with evidence.show("climbing the corruption ladder", "images") as progress:
        clean = _answer(evidence, None, prefix, _Share(progress, 0, count))
        rungs = tuple(
            _judge(evidence, rung, clean, _answer(evidence, rung, prefix, _Share(progress, place, count)))
            for place, rung in enumerate(RUNGS, 1)
        )
    return Climb(_estimate_macro(evidence, clean)[1], rungs)


@dataclass(frozen=True)
class _Share:
    """The progress of one version among all of them."""

    progress: Progress
    place: int
    count: int

    def __call__(self, done: int, total: int, rejected: int = 0) -> None:
        self.progress(self.place * self.count + done, (len(RUNGS) + 1) * self.count)


def _answer(evidence: Evidence, rung: Rung | None, prefix: str, progress: Progress) -> Logits:
    """(N, F) logits on a rung, or on the clean images; kept."""

    def change(pixels: Pixels, row: int) -> Pixels:
        share = climb(pixels)
        return corrupt(share, rung, image=str(evidence.dataset.image_ids[row])) if rung else share

    name = f"{prefix}-{rung.name if rung else 'clean'}"
    logits = evidence.answers.recall(name, lambda: evidence.predict_on(change, progress=progress).logits)
    progress(len(logits), len(logits))
    return logits


def _judge(evidence: Evidence, rung: Rung, clean: Logits, corrupted: Logits) -> RungResult:
    findings, macro = _estimate_macro(evidence, corrupted)
    predictions = evidence.predictions
    difference = estimate_paired_difference(predictions.labels, clean, corrupted, patients=predictions.patient_ids)
    return RungResult(rung, findings, macro, difference.macro)


def _estimate_macro(evidence: Evidence, logits: Logits) -> tuple[tuple[float | None, ...], float]:
    """AUROC of each finding and their mean."""
    labels = evidence.predictions.labels
    values = tuple(auroc(truth, score) for truth, score in zip(labels.T, logits.T, strict=True))
    return values, float(np.mean([value for value in values if value is not None]))
