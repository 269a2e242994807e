"""Mutated DICOM files through the reader: each is accepted or rejected with a reason; nothing crashes or hangs.

`python -m tests.fuzz.fuzz COUNT [SEED]` prints how far the mutants came and what became of them; exit code 1 where one
raised anything but a rejection. A codec that kills its process or hangs costs that mutant alone. Seeds are files of
every transfer syntax made here and, where they are at hand, the conformance files below XRAY_SHARED.
"""

import os
import sys
import tempfile
from collections import Counter
from functools import cache, partial
from pathlib import Path
from unittest.mock import patch

import numpy as np
from pydicom.uid import (
    DeflatedExplicitVRLittleEndian,
    ExplicitVRBigEndian,
    ExplicitVRLittleEndian,
    ImplicitVRLittleEndian,
    JPEG2000Lossless,
    JPEGBaseline8Bit,
    JPEGLSLossless,
    RLELossless,
)

from tests.builders import make_pixels, write_dicom
from tests.conftest import locate_shared
from tests.fuzz.mutate import mutate
from xray_resnet.dicom import Gate, RejectedImage, read_radiograph
from xray_resnet.dicom.codecs import decode
from xray_resnet.scale import Limits, beat, map_in_processes

SYNTAXES = (
    *(ImplicitVRLittleEndian, ExplicitVRLittleEndian, ExplicitVRBigEndian, DeflatedExplicitVRLittleEndian),
    *(RLELossless, JPEGBaseline8Bit, JPEGLSLossless, JPEG2000Lossless),
)
MODALITIES = ("CR", "DX", "CT", "MR", "US", "OT", "RG", "RF", "XA", "MG", "SC", "NM", "PT", "IO")
GATE = Gate(modalities=MODALITIES, accept_lateral=True, max_pixels=4_000_000, min_side=1)
LIMITS = Limits(silence_s=20, memory_bytes=3 << 30)
LARGEST_SEED = 1 << 20
_BATCH = 50
_NO_SEEDS = (".csv", ".md", ".txt", ".json")
_HEADER = {"not_dicom", "unreadable", "no_pixels"}

Outcome = tuple[str, str]


def fuzz(seeds: list[Path], *, count: int, seed: int, workers: int = 0) -> Counter[Outcome]:
    """(stage, outcome) of `count` mutants; the stage fault is a defect.

    Args:
        seeds: Files to mutate, in turn.
        count: Mutants.
        seed: Of all that is drawn.
        workers: Processes.
    """
    batches = [range(start, min(start + _BATCH, count)) for start in range(0, count, _BATCH)]
    judge = partial(_judge_all, seeds=seeds, seed=seed)
    apart = partial(_judge_apart, seeds=seeds, seed=seed)
    results = map_in_processes(judge, batches, workers=workers, on_lost=apart, limits=LIMITS)
    return sum(results, Counter())


def collect_seeds(folder: Path, shared: Path | None) -> list[Path]:
    """Files of every transfer syntax, written into `folder`; most others are conformance files that decode."""
    made = [_write_seed(folder / f"{number}.dcm", syntax) for number, syntax in enumerate(SYNTAXES)]
    if shared is None:
        return made
    others = [path for path in sorted((shared / "data/dicom_conformance").rglob("*")) if _is_seed(path)]
    outcomes = map_in_processes(_judge_seed, others, on_lost=_report_lost, limits=LIMITS)
    reaching = [path for path, outcome in zip(others, outcomes, strict=True) if outcome[0] in ("codec", "accepted")]
    return [*made, *reaching, *made, *reaching, *others[::3]]


def format_histogram(outcomes: Counter[Outcome]) -> str:
    """Stages and outcomes, the commonest first, and the share of mutants that reached a codec."""
    total = sum(outcomes.values())
    reached = sum(count for (stage, _), count in outcomes.items() if stage in ("codec", "accepted"))
    lines = [
        f"{stage:9} {outcome:32} {count:7} {count / total:7.1%}" for (stage, outcome), count in outcomes.most_common()
    ]
    return "\n".join([*lines, f"{total} mutants, {reached / total:.0%} of them reached a codec"])


def find_faults(outcomes: Counter[Outcome]) -> dict[Outcome, int]:
    """What must not be."""
    return {outcome: count for outcome, count in outcomes.items() if outcome[0] == "fault"}


def _write_seed(path: Path, syntax: str) -> Path:
    is_baseline = syntax == JPEGBaseline8Bit
    pixels = make_pixels(72, 80, bits_stored=8 if is_baseline else 12)
    noise = np.random.default_rng(0).integers(0, 9, pixels.shape).astype(pixels.dtype)
    window = {"WindowCenter": 128 if is_baseline else 2048, "WindowWidth": 256 if is_baseline else 4096}
    return write_dicom(
        path, pixels // 2 + noise, bits_stored=8 if is_baseline else 12, transfer_syntax=syntax, **window
    )


def _is_seed(path: Path) -> bool:
    return path.is_file() and path.suffix not in _NO_SEEDS and path.stat().st_size <= LARGEST_SEED


def _judge_all(numbers: range, *, seeds: list[Path], seed: int) -> Counter[Outcome]:
    return Counter(_judge(number, seeds=seeds, seed=seed) for number in numbers)


def _judge_apart(numbers: range, *, seeds: list[Path], seed: int) -> Counter[Outcome]:
    judge = partial(_judge, seeds=seeds, seed=seed)
    return Counter(map_in_processes(judge, numbers, workers=1, on_lost=_report_lost, limits=LIMITS))


def _report_lost(_: object) -> Outcome:
    return "codec", "decode_failed, its process lost"


@cache
def _silence_codecs() -> None:
    """Lets this worker's codecs complain to nobody: they write each damage to standard error."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), 2)


def _judge(number: int, *, seeds: list[Path], seed: int) -> Outcome:
    beat()
    _silence_codecs()
    content = mutate(seeds[number % len(seeds)].read_bytes(), np.random.default_rng((seed, number)))
    with tempfile.NamedTemporaryFile(suffix=".dcm") as file:
        file.write(content)
        file.flush()
        try:
            return _judge_file(Path(file.name))
        except BaseException as error:
            return "fault", f"mutant {number}: {type(error).__name__}"


def _judge_seed(path: Path) -> Outcome:
    _silence_codecs()
    return _judge_file(path)


def _judge_file(path: Path) -> Outcome:
    """How far a file comes, and what becomes of it."""
    reached: list[bool] = []
    original = decode._decode_or_reject

    def note(*arguments: object) -> object:
        reached.append(True)
        return original(*arguments)  # type: ignore[arg-type]

    with patch.object(decode, "_decode_or_reject", note):
        try:
            read_radiograph(path, gate=GATE)
        except RejectedImage as rejected:
            if "make no sense" in rejected.detail:  # caught, but by nothing that knows why
                return "fault", rejected.detail
            return _stage(str(rejected.reason), reached=bool(reached)), str(rejected.reason)
    return "accepted", "accepted"


def _stage(reason: str, *, reached: bool) -> str:
    if reached:
        return "codec"
    return "header" if reason in _HEADER else "gate"


def main(arguments: list[str]) -> int:
    """Fuzzes and prints; returns the exit code."""
    if not arguments:
        print(__doc__, file=sys.stderr)
        return 2
    count, seed = int(arguments[0]), int(arguments[1]) if len(arguments) > 1 else 0
    shared = locate_shared()
    with tempfile.TemporaryDirectory() as folder:
        seeds = collect_seeds(Path(folder), shared if (shared / "data").is_dir() else None)
        outcomes = fuzz(seeds, count=count, seed=seed)
    print(format_histogram(outcomes))
    return 1 if find_faults(outcomes) else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
