"""Predictions of many files into a folder: tables, overlays, and what they were made with."""

from collections import Counter
from collections.abc import Iterable, Sequence
from contextlib import ExitStack
from dataclasses import asdict, dataclass, field
from pathlib import Path

from xray_resnet.bundle.model_card import describe_scores
from xray_resnet.dicom import FLAG_TEXTS, REASON_TEXTS, Flag, Reason
from xray_resnet.errors import UserError
from xray_resnet.explain.overlay import OPACITY
from xray_resnet.files import write_json
from xray_resnet.inference.inputs import find_inputs
from xray_resnet.inference.outputs import OUTPUTS
from xray_resnet.inference.outputs.context import OutputContext
from xray_resnet.inference.pipeline import Predictor
from xray_resnet.precision import RequestedOfOpenVino
from xray_resnet.progress import Progress
from xray_resnet.scope import Scope
from xray_resnet.shift import CAUSE_TEXTS, Shift

INFO = "predictions-info.json"


@dataclass(frozen=True)
class BatchSummary:
    """What became of the files.

    Attributes:
        output: Where the results are.
        accepted: Number of files with scores.
        reasons: Reason → number of files rejected for it.
        flags: Flag → number of accepted files that carry it.
        precision: RequestedOfOpenVino of the scores.
        shift: Whether the films differ from those of validation; None if that is not known.
    """

    output: Path
    accepted: int
    reasons: Counter[str] = field(default_factory=Counter)
    flags: Counter[str] = field(default_factory=Counter)
    precision: str = ""
    shift: Shift | None = None

    @property
    def rejected(self) -> int:
        """Number of files without scores."""
        return self.reasons.total()

    def __str__(self) -> str:
        lines = [f"{self.accepted} files scored in {self.precision}, {self.rejected} rejected → {self.output}"]
        for reason, count in sorted(self.reasons.items()):
            sentence, remedy = REASON_TEXTS[Reason(reason)]
            lines.append(f"  {count} {reason}: {sentence} {remedy}")
        for flag, count in sorted(self.flags.items()):
            lines.append(f"  {count} scored, but flagged as {flag}: {FLAG_TEXTS[Flag(flag)]}")
        if self.shift and self.shift.cause:
            moved = ", ".join(each.name for each in self.shift.moved)
            lines.append(f"  shift: {CAUSE_TEXTS[self.shift.cause]}; of {self.shift.films} films moved: {moved}")
        return "\n".join(lines)


def predict_to_folder(
    inputs: Iterable[Path],
    model: Path,
    output: Path,
    *,
    formats: Sequence[str] = ("csv",),
    overlay: bool = False,
    opacity: float = OPACITY,
    precision: RequestedOfOpenVino = "auto",
    workers: int = 0,
    progress: Progress | None = None,
) -> BatchSummary:
    """Scores every input file and writes `predictions.<format>` and `overlays/` into `output`.

    Args:
        inputs: Files and folders.
        model: Run or bundle folder.
        output: Made where it is missing.
        formats: Of `predictions.FORMATS`.
        overlay: Whether to write overlays.
        opacity: Of a map over its film where it is strongest, 0 to 1.
        precision: "auto" or "fp32".
        workers: Processes that read and decode; 0 is one per processor, as far as the memory suffices.
        progress: Told (done, total, rejected) after every file.

    Raises:
        UserError: if an input or the model is missing, or no input is an image at all.
    """
    files = find_inputs(inputs, output=output)
    predictor = Predictor(model, precision=precision, workers=workers)
    context = OutputContext(output, predictor.bundle, predictor.engine.describe(), opacity)
    reasons: Counter[str] = Counter()
    flags: Counter[str] = Counter()
    with ExitStack() as stack:
        names = [*formats, *(["overlays"] if overlay else [])]
        writers = [stack.enter_context(OUTPUTS[name](context)) for name in names]
        for done, prediction in enumerate(predictor.predict(files), start=1):
            for write in writers:
                write(prediction)
            reasons.update([prediction.reason] if prediction.status == "rejected" else [])
            flags.update(prediction.flags)
            if progress is not None:
                progress(done, len(files), reasons.total())
    shift = predictor.watch.conclude()
    write_json(output / INFO, _describe(predictor) | {"shift": shift and asdict(shift)})
    if reasons[Reason.NOT_DICOM] == len(files):
        raise UserError(f"none of {len(files)} input files is a DICOM, PNG or JPEG image; name files of radiographs")
    return BatchSummary(output, len(files) - reasons.total(), reasons, flags, predictor.engine.precision, shift)


def _describe_scope(scope: Scope | None) -> dict[str, object] | None:
    """The scope without the space that it is measured in."""
    if scope is None:
        return None
    return {"basis": asdict(scope.basis), "threshold": scope.threshold, "false_alarms": scope.false_alarms}


def _describe(predictor: Predictor) -> dict[str, object]:
    """What the scores were made with: model, engine, precision, and what was made of the scores."""
    metadata = predictor.bundle.metadata
    made = asdict(metadata.output)
    return {
        "model": metadata.name,
        "findings": [*metadata.findings],
        "facts": [*metadata.facts],
        "reading_fingerprint": metadata.reading_fingerprint,
        "input_fingerprint": metadata.input_fingerprint,
        **predictor.engine.describe(),
        "calibration": made["calibration"],
        "operating_points": made["operating_points"],
        "triage": made["triage"],
        "scope": _describe_scope(metadata.output.scope),
        "note": f"Research software, not a medical device. {describe_scores(metadata)}",
    }
