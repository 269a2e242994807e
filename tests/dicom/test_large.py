"""Large files: refused without loading their pixels, read like small ones where they are accepted."""

import tracemalloc
from pathlib import Path

import numpy as np
import pytest
from pydicom import Dataset
from pydicom.uid import (
    DeflatedExplicitVRLittleEndian,
    ExplicitVRBigEndian,
    ExplicitVRLittleEndian,
    ImplicitVRLittleEndian,
    JPEGLSLossless,
    RLELossless,
)

from tests.builders import write_dicom
from tests.dicom.parts import lut_sequence, make_gradient
from xray_resnet.dicom import Gate, Reason, RejectedImage, read_radiograph
from xray_resnet.dicom.header.file import read_header

SYNTAXES = [
    ImplicitVRLittleEndian,
    ExplicitVRLittleEndian,
    ExplicitVRBigEndian,
    DeflatedExplicitVRLittleEndian,
    RLELossless,
    JPEGLSLossless,
]
NOISE = np.random.default_rng(0).integers(0, 4096, (1100, 900), np.uint16)
WINDOW = {"WindowCenter": 2048, "WindowWidth": 4096}


def reason_of(path: Path) -> Reason:
    with pytest.raises(RejectedImage, match=r"^[a-z_]+: \S") as caught:
        read_radiograph(path)
    return caught.value.reason


@pytest.mark.parametrize("transfer_syntax", SYNTAXES, ids=lambda uid: uid.name)
def test_a_large_film_has_the_pixels_that_were_written(tmp_path: Path, transfer_syntax: str) -> None:
    path = write_dicom(tmp_path / "a.dcm", NOISE, transfer_syntax=transfer_syntax, **WINDOW)
    assert path.stat().st_size > 1 << 20
    expected = np.rint(np.clip((NOISE - 2047.5) / 4095 + 0.5, 0, 1) * 65535)
    np.testing.assert_array_equal(read_radiograph(path).pixels, expected)


@pytest.mark.parametrize("share", [0.3, 0.7, 0.99])
@pytest.mark.parametrize("transfer_syntax", [ExplicitVRLittleEndian, RLELossless, JPEGLSLossless], ids=lambda u: u.name)
def test_a_large_film_cut_short_is_truncated(tmp_path: Path, transfer_syntax: str, share: float) -> None:
    path = write_dicom(tmp_path / "a.dcm", NOISE, transfer_syntax=transfer_syntax)
    content = path.read_bytes()
    path.write_bytes(content[: int(len(content) * share)])
    assert reason_of(path) == Reason.TRUNCATED


@pytest.mark.parametrize(("kept", "reason"), [(1.0, Reason.NO_PIXELS), (0.5, Reason.TRUNCATED)])
def test_a_large_document_has_no_pixels_unless_it_is_cut(tmp_path: Path, kept: float, reason: Reason) -> None:
    path = write_dicom(tmp_path / "a.dcm", PixelData=None, EncapsulatedDocument=b"%PDF" * 500_000)
    content = path.read_bytes()
    path.write_bytes(content[: int(len(content) * kept)])
    assert reason_of(path) == reason


def test_a_large_lookup_table_is_applied(tmp_path: Path) -> None:
    items = lut_sequence(0, [*range(4095, -1, -1)], 12)
    ballast = [lut_sequence(0, [0] * 50_000, 16)[0] for _ in range(12)]
    path = write_dicom(tmp_path / "a.dcm", make_gradient(), VOILUTSequence=[items[0], *ballast])
    radiograph = read_radiograph(path)
    assert radiograph.pixels[0, 0] == 65535 and radiograph.pixels[-1, -1] == 0


def test_pixels_of_a_refused_file_are_never_loaded(tmp_path: Path) -> None:
    path = write_dicom(tmp_path / "a.dcm", make_gradient(), NumberOfFrames=9, PixelData=b"\0\0")
    content, length = path.read_bytes(), 400_000_000
    start = content.rfind(b"\xe0\x7f\x10\x00OW")
    with path.open("wb") as file:
        file.write(content[: start + 8] + length.to_bytes(4, "little"))
        file.truncate(start + 12 + length)
    tracemalloc.start()
    assert reason_of(path) == Reason.MULTI_FRAME
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 10_000_000


def test_a_deflated_file_that_swells_is_refused_without_being_inflated_whole(tmp_path: Path) -> None:
    path = write_dicom(
        tmp_path / "a.dcm",
        PixelData=bytes(60_000_000),
        NumberOfFrames=9,
        transfer_syntax=DeflatedExplicitVRLittleEndian,
    )
    assert path.stat().st_size < 100_000
    tracemalloc.start()
    with pytest.raises(RejectedImage, match="its deflated data set holds more than 16785216 bytes") as caught:
        read_radiograph(path, gate=Gate(max_pixels=4_000))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert caught.value.reason == Reason.TOO_LARGE
    assert peak < 2_000_000


def test_a_picture_larger_than_any_of_its_pixels_could_be_is_not_read(tmp_path: Path) -> None:
    path = tmp_path / "a.png"
    with path.open("wb") as file:
        file.write(b"\x89PNG\r\n\x1a\n")
        file.truncate(400_000_000)
    with pytest.raises(RejectedImage, match="the picture has 400000000 bytes") as caught:
        read_radiograph(path, gate=Gate(max_pixels=40_000_000))
    assert caught.value.reason == Reason.TOO_LARGE


def test_a_film_that_vanishes_before_its_pixels_are_read_is_unreadable(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = write_dicom(tmp_path / "a.dcm", NOISE)

    def read_then_remove(file: Path, **limits: int) -> Dataset:
        header = read_header(file, **limits)
        file.unlink()
        return header

    monkeypatch.setattr("xray_resnet.dicom.read.read_header", read_then_remove)
    assert reason_of(path) == Reason.UNREADABLE
