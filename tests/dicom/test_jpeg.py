"""Two decoders for one syntax: equal pixels on whole streams, and a verdict on cut ones."""

import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest
from pydicom import dcmread
from pydicom.encaps import encapsulate, get_frame
from pydicom.pixels import get_decoder
from pydicom.uid import UID, JPEGBaseline8Bit, JPEGExtended12Bit

from tests.builders import make_pixels, write_dicom
from tests.dicom.parts import make_gradient
from xray_resnet.dicom import Reason, RejectedImage, read_radiograph
from xray_resnet.dicom.codecs.decode import decode_stored_values
from xray_resnet.dicom.codecs.jpeg import decode_with_gdcm
from xray_resnet.dicom.header.file import read_header

pytestmark = pytest.mark.skipif(shutil.which("dcmcjpeg") is None, reason="dcmtk is not installed")
LOSSLESS = ["+e1"], ["+el", "+sv", "6"]


def compress(folder: Path, *options: str) -> Path:
    noise = np.random.default_rng(0).integers(0, 9, (80, 64)).astype(np.uint16)
    raw = write_dicom(folder / "raw.dcm", make_pixels() // 2 + noise, WindowCenter=2048, WindowWidth=4096)
    subprocess.run(["dcmcjpeg", *options, raw, folder / "jpeg.dcm"], check=True)
    return folder / "jpeg.dcm"


def cut(path: Path) -> None:
    dataset = dcmread(path)
    frame = get_frame(dataset.PixelData, 0, number_of_frames=1)
    dataset.PixelData = encapsulate([frame[: len(frame) // 2]])
    dataset.save_as(path)


@pytest.mark.parametrize("options", LOSSLESS, ids=" ".join)
def test_lossless_streams_hold_the_original_by_either_decoder(tmp_path: Path, options: list[str]) -> None:
    path = compress(tmp_path, *options)
    ours = decode_stored_values(read_header(path), path)
    header = read_header(path)
    by_gdcm, _ = get_decoder(header.file_meta.TransferSyntaxUID).as_array(header, raw=True, decoding_plugin="gdcm")
    np.testing.assert_array_equal(ours, by_gdcm)
    np.testing.assert_array_equal(ours, dcmread(tmp_path / "raw.dcm").pixel_array)


def test_twelve_bits_of_jpeg_extended_agree_with_gdcm(tmp_path: Path) -> None:
    path = compress(tmp_path, "+ee", "+q", "90")
    header = read_header(path)
    np.testing.assert_array_equal(decode_stored_values(header, path), decode_with_gdcm(header, path))


@pytest.mark.parametrize("options", LOSSLESS, ids=" ".join)
def test_a_cut_stream_is_rejected_although_the_fast_decoder_would_not_notice(
    tmp_path: Path, options: list[str]
) -> None:
    path = compress(tmp_path, *options)
    cut(path)
    with pytest.raises(RejectedImage, match=r"decode_failed: .*stream") as rejected:
        read_radiograph(path)
    assert rejected.value.reason == Reason.DECODE_FAILED


@pytest.mark.parametrize("syntax", [JPEGBaseline8Bit, JPEGExtended12Bit], ids=lambda uid: uid.name)
@pytest.mark.parametrize("bits_stored", [8, 10, 12])
@pytest.mark.parametrize("is_signed", [False, True])
def test_a_stream_of_8_bits_is_read_in_cells_of_16(
    tmp_path: Path, syntax: UID, bits_stored: int, is_signed: bool
) -> None:
    grey = make_gradient(top=127 if is_signed else 255, dtype=np.uint8)
    path = write_dicom(tmp_path / "narrow.dcm", grey, bits_stored=8, transfer_syntax=JPEGBaseline8Bit)
    dataset = dcmread(path)
    dataset.BitsAllocated, dataset.BitsStored, dataset.HighBit = 16, bits_stored, bits_stored - 1
    dataset.PixelRepresentation = int(is_signed)
    dataset.file_meta.TransferSyntaxUID = syntax
    dataset.save_as(tmp_path / "wide.dcm")
    narrow, wide = (decode_stored_values(read_header(file), file) for file in (path, tmp_path / "wide.dcm"))
    np.testing.assert_array_equal(wide, narrow)
    assert wide.dtype == (np.int16 if is_signed else np.uint16)
