"""Stored values of NEMA's reference radiographs, the same hip in every compression."""

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from xray_resnet.dicom.codecs.decode import decode_stored_values
from xray_resnet.dicom.header.file import read_header

WG04 = "robyoung+dicom-test-files/data/WG04"
PYLIBJPEG = "pydicom+pylibjpeg-data/ljdata/ds"
LOSSLESS = [
    f"{WG04}/RLE/RG2_RLE",
    f"{WG04}/J2KR/RG2_J2KR",
    f"{PYLIBJPEG}/JPEGLSLossless/RG2_JLSL.dcm",
    f"{PYLIBJPEG}/JPEGLosslessSV1/RG2_JPLL.dcm",
]
# JPEG extended has 12 bits here, and one of the two files breaks a rule that decoders may ignore.
LOSSY = [
    f"{WG04}/J2KI/RG2_J2KI",
    f"{PYLIBJPEG}/JPEGLS/RG2_JLSN.dcm",
    f"{PYLIBJPEG}/JPEGExtended/RG2_JPLY.dcm",
    f"{PYLIBJPEG}/JPEGExtended/RG2_JPLY_fixed.dcm",
]


def decode(shared: Path, name: str) -> NDArray[np.int64]:
    path = shared / "data" / "dicom_conformance" / name
    return decode_stored_values(read_header(path), path).astype(np.int64)


@pytest.fixture(scope="module")
def uncompressed(shared: Path) -> NDArray[np.int64]:
    return decode(shared, f"{WG04}/REF/RG2_UNC")


@pytest.mark.parametrize("name", LOSSLESS)
def test_lossless_files_hold_the_uncompressed_values(shared: Path, uncompressed: NDArray[np.int64], name: str) -> None:
    np.testing.assert_array_equal(decode(shared, name), uncompressed)


@pytest.mark.parametrize("name", LOSSY)
def test_lossy_files_come_close(shared: Path, uncompressed: NDArray[np.int64], name: str) -> None:
    assert np.abs(decode(shared, name) - uncompressed).mean() < 4  # of 1023
