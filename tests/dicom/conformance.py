"""The reader against the DICOM files of public test suites and archives, file by file.

`python -m tests.dicom.conformance` prints of each file the verdict, the reason, and the share of pixels within ±1 of
255 of DCMTK's; then the confusion table of the gate, and what differs from DCMTK. It needs the files below XRAY_SHARED
and DCMTK's programs.
"""

import csv
import os
import shutil
import subprocess
import sys
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from pydicom import Dataset, dcmread

from tests.dicom.dcmtk import NOT_IN_DCMTK, render_with_dcmtk
from xray_resnet.dicom import Gate, Reading, RejectedImage, prepare
from xray_resnet.dicom.decode import decode_stored_values
from xray_resnet.dicom.describe import describe_pixels
from xray_resnet.dicom.gate import check_size
from xray_resnet.dicom.header import read_header
from xray_resnet.dicom.pixels import to_display

LEAST_SHARE = 0.999
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


@dataclass(frozen=True)
class Rendering:
    """A grey single-frame file beside DCMTK's picture of it.

    Attributes:
        share: Pixels within ±1 of 255, or None where DCMTK cannot show the file.
        kind: Why the two may differ: padding, LINEAR_EXACT; else empty.
    """

    share: float | None
    kind: str = ""


def render(path: Path, folder: Path) -> Rendering | None:
    """The file's display values against DCMTK's, whatever the gate says of it; None where there are none to compare."""
    try:
        header = read_header(path)
        check_size(int(header.Rows), int(header.Columns), Gate(min_side=1))
        if int(header.get("NumberOfFrames") or 1) > 1 or int(header.get("SamplesPerPixel") or 1) > 1:
            return None
        if header.get("PhotometricInterpretation") not in ("MONOCHROME1", "MONOCHROME2"):
            return None
        description = describe_pixels(header)
        image, mapping = to_display(decode_stored_values(header, path), description)
    except (RejectedImage, AttributeError, TypeError, ValueError):
        return None
    kind = "padding" if description.padding else "LINEAR_EXACT" if mapping.function == "LINEAR_EXACT" else ""
    try:
        theirs = render_with_dcmtk(_uncompress(path, header, folder), folder, mapping)
    except (subprocess.CalledProcessError, AssertionError):
        return Rendering(None, kind)
    ours = np.rint(image.pixels / 257).astype(int)
    return Rendering(float(np.mean(np.abs(ours - theirs) <= 1)) if theirs.shape == ours.shape else 0.0, kind)


def _uncompress(path: Path, header: Dataset, folder: Path) -> Path:
    """JPEG 2000 is unknown to DCMTK: it gets the stored values."""
    if header.file_meta.TransferSyntaxUID not in NOT_IN_DCMTK and header.file_meta.get("MediaStorageSOPClassUID"):
        return path
    dataset = dcmread(path, force=True)
    if header.file_meta.TransferSyntaxUID in NOT_IN_DCMTK:
        dataset.decompress(decoding_plugin="pylibjpeg")
    dataset.ensure_file_meta()
    dataset.file_meta.TransferSyntaxUID = (
        dataset.file_meta.get("TransferSyntaxUID") or header.file_meta.TransferSyntaxUID
    )
    dataset.save_as(folder / "raw.dcm", enforce_file_format=False)
    return folder / "raw.dcm"


def print_files(paths: Sequence[Path], root: Path, verdicts: Mapping[str, Verdict]) -> list[tuple[str, Rendering]]:
    """Prints a line per file; returns what was compared."""
    compared = []
    with TemporaryDirectory() as folder:
        for path in paths:
            name = path.relative_to(root).as_posix()
            found = verdicts[name].found if name in verdicts else _ask_gate(path)[0]
            rendering = render(path, Path(folder))
            share = "" if rendering is None else "not shown" if rendering.share is None else f"{rendering.share:.4%}"
            print(f"{found:28} {share:>10} {rendering.kind if rendering else '':13} {name}")
            if rendering is not None and rendering.share is not None:
                compared.append((name, rendering))
    return compared


def main() -> int:
    """Prints all; returns 1 where a comparable file differs in more than a thousandth of its pixels."""
    data = Path(os.environ.get("XRAY_SHARED", Path(__file__).resolve().parents[3] / "shared")) / "data"
    if not data.is_dir() or shutil.which("dcmj2pnm") is None:
        print(f"skipped: needs DCMTK, and files at {data}", file=sys.stderr)
        return 0
    root = data / "dicom_conformance"
    verdicts = judge_all(root)
    compared = print_files([root / verdict.path for verdict in verdicts], root, {v.path: v for v in verdicts})
    for archive in ("nih_chestxray14/dicom", "rsna_pneumonia/stage_2_train_images"):
        compared += print_files(sorted((data / archive).glob("*.dcm")), data, {})
    print(format_table(verdicts))
    alike = [item for item in compared if item[1].share >= LEAST_SHARE]
    differing = [item for item in compared if item not in alike]
    print(
        f"\n{len(compared)} files compared with DCMTK, {len(alike)} alike (≥ {LEAST_SHARE:.1%} of the pixels within ±1)"
    )
    for name, rendering in differing:
        print(f"differs: {rendering.share:.2%} {rendering.kind or 'no known reason'} {name}")
    return 1 if any(not rendering.kind for _, rendering in differing) else 0


if __name__ == "__main__":
    sys.exit(main())
