"""Display values against dcmtk, which shares no code with us."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from pydicom import Dataset, dcmread

from tests.builders import make_pixels, write_dicom
from tests.dicom.dcmtk import NOT_IN_DCMTK, render_with_dcmtk
from xray_resnet.dicom import read_radiograph

pytestmark = pytest.mark.skipif(shutil.which("dcmj2pnm") is None, reason="dcmtk is not installed")


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
