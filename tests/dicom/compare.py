"""One file's display values beside its referee's: DCMTK, or a transcription of the standard where DCMTK is none."""

import subprocess
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from pydicom import Dataset, dcmread
from pydicom.uid import JPEGExtended12Bit

from tests.dicom import transcription
from tests.dicom.dcmtk import make_readable, render_with_dcmtk
from xray_resnet.dicom import DisplayMapping, Gate, RejectedImage
from xray_resnet.dicom.codecs.decode import decode_stored_values
from xray_resnet.dicom.display.pixels import PixelDescription, to_display
from xray_resnet.dicom.header.description import describe_pixels
from xray_resnet.dicom.header.file import read_header
from xray_resnet.dicom.header.gate import check_size

LEAST_SHARE = 0.999


@dataclass(frozen=True)
class Comparison:
    """Shares of the pixels within ±1 of 255.

    Attributes:
        by_dcmtk: Of DCMTK's; None where it cannot show the file.
        by_standard: Of the transcription's; None where it was not asked.
        kind: Why DCMTK is no referee: padding, LINEAR_EXACT, no window, or not shown; else empty.
    """

    by_dcmtk: float | None
    by_standard: float | None = None
    kind: str = ""

    @property
    def is_alike(self) -> bool:
        share = self.by_standard if self.kind else self.by_dcmtk
        return share is not None and share >= LEAST_SHARE

    def columns(self) -> tuple[str, str, str]:
        return _percent(self.by_dcmtk), _percent(self.by_standard), self.kind


def _percent(share: float | None) -> str:
    return "–" if share is None else f"{share:.4%}"


def compare(path: Path, folder: Path) -> Comparison | None:
    """The file, whatever the gate says of it, beside its referee; None where it is no grey single frame to read."""
    shown = _show(path)
    if shown is None:
        return None
    header, ours, description, mapping = shown
    theirs = _render(path, header, folder, mapping)
    by_dcmtk = None if theirs is None else share_within_one(ours, theirs)
    kind = _name_kind(description, mapping) or ("not shown" if theirs is None else "")
    if not kind:
        return Comparison(by_dcmtk)
    dataset = dcmread(path, force=True)
    dataset.ensure_file_meta()
    dataset.file_meta.TransferSyntaxUID = header.file_meta.TransferSyntaxUID
    standard = transcription.show(dataset, _decode_otherwise(dataset, path))
    return Comparison(by_dcmtk, share_within_one(ours, standard), kind)


def share_within_one(ours: NDArray[np.uint16], theirs: NDArray[np.generic]) -> float:
    """Share of the pixels of display values 0 … 65535 within ±1 of a picture 0 … 255; 0 where sizes differ."""
    if ours.shape != theirs.shape:
        return 0.0
    return float(np.mean(np.abs(np.rint(ours / 257) - np.rint(theirs.astype(float))) <= 1))


def _show(path: Path) -> tuple[Dataset, NDArray[np.uint16], PixelDescription, DisplayMapping] | None:
    try:
        header = read_header(path)
        if "Rows" not in header or "Columns" not in header:
            return None
        check_size(int(header.Rows), int(header.Columns), Gate(min_side=1))
        if int(header.get("NumberOfFrames") or 1) > 1 or int(header.get("SamplesPerPixel") or 1) > 1:
            return None
        if header.get("PhotometricInterpretation") not in ("MONOCHROME1", "MONOCHROME2"):
            return None
        stored = decode_stored_values(header, path)  # which rejects what cannot be described
        description = describe_pixels(header)
        image, mapping = to_display(stored, description)
    except (RejectedImage, ValueError):  # one file says "1A" frames
        return None
    return header, image.pixels, description, mapping


def _name_kind(description: PixelDescription, mapping: DisplayMapping) -> str:
    """What DCMTK does not show as the standard says, or the standard leaves open."""
    if description.padding is not None:
        return "padding"
    return {"LINEAR_EXACT": "LINEAR_EXACT", "PERCENTILE": "no window"}.get(mapping.function, "")


def _decode_otherwise(dataset: Dataset, path: Path) -> NDArray[np.float64]:
    """Stored values by pydicom's own choice of decoder; it has none for JPEG extended of 12 bits."""
    if dataset.file_meta.TransferSyntaxUID == JPEGExtended12Bit:
        return decode_stored_values(read_header(path), path).astype(np.float64)
    return np.asarray(dataset.pixel_array, np.float64)


def _render(path: Path, header: Dataset, folder: Path, mapping: DisplayMapping) -> NDArray[np.uint8] | None:
    try:
        return render_with_dcmtk(make_readable(path, header, folder), folder, mapping)
    except subprocess.CalledProcessError:
        return None
