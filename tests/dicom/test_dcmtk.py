"""Display values against dcmtk, which shares no code with us."""

import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray
from pydicom import Dataset, dcmread
from pydicom.uid import JPEGLSLossless, JPEGLSNearLossless

from tests.builders import make_pixels, write_dicom
from xray_resnet.dicom import DisplayMapping, read_radiograph

pytestmark = pytest.mark.skipif(shutil.which("dcmj2pnm") is None, reason="dcmtk is not installed")

NOT_IN_DCMTK = ("1.2.840.10008.1.2.4.90", "1.2.840.10008.1.2.4.91")


def render_with_dcmtk(path: Path, folder: Path, mapping: DisplayMapping) -> NDArray[np.uint8]:
    """The 8-bit picture that dcmtk shows, through the file's own window where it has one."""
    syntax = dcmread(path, stop_before_pixels=True).file_meta.TransferSyntaxUID
    program = "dcml2pnm" if syntax in (JPEGLSLossless, JPEGLSNearLossless) else "dcmj2pnm"
    window = {"IDENTITY": ["-W"], "LUT": ["+Wl", "1"]}.get(mapping.function, ["+Wi", "1"])
    if mapping.function == "PERCENTILE":
        assert mapping.window is not None
        window = ["+Ww", *map(str, mapping.window), "+Wfl"]
    picture = folder / "dcmtk.png"
    subprocess.run([program, "--write-png", *window, path, picture], check=True)
    return np.asarray(cv2.imread(str(picture), cv2.IMREAD_GRAYSCALE), np.uint8)


def share_within_one(path: Path, folder: Path) -> float:
    """How many of the pixels differ by at most 1 of 255."""
    radiograph = read_radiograph(path)
    ours = np.rint(radiograph.pixels / 257).astype(int)
    return float(np.mean(np.abs(ours - render_with_dcmtk(path, folder, radiograph.mapping)) <= 1))


def one_of_each_kind(folder: Path) -> Iterator[Path]:
    """The first file of each transfer syntax, polarity, depth and window."""
    seen = set()
    for path in sorted(folder.glob("*.dcm")):
        header = dcmread(path, stop_before_pixels=True)
        kind = _kind(header)
        if kind not in seen and header.file_meta.TransferSyntaxUID not in NOT_IN_DCMTK:
            seen.add(kind)
            yield path


def _kind(header: Dataset) -> tuple[object, ...]:
    syntax = header.file_meta.TransferSyntaxUID
    return syntax, header.PhotometricInterpretation, header.BitsStored, "WindowCenter" in header


def test_real_files_of_each_kind_look_like_in_dcmtk(shared: Path, tmp_path: Path) -> None:
    paths = list(one_of_each_kind(shared / "data" / "nih_chestxray14" / "dicom"))
    assert len(paths) >= 8
    shares = {path.name: share_within_one(path, tmp_path) for path in paths}
    assert min(shares.values()) >= 0.999, shares


@pytest.mark.parametrize("photometric", ["MONOCHROME1", "MONOCHROME2"])
@pytest.mark.parametrize("is_signed", [False, True])
@pytest.mark.parametrize(
    "elements",
    [
        {"WindowCenter": 600, "WindowWidth": 900},
        {"WindowCenter": 600, "WindowWidth": 900, "VOILUTFunction": "SIGMOID"},
        {"WindowCenter": 600, "WindowWidth": 1, "RescaleSlope": 0.5, "RescaleIntercept": 20},
        {"WindowCenter": 300, "WindowWidth": 700, "RescaleSlope": 0.5, "RescaleIntercept": 20},
        {},
    ],
    ids=["linear", "sigmoid", "threshold", "rescale", "no window"],
)
def test_made_files_look_like_in_dcmtk(
    tmp_path: Path, photometric: str, is_signed: bool, elements: dict[str, object]
) -> None:
    pixels = make_pixels(200, 160, is_signed=is_signed)
    path = write_dicom(tmp_path / "a.dcm", pixels, photometric=photometric, **elements)
    assert share_within_one(path, tmp_path) >= 0.999
