"""The gate against the DICOM files of public test suites: `python -m tests.dicom.conformance` prints the table."""

import csv
import os
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from xray_resnet.dicom import RejectedImage, read_radiograph

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
    try:
        read_radiograph(folder / row["path"])
    except RejectedImage as rejected:
        return Verdict(row["path"], classify(row), str(rejected.reason), rejected.detail)
    return Verdict(row["path"], classify(row), "accepted")


if __name__ == "__main__":
    shared = Path(os.environ.get("XRAY_SHARED", Path(__file__).resolve().parents[3] / "shared"))
    print(format_table(judge_all(shared / "data" / "dicom_conformance")))
