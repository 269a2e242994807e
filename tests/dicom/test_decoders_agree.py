"""Two decoders for one lossless syntax: equal stored values on every real file, or the test says who is wrong."""

from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from pydicom import Dataset
from pydicom.pixels import get_decoder
from pydicom.uid import (
    UID,
    JPEG2000Lossless,
    JPEGLossless,
    JPEGLosslessSV1,
    JPEGLSLossless,
    RLELossless,
)

from xray_resnet.dicom import RejectedImage
from xray_resnet.dicom.codecs.decode import decode_stored_values
from xray_resnet.dicom.header.file import read_header

OTHERS: dict[UID, tuple[str, ...]] = {
    RLELossless: ("pydicom",),
    JPEGLossless: ("gdcm",),
    JPEGLosslessSV1: ("gdcm",),
    JPEGLSLossless: ("gdcm",),
    JPEG2000Lossless: ("gdcm",),
}
"""Lossless syntax → pydicom's plug-ins beside the decoder that we took."""
FOLDERS = ("nih_chestxray14/dicom", "dicom_conformance")
LARGEST = 4 << 20


@pytest.fixture(scope="module")
def films(shared: Path) -> list[tuple[Path, NDArray[np.integer]]]:
    """Every grey single-frame file of a lossless syntax, decoded by us."""
    paths = [path for folder in FOLDERS for path in sorted((shared / "data" / folder).rglob("*")) if path.is_file()]
    decoded = [(path, _decode_lossless(path)) for path in paths if path.stat().st_size <= LARGEST]
    return [(path, stored) for path, stored in decoded if stored is not None]


def _decode_lossless(path: Path) -> NDArray[np.integer] | None:
    try:
        header = read_header(path)
        if header.file_meta.TransferSyntaxUID not in OTHERS or not _is_grey_and_single(header):
            return None
        return decode_stored_values(header, path)
    except RejectedImage:
        return None


def _is_grey_and_single(header: Dataset) -> bool:
    return header.get("SamplesPerPixel") == 1 and int(header.get("NumberOfFrames") or 1) == 1


def _decode_by(plugin: str, header: Dataset) -> NDArray[np.integer] | None:
    """None where it cannot: GDCM's JPEG-LS knows no 6 and 7 bits."""
    decoder = get_decoder(header.file_meta.TransferSyntaxUID)
    try:
        return np.asarray(decoder.as_array(header, index=0, raw=True, decoding_plugin=plugin)[0])
    except RuntimeError:
        return None


def test_all_decoders_agree_on_real_files(films: list[tuple[Path, NDArray[np.integer]]]) -> None:
    compared: Counter[UID] = Counter()
    for path, ours in films:
        header = read_header(path)
        syntax = header.file_meta.TransferSyntaxUID
        for plugin in OTHERS[syntax]:
            theirs = _decode_by(plugin, header)
            if theirs is not None:
                np.testing.assert_array_equal(ours, theirs, err_msg=f"{plugin}: {path.name}")
                compared[syntax] += 1
    assert set(compared) == set(OTHERS)
    assert compared[RLELossless] >= 14 and compared[JPEGLSLossless] >= 14 and compared[JPEG2000Lossless] >= 14
