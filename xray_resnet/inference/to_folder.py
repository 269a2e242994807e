"""Predictions of many files into a folder: tables, overlays, and what they were made with."""

from collections import Counter
from collections.abc import Iterable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

from xray_resnet.dicom import REASON_TEXTS, Reason
from xray_resnet.errors import UserError
from xray_resnet.files import write_json
from xray_resnet.inference.engines.openvino import Precision
from xray_resnet.inference.inputs import find_inputs
from xray_resnet.inference.outputs import TABLES, Write
from xray_resnet.inference.outputs.overlays import write_overlays
from xray_resnet.inference.pipeline import Predictor
from xray_resnet.progress import Progress

OVERLAYS = "overlays"
INFO = "predictions-info.json"


@dataclass(frozen=True)
class Summary:
    """What became of the files.

    Attributes:
        output: Where the results are.
        accepted: Number of files with scores.
        reasons: Reason → number of files rejected for it.
        precision: Precision of the scores.
    """

    output: Path
    accepted: int
    reasons: Counter[str] = field(default_factory=Counter)
    precision: str = ""

    @property
    def rejected(self) -> int:
        """Number of files without scores."""
        return self.reasons.total()

    def __str__(self) -> str:
        lines = [f"{self.accepted} files scored in {self.precision}, {self.rejected} rejected → {self.output}"]
        for reason, count in sorted(self.reasons.items()):
            sentence, remedy = REASON_TEXTS[Reason(reason)]
            lines.append(f"  {count} {reason}: {sentence} {remedy}")
        return "\n".join(lines)


def predict_to_folder(
    inputs: Iterable[Path],
    model: Path,
    output: Path,
    *,
    formats: Sequence[str] = ("csv",),
    overlay: bool = False,
    precision: Precision = "auto",
    workers: int = 0,
    progress: Progress | None = None,
) -> Summary:
    """Scores every input file and writes `predictions.<format>` and `overlays/` into `output`.

    Args:
        inputs: Files and folders.
        model: Run or bundle folder.
        output: Made where it is missing.
        formats: Of `TABLES`.
        overlay: Whether to write overlays.
        precision: "auto" or "fp32".
        workers: Processes that read and decode; 0 is one per core.
        progress: Told (done, total, rejected) after every file.

    Raises:
        UserError: if an input or the model is missing, or no input is an image at all.
    """
    files = find_inputs(inputs, output=output)
    predictor = Predictor(model, precision=precision, workers=workers)
    reasons: Counter[str] = Counter()
    with ExitStack() as stack:
        writers = _open_outputs(stack, output, predictor.findings, formats=formats, overlay=overlay)
        for done, prediction in enumerate(predictor.predict(files), start=1):
            for write in writers:
                write(prediction)
            reasons.update([prediction.reason] if prediction.reason else [])
            if progress is not None:
                progress(done, len(files), reasons.total())
    write_json(output / INFO, _describe(predictor))
    if reasons[Reason.NOT_DICOM] == len(files):
        raise UserError(f"none of {len(files)} input files is a DICOM, PNG or JPEG image; name files of radiographs")
    return Summary(output, len(files) - reasons.total(), reasons, predictor.engine.precision)


def _open_outputs(
    stack: ExitStack, output: Path, findings: tuple[str, ...], *, formats: Sequence[str], overlay: bool
) -> list[Write]:
    writers = [stack.enter_context(TABLES[name](output / f"predictions.{name}", findings)) for name in formats]
    return [*writers, write_overlays(output / OVERLAYS, findings)] if overlay else writers


def _describe(predictor: Predictor) -> dict[str, object]:
    """What the scores were made with: model, engine, precision."""
    metadata = predictor.bundle.metadata
    return {
        "model": metadata.name,
        "findings": [*metadata.findings],
        "reading_fingerprint": metadata.reading_fingerprint,
        "input_fingerprint": metadata.input_fingerprint,
        **predictor.engine.describe(),
        "note": "Research software, no medical device. Scores rank images; they are not probabilities.",
    }
