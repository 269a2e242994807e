"""Lossless streams of whole cells: bits that are no pixels go, pixels higher up come down, signs stay (PS3.5 8.1.1)."""

import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from pydicom import dcmread
from pydicom.uid import UID, JPEG2000Lossless, JPEGLosslessSV1, JPEGLSLossless, RLELossless

from tests.builders import make_pixels, write_dicom
from xray_resnet.dicom.codecs.decode import decode_stored_values
from xray_resnet.dicom.header.file import read_header

SYNTAXES = [RLELossless, JPEGLSLossless, JPEG2000Lossless, JPEGLosslessSV1]


def write_cells(path: Path, cells: NDArray[np.integer], syntax: UID, *, bits_stored: int, high_bit: int) -> Path:
    """A film whose codec was given all 16 bits of each cell, or all 8."""
    bits_allocated = cells.itemsize * 8
    if syntax == JPEGLosslessSV1:
        if shutil.which("dcmcjpeg") is None:
            pytest.skip("dcmtk is not installed")
        write_dicom(path.with_suffix(".raw"), cells, bits_stored=bits_allocated)
        subprocess.run(["dcmcjpeg", "+e1", path.with_suffix(".raw"), path], check=True)
    else:
        write_dicom(path, cells, bits_stored=bits_allocated, transfer_syntax=syntax)
    dataset = dcmread(path)
    dataset.BitsStored, dataset.HighBit = bits_stored, high_bit
    dataset.save_as(path)
    return path


def decode(path: Path) -> NDArray[np.integer]:
    return decode_stored_values(read_header(path), path)


@pytest.mark.parametrize("syntax", SYNTAXES, ids=lambda uid: uid.name)
@pytest.mark.parametrize("is_signed", [False, True])
def test_dirty_bits_above_the_pixel_are_dropped(tmp_path: Path, syntax: UID, is_signed: bool) -> None:
    pixels = make_pixels(is_signed=is_signed)
    dirty = ((pixels.astype(np.int32) & 0xFFF) | 0xA000).astype(np.uint16).view(pixels.dtype)
    path = write_cells(tmp_path / "a.dcm", dirty, syntax, bits_stored=12, high_bit=11)
    np.testing.assert_array_equal(decode(path), pixels)


@pytest.mark.parametrize("syntax", SYNTAXES, ids=lambda uid: uid.name)
def test_pixels_in_the_upper_bits_come_down(tmp_path: Path, syntax: UID) -> None:
    path = write_cells(tmp_path / "a.dcm", make_pixels() << 4, syntax, bits_stored=12, high_bit=15)
    np.testing.assert_array_equal(decode(path), make_pixels())


@pytest.mark.parametrize("syntax", [JPEGLSLossless, JPEG2000Lossless], ids=lambda uid: uid.name)
def test_a_stream_of_the_pixels_alone_is_left_as_it_is_whatever_high_bit_says(tmp_path: Path, syntax: UID) -> None:
    path = write_dicom(tmp_path / "a.dcm", make_pixels(), bits_stored=12, transfer_syntax=syntax)
    dataset = dcmread(path)
    dataset.HighBit = 15
    dataset.save_as(path)
    np.testing.assert_array_equal(decode(path), make_pixels())


@pytest.mark.parametrize("syntax", SYNTAXES, ids=lambda uid: uid.name)
def test_signed_pixels_of_8_bits_keep_their_sign(tmp_path: Path, syntax: UID) -> None:
    pixels = make_pixels(bits_stored=8, is_signed=True)
    path = write_cells(tmp_path / "a.dcm", pixels, syntax, bits_stored=8, high_bit=7)
    np.testing.assert_array_equal(decode(path), pixels)
