"""High-throughput JPEG 2000 (PS3.5 8.2.14), encoded by OpenJPH, which shares no code with our decoder."""

from pathlib import Path

import imagecodecs
import numpy as np
import pytest
from numpy.typing import NDArray
from pydicom import dcmread
from pydicom.encaps import encapsulate
from pydicom.uid import HTJ2K, UID, HTJ2KLossless, HTJ2KLosslessRPCL

from tests.builders import make_pixels, write_dicom
from xray_resnet.dicom import prepare
from xray_resnet.dicom.codecs.decode import decode_stored_values
from xray_resnet.dicom.header.file import read_header
from xray_resnet.dicom.reading import Reading


def write_htj2k(path: Path, pixels: NDArray[np.integer], syntax: UID, bits_stored: int) -> Path:
    stream = imagecodecs.htj2k_encode(pixels, reversible=syntax != HTJ2K)
    write_dicom(path, pixels, bits_stored=bits_stored)
    dataset = dcmread(path)
    dataset.file_meta.TransferSyntaxUID = syntax
    dataset.PixelData = encapsulate([stream])
    dataset["PixelData"].VR = "OB"
    dataset.save_as(path)
    return path


@pytest.mark.parametrize("syntax", [HTJ2KLossless, HTJ2KLosslessRPCL], ids=lambda uid: uid.name)
@pytest.mark.parametrize("bits_stored", [8, 12, 16])
@pytest.mark.parametrize("is_signed", [False, True])
def test_lossless_streams_hold_the_original(tmp_path: Path, syntax: UID, bits_stored: int, is_signed: bool) -> None:
    pixels = make_pixels(67, 65, bits_stored=bits_stored, is_signed=is_signed)
    path = write_htj2k(tmp_path / "a.dcm", pixels, syntax, bits_stored)
    np.testing.assert_array_equal(decode_stored_values(read_header(path), path), pixels)


def test_lossy_streams_come_close(tmp_path: Path) -> None:
    path = write_htj2k(tmp_path / "a.dcm", make_pixels(200, 160), HTJ2K, 12)
    decoded = decode_stored_values(read_header(path), path).astype(int)
    assert np.abs(decoded - make_pixels(200, 160)).max() <= 4  # of 4095


def test_a_film_becomes_a_stored_image(tmp_path: Path) -> None:
    path = write_htj2k(tmp_path / "a.dcm", make_pixels(200, 160), HTJ2KLossless, 12)
    assert prepare(path, Reading(size=64), view="PA").transfer_syntax == HTJ2KLossless
