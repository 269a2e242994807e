"""DICOM writer: every kind of file is readable, valid, and named synthetic."""

import shutil
import subprocess
from io import BytesIO
from pathlib import Path

import numpy as np
import pydicom
import pytest
from pydicom.uid import ExplicitVRLittleEndian

from data_prep.phantom.dicom_writer import PHOTOMETRIC_INTERPRETATIONS, TRANSFER_SYNTAXES, Encoding, encode_dicom
from data_prep.phantom.render import Rendering
from tests.phantom.scenes import render_with
from xray_resnet.dicom import read_radiograph

KINDS = [Encoding(syntax, photometric) for syntax in TRANSFER_SYNTAXES for photometric in PHOTOMETRIC_INTERPRETATIONS]
EVERY_KIND = pytest.mark.parametrize("kind", KINDS, ids=lambda kind: f"{kind.transfer_syntax.name}-{kind.photometric}")


@pytest.fixture(scope="module")
def rendering() -> Rendering:
    return render_with({"Nodule": 1, "Effusion": 2})


@EVERY_KIND
def test_dciodvfy_finds_no_error(kind: Encoding, rendering: Rendering, tmp_path: Path) -> None:
    if shutil.which("dciodvfy") is None:
        pytest.skip("dciodvfy is not installed (Debian package dicom3tools)")
    path = tmp_path / "image.dcm"
    path.write_bytes(encode_dicom(rendering, key="a", encoding=kind))
    verdict = subprocess.run(["dciodvfy", "-new", path], capture_output=True, text=True, check=False)
    assert "Error" not in verdict.stdout + verdict.stderr


@EVERY_KIND
def test_the_file_shows_what_was_rendered(kind: Encoding, rendering: Rendering, tmp_path: Path) -> None:
    path = tmp_path / "image.dcm"
    path.write_bytes(encode_dicom(rendering, key="a", encoding=kind))
    radiograph = read_radiograph(path)
    shown = rendering.shown() / 255
    assert radiograph.mapping.inverted == (kind.photometric == "MONOCHROME1")
    np.testing.assert_allclose(radiograph.pixels / 65535, shown, atol=0.51 / 255 + 1e-4)


def test_the_header_says_synthetic(rendering: Rendering) -> None:
    kind = Encoding(ExplicitVRLittleEndian, "MONOCHROME2")
    header = pydicom.dcmread(BytesIO(encode_dicom(rendering, key="a", encoding=kind)))
    for value in (header.Manufacturer, header.PatientName, header.PatientID, header.ImageComments):
        assert "synthetic" in str(value).lower()


def test_bits_stored_are_twelve_to_fourteen() -> None:
    renderings = [render_with({}, number=number) for number in range(8)]
    assert {rendering.bits for rendering in renderings} <= {12, 13, 14}
    assert all(rendering.stored.max() < 2**rendering.bits for rendering in renderings)


def test_the_same_key_gives_the_same_bytes(rendering: Rendering) -> None:
    first, again, other = (encode_dicom(rendering, key=key, encoding=KINDS[0]) for key in ("a", "a", "b"))
    assert first == again != other
