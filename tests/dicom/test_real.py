"""Real archives: what is accepted, and that no identifier leaves."""

from pathlib import Path

import numpy as np
import pytest
from pydicom.pixels import get_decoder
from pydicom.uid import JPEGBaseline8Bit

from xray_resnet.dicom import Reading, prepare, read_radiograph
from xray_resnet.dicom.codecs.decode import decode_stored_values
from xray_resnet.dicom.header.file import read_header

READING = Reading(size=256)


@pytest.mark.parametrize(
    ("folder", "count", "step"), [("nih_chestxray14/dicom", 702, 9), ("rsna_pneumonia/stage_2_train_images", 346, 9)]
)
def test_a_sample_of_each_archive_is_accepted(shared: Path, folder: str, count: int, step: int) -> None:
    paths = sorted((shared / "data" / folder).glob("*.dcm"))
    assert len(paths) == count
    for path in paths[::step]:
        prepared = prepare(path, READING)
        assert prepared.pixels.std() > 10
        assert "PLANTED" not in repr((prepared.facts, prepared.mapping, prepared.sop_instance_uid))


def test_a_png_and_a_dicom_file_of_the_same_radiograph_agree(shared: Path) -> None:
    """The DICOM files are lossy copies, some of them windowed, so they agree in the order of their values."""
    pictures = sorted((shared / "data" / "nih_chestxray14" / "images").glob("*.png"))
    pairs = [(picture, picture.parents[1] / "dicom" / f"{picture.stem}.dcm") for picture in pictures]
    assert len(pairs) == 8
    for picture, file in pairs:
        grey, read = (read_radiograph(path).pixels[::8, ::8].ravel() for path in (picture, file))
        assert np.corrcoef(grey, read)[0, 1] > 0.98


def test_the_fast_jpeg_decoder_gives_the_pixels_of_gdcm(shared: Path) -> None:
    paths = sorted((shared / "data" / "rsna_pneumonia" / "stage_2_train_images").glob("*.dcm"))[::25]
    for path in paths:
        header = read_header(path)
        assert header.file_meta.TransferSyntaxUID == JPEGBaseline8Bit
        expected, _ = get_decoder(JPEGBaseline8Bit).as_array(header, raw=True, decoding_plugin="gdcm")
        np.testing.assert_array_equal(decode_stored_values(header, path), expected)
