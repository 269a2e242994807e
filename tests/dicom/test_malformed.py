"""Elements of the wrong kind, number or value: a verdict on the file, never an error of the job."""

import struct
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydicom import dcmread
from pydicom.dataelem import DataElement, RawDataElement
from pydicom.filebase import DicomBytesIO
from pydicom.filewriter import write_sequence
from pydicom.tag import Tag
from pydicom.uid import DeflatedExplicitVRLittleEndian, ExplicitVRLittleEndian, ImplicitVRLittleEndian

from tests.builders import make_dataset, write_dicom
from tests.dicom.parts import lut_sequence, make_gradient, write_carelessly, write_in
from xray_resnet.dicom import Gate, Reason, RejectedImage, read_radiograph
from xray_resnet.dicom.header.elements import USED
from xray_resnet.dicom.header.file import read_header

KEYWORDS = sorted(set(USED) - {"SpecificCharacterSet"})
"""pydicom does not write a file whose character set makes no sense."""
VALUES = {
    "LO": [b"", b"PLANTED ", b"PLANTED\\PLANTED "],
    "US": [struct.pack("<H", 0), struct.pack("<H", 65535), struct.pack("<2H", 1, 2), struct.pack("<3H", 3, 4, 5)],
    "FD": [struct.pack("<d", value) for value in (float("inf"), float("nan"), -1e300, 0.0)],
    "DS": [b"1 ", b"-1", b"1e300 ", b"ten "],
    "SQ": [b"", b"\xfe\xff\x00\xe0\0\0\0\0"],
    "OB": [b"", b"PLANTED."],
}
"""Value representation → encoded values; the item is an empty one."""


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.sampled_from(KEYWORDS), st.sampled_from(sorted(VALUES)), st.data())
def test_an_element_of_any_kind_gives_a_radiograph_or_a_verdict(
    tmp_path: Path, keyword: str, representation: str, data: st.DataObject
) -> None:
    value = data.draw(st.sampled_from(VALUES[representation]))
    dataset, tag = make_dataset(make_gradient()), Tag(keyword)
    dataset[tag] = RawDataElement(tag, representation, len(value), value, 0, False, True)
    dataset.save_as(tmp_path / "a.dcm", enforce_file_format=False)
    try:
        radiograph = read_radiograph(tmp_path / "a.dcm")
    except RejectedImage as rejected:
        assert "PLANTED" not in rejected.detail
        assert "make no sense" not in rejected.detail, "nobody thought of it"
    else:
        assert "PLANTED" not in repr(radiograph)


def test_an_unknown_character_set_costs_nothing(tmp_path: Path) -> None:
    latin = {"encoding": "latin-1", "SpecificCharacterSet": "ISO_IR 100"}
    path = write_in(tmp_path / "a.dcm", "BodyPartExamined", "TÓRAX", **latin)
    path.write_bytes(path.read_bytes().replace(b"ISO_IR 100", b"PLANTED_NO"))
    assert read_radiograph(path).pixels.any()


@pytest.mark.parametrize("descriptor", [[4096], [4096, 0], [1, 2, 3, 4], "PLANTED"])
@pytest.mark.parametrize("keyword", ["VOILUTSequence", "ModalityLUTSequence"])
def test_a_table_that_describes_itself_wrongly_counts_as_none(tmp_path: Path, keyword: str, descriptor: Any) -> None:
    table = lut_sequence(0, [*range(4096)], 12)
    representation = "LO" if isinstance(descriptor, str) else "US"
    table[0]["LUTDescriptor"] = DataElement(0x00283002, representation, descriptor)
    path = write_dicom(tmp_path / "a.dcm", make_gradient(), **{keyword: table})
    assert read_radiograph(path).mapping.function == "PERCENTILE"


def test_a_table_of_text_counts_as_none(tmp_path: Path) -> None:
    table = lut_sequence(0, [*range(4096)], 12)
    table[0]["LUTData"] = DataElement(0x00283006, "LO", "PLANTED")
    assert read_radiograph(write_dicom(tmp_path / "a.dcm", make_gradient(), VOILUTSequence=table)).pixels.any()


def test_what_nobody_thought_of_costs_the_file_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("xray_resnet.dicom.read.describe_pixels", lambda _: 1 / 0)
    with pytest.raises(RejectedImage, match=r"unreadable: its elements make no sense \(ZeroDivisionError\)"):
        read_radiograph(write_dicom(tmp_path / "a.dcm"))


def test_a_large_table_that_a_relay_wrote_as_unknown_is_applied(tmp_path: Path) -> None:
    """In implicit little endian (PS3.5 6.2.2)."""
    table = lut_sequence(0, [*range(40_000, 0, -1)], 16)
    path = write_dicom(tmp_path / "a.dcm", make_gradient(top=39_999), bits_stored=16, VOILUTSequence=table)
    expected = read_radiograph(path).pixels
    dataset, encoded = dcmread(path), DicomBytesIO()
    encoded.is_little_endian, encoded.is_implicit_VR = True, True
    write_sequence(encoded, dataset["VOILUTSequence"], ["iso8859"])
    dataset["VOILUTSequence"] = RawDataElement(
        Tag("VOILUTSequence"), "UN", len(encoded.getvalue()), encoded.getvalue(), 0, False, True
    )
    dataset.save_as(path)
    np.testing.assert_array_equal(read_radiograph(path).pixels, expected)
    assert read_radiograph(path).mapping.function == "LUT"


@pytest.mark.parametrize("representation", ["LO", "CS", "UT"])
def test_a_number_that_was_written_as_text_is_one(tmp_path: Path, representation: str) -> None:
    dataset = make_dataset(make_gradient(), WindowWidth=4096)
    dataset["WindowCenter"] = DataElement(Tag("WindowCenter"), representation, "2048")
    dataset.save_as(tmp_path / "a.dcm", enforce_file_format=True)
    assert read_radiograph(tmp_path / "a.dcm").mapping.window == (2048, 4096)


def test_several_classes_where_one_belongs_count_as_none(tmp_path: Path) -> None:
    path = write_dicom(tmp_path / "a.dcm", make_gradient(), Modality="", SOPClassUID=["1.2", "1.3"])
    with pytest.raises(RejectedImage, match="wrong_modality"):
        read_radiograph(path)


@pytest.mark.parametrize("has_preamble", [True, False])
def test_a_deflated_data_set_that_swells_is_refused_before_it_does(tmp_path: Path, has_preamble: bool) -> None:
    black = np.zeros((6000, 6000), np.uint16)
    path = write_dicom(tmp_path / "a.dcm", black, transfer_syntax=DeflatedExplicitVRLittleEndian)
    assert path.stat().st_size < 1 << 20
    if not has_preamble:
        path.write_bytes(path.read_bytes()[132:])
    with pytest.raises(RejectedImage, match="too_large: its deflated data set holds more") as rejected:
        read_header(path, max_inflated_bytes=1 << 20)
    assert rejected.value.reason == Reason.TOO_LARGE


def test_a_picture_that_the_disk_does_not_give_back_is_unreadable(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(_: Path) -> bytes:
        raise OSError(5, "Input/output error")

    path = tmp_path / "a.png"
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(100))
    monkeypatch.setattr(Path, "read_bytes", fail)
    with pytest.raises(RejectedImage, match="unreadable: Input/output error"):
        read_radiograph(path)


@pytest.mark.parametrize(
    ("keyword", "value"),
    [("PresentationLUTShape", " INVERSE"), ("PhotometricInterpretation", " MONOCHROME1 ")],
)
def test_blanks_around_a_code_mean_nothing(tmp_path: Path, keyword: str, value: str) -> None:
    path = write_carelessly(tmp_path / "a.dcm", make_gradient(), **{keyword: value})
    assert read_radiograph(path).mapping.inverted


@pytest.mark.parametrize("syntax", [ExplicitVRLittleEndian, ImplicitVRLittleEndian])
def test_a_table_may_begin_below_zero_where_the_rescale_goes_there(tmp_path: Path, syntax: str) -> None:
    """Implicit VR writes -1024 as 64512, and the pixels are unsigned (PS3.3 C.11.2.1.1)."""
    table = lut_sequence(-1024, [*range(4096)], 12)
    elements = {"RescaleIntercept": -1024, "RescaleSlope": 1, "VOILUTSequence": table}
    path = write_dicom(tmp_path / "a.dcm", make_gradient(), transfer_syntax=syntax, **elements)
    np.testing.assert_array_equal(read_radiograph(path).pixels, np.rint(make_gradient() / 4095 * 65535))


@pytest.mark.parametrize(
    ("elements", "spacing_mm", "aspect"),
    [
        ({"PixelSpacing": [0.2, 0.1]}, (0.2, 0.1), 2.0),
        ({"PixelAspectRatio": [200, 100]}, None, 2.0),
        ({"PixelAspectRatio": [1, 1]}, None, 1.0),
        ({"PixelAspectRatio": [90, 1]}, None, 1.0),
        ({"PixelSpacing": [0, 0], "PixelAspectRatio": [1, 2]}, None, 0.5),
        ({}, None, 1.0),
    ],
)
def test_a_ratio_alone_tells_the_shape_of_pixels_but_not_their_size(
    tmp_path: Path, elements: dict[str, Any], spacing_mm: tuple[float, float] | None, aspect: float
) -> None:
    radiograph = read_radiograph(write_dicom(tmp_path / "a.dcm", make_gradient(), **elements))
    assert (radiograph.spacing_mm, radiograph.aspect) == (spacing_mm, aspect)


def test_patients_are_known_by_id_and_issuer_and_shown_by_neither(tmp_path: Path) -> None:
    path = write_dicom(tmp_path / "a.dcm", make_gradient(), IssuerOfPatientID="PLANTEDISSUER")
    radiograph = read_radiograph(path)
    assert radiograph.patient == "PLANTEDISSUER\\PLANTEDID"
    assert "PLANTED" not in repr(radiograph)


def test_a_gate_of_modalities_may_hold_the_empty_one() -> None:
    assert Gate(modalities=("",)).modalities == ("",)
