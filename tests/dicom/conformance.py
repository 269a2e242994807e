"""The reader against the DICOM files of public test suites and archives, file by file.

`python -m tests.dicom.conformance` prints of each file the verdict or reason, and the share of pixels within ±1 of 255
of DCMTK's and, where DCMTK is no referee, of a transcription of the standard; then the confusion table of the gate, and
what differs. It needs the files below XRAY_SHARED, DCMTK's programs and `gdcmconv`.
"""

import csv
import shutil
import sys
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from types import MappingProxyType

from tests.conftest import locate_shared
from tests.dicom.compare import LEAST_SHARE, Comparison, compare
from tests.dicom.dcmtk import PROGRAMS
from xray_resnet.dicom import Reading, RejectedImage, prepare

READING = Reading(size=256)

CLASSES = ("chest radiograph", "other radiograph", "other modality", "colour", "multi-frame", "no image", "undecodable")
_CHEST_WORDS = {"CHEST", "THORAX", "RIBCAGE", ""}


@dataclass(frozen=True)
class Verdict:
    """What the inventory says of a file, and what the gate says.

    Attributes:
        path: Relative to the folder of the files.
        expected: One of `CLASSES`.
        found: "accepted", or the reason.
        detail: The gate's own words; empty where it accepts.
    """

    path: str
    expected: str
    found: str
    detail: str = ""


def judge_all(folder: Path) -> list[Verdict]:
    """One verdict for each row of `inventory.csv`."""
    with (folder / "inventory.csv").open(newline="", encoding="utf-8") as file:
        return [_judge(folder, row) for row in csv.DictReader(file)]


def classify(row: dict[str, str]) -> str:
    """What a file is by its inventory row, which an independent script made with pydicom."""
    if row["has_pixel_data"] != "True":
        return "no image"
    if _number(row["NumberOfFrames"]) > 1:
        return "multi-frame"
    if not row["Photometric"].startswith("MONOCHROME") or _number(row["SamplesPerPixel"]) > 1:
        return "colour"
    if row["Modality"] not in ("CR", "DX"):
        return "other modality"
    if row["BodyPartExamined"] not in _CHEST_WORDS:
        return "other radiograph"
    return "chest radiograph" if row["decode"] == "ok" else "undecodable"


def format_table(verdicts: list[Verdict]) -> str:
    """The confusion table: what the files are (rows) against the verdicts (columns)."""
    counts = Counter((verdict.expected, verdict.found) for verdict in verdicts)
    columns = sorted({verdict.found for verdict in verdicts})
    lines = [" " * 18 + "".join(f"{name:>17}" for name in columns)]
    for kind in CLASSES:
        lines.append(f"{kind:<18}" + "".join(f"{counts[kind, name] or '·':>17}" for name in columns))
    return "\n".join(lines)


def _number(text: str) -> float:
    """One file says "1A" frames; it has one, like those that say nothing."""
    return float(text.rstrip("A") or 1)


def _judge(folder: Path, row: dict[str, str]) -> Verdict:
    return Verdict(row["path"], classify(row), *_ask_gate(folder / row["path"]))


def _ask_gate(path: Path) -> tuple[str, str]:
    """(accepted or the reason, the gate's own words)."""
    try:
        prepare(path, READING)
    except RejectedImage as rejected:
        return str(rejected.reason), rejected.detail
    return "accepted", ""


def print_files(
    paths: Sequence[Path], root: Path, verdicts: Mapping[str, Verdict] = MappingProxyType({})
) -> list[tuple[str, Comparison]]:
    """Prints a line per file: verdict, share by DCMTK, share by the standard, class; returns what was compared."""
    compared = []
    with TemporaryDirectory() as folder:
        for path in paths:
            name = path.relative_to(root).as_posix()
            found = verdicts[name].found if name in verdicts else _ask_gate(path)[0]
            comparison = compare(path, Path(folder))
            columns = ("", "", "") if comparison is None else comparison.columns()
            print(f"{found:28} {columns[0]:>10} {columns[1]:>10} {columns[2]:12} {name}")
            if comparison is not None:
                compared.append((name, comparison))
    return compared


def print_summary(compared: Sequence[tuple[str, Comparison]]) -> int:
    """Prints how many files each referee judged and what differs; returns how many differ."""
    judged = Counter((item.kind, item.is_alike) for _, item in compared)
    print(f"\n{len(compared)} files compared; alike: at least {LEAST_SHARE:.1%} of the pixels within ±1 of 255")
    for kind in sorted({kind for kind, _ in judged}):
        referee = f"the transcription of the standard ({kind})" if kind else "DCMTK"
        print(f"  by {referee}: {judged[kind, True]} alike, {judged[kind, False]} differ")
    for name, item in compared:
        if not item.is_alike:
            print(f"differs: {' '.join(item.columns())} {name}")
    return sum(not item.is_alike for _, item in compared)


def main() -> int:
    """Prints all; returns 1 where a file differs from its referee."""
    data = locate_shared() / "data"
    missing = [program for program in PROGRAMS if shutil.which(program) is None]
    if not data.is_dir() or missing:
        print(f"nothing was compared: it needs {', '.join(missing) or f'files at {data}'}", file=sys.stderr)
        return 1
    root = data / "dicom_conformance"
    verdicts = judge_all(root)
    compared = print_files([root / verdict.path for verdict in verdicts], root, {v.path: v for v in verdicts})
    for archive in ("nih_chestxray14/dicom", "rsna_pneumonia/stage_2_train_images"):
        compared += print_files(sorted((data / archive).glob("*.dcm")), data)
    print(format_table(verdicts))
    return int(print_summary(compared) > 0)


if __name__ == "__main__":
    sys.exit(main())
