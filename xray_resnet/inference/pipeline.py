"""Files through decode → network input → engine → predictions, streamed with bounded memory."""

from collections.abc import Iterable, Iterator, Sequence
from functools import partial
from pathlib import Path

from xray_resnet.bundle import read_bundle
from xray_resnet.bundle.file_prediction import say_accepted, say_rejected
from xray_resnet.dicom import Prepared, Reading, RejectedImage, reject_lost, try_to_prepare
from xray_resnet.facts import count_columns, encode_header
from xray_resnet.inference.engines.openvino import OpenVinoEngine
from xray_resnet.inference.watch import Watch
from xray_resnet.precision import RequestedOfOpenVino
from xray_resnet.predictions import Prediction
from xray_resnet.scale import Limits, beat, map_in_processes

CHUNK = 8
"""Files that a worker reads at a time."""
LIMITS = Limits()
"""Limits of a process that reads and decodes; a file that exceeds them is rejected."""
FEW = 16
"""Up to so many files are read in this process, unprotected: starting others would take longer."""
_Read = tuple[Path, Prepared | RejectedImage]


class Predictor:
    """A bundle, ready to score files.

    Args:
        bundle: Run or bundle folder.
        precision: "auto" or "fp32".
        workers: Processes that read and decode; 0 is one per processor, as far as the memory suffices.

    Raises:
        UserError: if the bundle is missing or not whole.

    Example:
        >>> for row in Predictor("runs/chestxray").predict(["a.dcm"]):  # doctest: +SKIP
        ...     print(row.path, row.status, row.scores)
    """

    def __init__(self, bundle: Path | str, *, precision: RequestedOfOpenVino = "auto", workers: int = 0) -> None:
        self.bundle = read_bundle(Path(bundle))
        self.findings = self.bundle.metadata.findings
        self.engine = OpenVinoEngine(
            self.bundle.onnx,
            image_size=self.bundle.model_input.size,
            facts=count_columns(self.bundle.metadata.facts),
            precision=precision,
        )
        self.watch = Watch(self.bundle.metadata.output)
        self._workers = workers

    def predict(self, paths: Iterable[Path | str]) -> Iterator[Prediction]:
        """Yields one prediction per file, in order; what is not a usable radiograph is rejected, not skipped."""
        files = [Path(path) for path in paths]
        read = partial(_read_chunk, reading=self.bundle.reading)
        chunks: Iterator[list[_Read]] = map(read, _chunks(files))
        if len(files) > FEW:
            apart = partial(_read_chunk_apart, reading=self.bundle.reading)
            chunks = map_in_processes(read, _chunks(files), workers=self._workers, on_lost=apart, limits=LIMITS)
        for chunk in chunks:
            yield from self._score(chunk)

    def _score(self, chunk: Sequence[_Read]) -> Iterator[Prediction]:
        accepted = [read for _, read in chunk if isinstance(read, Prepared)]
        facts = self.bundle.metadata.facts
        known = [encode_header(facts, read.facts) for read in accepted] if facts else []
        answers = iter(self.engine([self.bundle.model_input(read.pixels) for read in accepted], known))
        for path, read in chunk:
            if isinstance(read, RejectedImage):
                yield say_rejected(path, read)
            else:
                answer = next(answers)
                self.watch.look(read, answer.logits, answer.features)
                features = None if answer.features is None else answer.features[None]
                outcome = self.bundle.metadata.output(answer.logits[None], features)
                yield say_accepted(path, read, outcome, 0, self.findings, maps=answer.maps, pixels=read.pixels)


def _chunks(files: Sequence[Path]) -> Iterator[Sequence[Path]]:
    return (files[start : start + CHUNK] for start in range(0, len(files), CHUNK))


def _read_chunk(paths: Sequence[Path], *, reading: Reading) -> list[_Read]:
    return [(path, _read_one(path, reading=reading)) for path in paths]


def _read_chunk_apart(paths: Sequence[Path], *, reading: Reading) -> list[_Read]:
    """`_read_chunk` where a file is known to kill its process."""
    read = partial(_read_one, reading=reading)
    outcomes = map_in_processes(read, paths, workers=1, on_lost=_reject_lost, limits=LIMITS)
    return [*zip(paths, outcomes, strict=True)]


def _reject_lost(_: Path) -> RejectedImage:
    return reject_lost(LIMITS.silence_s)


def _read_one(path: Path, *, reading: Reading) -> Prepared | RejectedImage:
    beat()
    return try_to_prepare(path, reading)
