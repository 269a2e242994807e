"""Number of Frames against the frames that are there."""

from pathlib import Path

import numpy as np
import pytest
from pydicom import dcmread
from pydicom.encaps import encapsulate, get_frame
from pydicom.uid import (
    UID,
    ExplicitVRLittleEndian,
    JPEG2000Lossless,
    JPEGBaseline8Bit,
    JPEGLSLossless,
    RLELossless,
)

from tests.builders import write_dicom
from tests.dicom.parts import make_gradient
from xray_resnet.dicom import Reason, RejectedImage, read_radiograph

SYNTAXES = [ExplicitVRLittleEndian, RLELossless, JPEGLSLossless, JPEG2000Lossless, JPEGBaseline8Bit]
GREY = make_gradient(top=255, dtype=np.uint8)
LARGE = np.random.default_rng(0).integers(0, 256, (1200, 1000), np.uint8)
"""So large that its pixels stay on the disk, in any syntax; not in RLE, whose encoder takes seconds."""
FILMS = [
    *(pytest.param(syntax, GREY, id=f"{syntax.name}, in memory") for syntax in SYNTAXES),
    *(pytest.param(syntax, LARGE, id=f"{syntax.name}, on the disk") for syntax in SYNTAXES if syntax != RLELossless),
]


@pytest.mark.parametrize(("syntax", "pixels"), FILMS)
def test_one_frame_that_is_called_several_is_read_and_it_is_said(
    tmp_path: Path, syntax: UID, pixels: np.ndarray
) -> None:
    one = read_radiograph(write_dicom(tmp_path / "one.dcm", pixels, bits_stored=8, transfer_syntax=syntax))
    path = write_dicom(tmp_path / "a.dcm", pixels, bits_stored=8, transfer_syntax=syntax, NumberOfFrames=3)
    radiograph = read_radiograph(path)
    np.testing.assert_array_equal(radiograph.pixels, one.pixels)
    assert radiograph.mapping.assumed[0] == "Number of Frames is above 1, the pixels are of one frame: one"


@pytest.mark.parametrize(("syntax", "pixels"), FILMS)
@pytest.mark.parametrize("has_table", [False, True])
def test_several_frames_are_rejected(tmp_path: Path, syntax: UID, has_table: bool, pixels: np.ndarray) -> None:
    dataset = dcmread(write_dicom(tmp_path / "a.dcm", pixels, bits_stored=8, transfer_syntax=syntax))
    if syntax.is_encapsulated:
        item = get_frame(dataset.PixelData, 0, number_of_frames=1)
        dataset.PixelData = encapsulate([item, item], has_bot=has_table)
    else:
        dataset.PixelData *= 2
    dataset.NumberOfFrames = 2
    dataset.save_as(tmp_path / "a.dcm")
    with pytest.raises(RejectedImage, match="Number of Frames") as rejection:
        read_radiograph(tmp_path / "a.dcm")
    assert rejection.value.reason == Reason.MULTI_FRAME


def test_one_frame_in_several_fragments_is_one(tmp_path: Path) -> None:
    path = write_dicom(tmp_path / "a.dcm", GREY, bits_stored=8, transfer_syntax=JPEGLSLossless)
    whole = read_radiograph(path).pixels
    dataset = dcmread(path)
    dataset.PixelData = encapsulate(
        [get_frame(dataset.PixelData, 0, number_of_frames=1)], fragments_per_frame=3, has_bot=False
    )
    dataset.NumberOfFrames = 2
    dataset.save_as(path)
    np.testing.assert_array_equal(read_radiograph(path).pixels, whole)
