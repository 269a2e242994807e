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
from xray_resnet.evaluation.sample import draw_patients
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
        findings: AUROC of each finding on them; None if undefined.
        rungs: One result for each rung.
        images: How many it is of.
        patients: How many it is of.
    """

    clean: float
    findings: tuple[float | None, ...]
    rungs: tuple[RungResult, ...]
    images: int
    patients: int

    def mean_loss(self, *, held_out: bool | None = None) -> float:
        """Mean over the rungs; of those that recipes may train on, or that none does, if asked for."""
        chosen = [each.lost for each in self.rungs if held_out in (None, each.rung.kind.held_out)]
        return float(np.mean(chosen))

    def find_worst(self, rung: RungResult) -> tuple[int, float]:
        """Place of the finding that loses most on a rung, and what it loses."""
        pairs = zip(self.findings, rung.findings, strict=True)
        lost = [(place, max(0.0, clean - now)) for place, (clean, now) in enumerate(pairs)
                if clean is not None and now is not None]  # fmt: skip
        return max(lost, key=lambda each: each[1])

    def group(self) -> Iterator[tuple[Corruption, list[RungResult]]]:
        """Each corruption with the results on its rungs."""
        for corruption, results in groupby(self.rungs, key=lambda each: each.rung.kind):
            yield corruption, [*results]

    def to_json(self, findings: Sequence[str]) -> dict[str, Any]:
        """Its part of metrics.json."""
        return {
            "fingerprint": fingerprint_ladder(),
            "n_images": self.images,
            "n_patients": self.patients,
            "clean": self.clean,
            "clean_findings": dict(zip(findings, self.findings, strict=True)),
            "mean_loss": self.mean_loss(),
            "mean_loss_trained": self.mean_loss(held_out=False),
            "mean_loss_held_out": self.mean_loss(held_out=True),
            "rungs": [each.to_json(findings) for each in self.rungs],
        }


def climb_ladder(evidence: Evidence) -> Climb | None:
    """Asks the network about every rung; None if no finding has an AUROC, so that nothing can be lost."""
    sample = _draw_sample(evidence)
    if not sample.has_auroc():
        return None
    count = len(sample.places)
    with evidence.show("climbing the corruption ladder", "images") as progress:
        clean = _answer(evidence, None, sample, _Share(progress, 0, count))
        rungs = tuple(
            _judge(sample, rung, clean, _answer(evidence, rung, sample, _Share(progress, place, count)))
            for place, rung in enumerate(RUNGS, 1)
        )
    findings, macro = sample.estimate_macro(clean)
    return Climb(macro, findings, rungs, count, len(np.unique(sample.patients)))


@dataclass(frozen=True)
class _Sample:
    """The images that climb.

    Attributes:
        places: (n,) of the N images.
        labels: (n, F) 1, 0 or NaN.
        patients: (n,) whose they are.
        name: Of the answers about them.
    """

    places: NDArray[np.intp]
    labels: NDArray[np.float32]
    patients: NDArray[np.str_]
    name: str

    def has_auroc(self) -> bool:
        """Whether some finding has positives and negatives."""
        return bool(((self.labels == 1).any(axis=0) & (self.labels == 0).any(axis=0)).any())

    def estimate_macro(self, logits: Logits) -> tuple[tuple[float | None, ...], float]:
        """AUROC of each finding and their mean."""
        values = tuple(auroc(truth, score) for truth, score in zip(self.labels.T, logits.T, strict=True))
        return values, float(np.mean([value for value in values if value is not None]))


def _draw_sample(evidence: Evidence) -> _Sample:
    predictions, limit, seed = evidence.predictions, evidence.asked.ladder_images, evidence.chance.seed
    patients, prefix = predictions.patient_ids, f"ladder-{fingerprint_ladder()}"
    if not 0 < limit < len(patients):
        return _Sample(np.arange(len(patients)), predictions.labels, patients, prefix)
    places = draw_patients(patients, limit, generator=evidence.chance.generator())
    return _Sample(places, predictions.labels[places], patients[places], f"{prefix}-{limit}-{seed}")


@dataclass(frozen=True)
class _Share:
    """The progress of one version among all of them."""

    progress: Progress
    place: int
    count: int

    def __call__(self, done: int, total: int, rejected: int = 0) -> None:
        self.progress(self.place * self.count + done, (len(RUNGS) + 1) * self.count)


def _answer(evidence: Evidence, rung: Rung | None, sample: _Sample, progress: Progress) -> Logits:
    """(n, F) logits on a rung, or on the clean images; kept."""

    def change(pixels: Pixels, row: int) -> Pixels:
        share = climb(pixels)
        return corrupt(share, rung, image=str(evidence.dataset.image_ids[row])) if rung else share

    def ask() -> Logits:
        return evidence.predict_on(change, sample.places.tolist(), progress=progress).logits

    logits = evidence.answers.recall(f"{sample.name}-{rung.name if rung else 'clean'}", ask)
    progress(len(logits), len(logits))
    return logits


def _judge(sample: _Sample, rung: Rung, clean: Logits, corrupted: Logits) -> RungResult:
    findings, macro = sample.estimate_macro(corrupted)
    difference = estimate_paired_difference(sample.labels, clean, corrupted, patients=sample.patients)
    return RungResult(rung, findings, macro, difference.macro)
