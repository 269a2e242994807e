"""Makers and models leave a header by known words; what may name somebody does not."""

from pathlib import Path

import pytest

from tests.builders import make_pixels, write_dicom
from xray_resnet.dicom import keep_fact, read_radiograph


@pytest.mark.parametrize(
    "maker",
    [
        "GE MEDICAL SYSTEMS", "G.E. Medical Systems", "Philips Medical Systems, Inc.", "TOSHIBA_MEC", "Agfa-Gevaert AG",
        "Fuji Photo Film Co.,Ltd.", "FUJI PHOTO FILM CO. LTD.", "FUJIFILM Corporation", "Canon Inc.", "SIEMENS",
    ],
)  # fmt: skip
def test_makers_as_headers_write_them_are_known(maker: str) -> None:
    """As they stand in the headers of public test files."""
    assert keep_fact("Manufacturer", f" {maker} ") == maker.upper()


@pytest.mark.parametrize(
    "model", ["ADC_5146", "IRS", "DigitalDiagnost", "DRX-1", "CR 975", "Fluorospot Compact FD", "XR656"]
)
def test_models_are_known(model: str) -> None:
    assert keep_fact("ManufacturerModelName", model) == model.upper()


@pytest.mark.parametrize(
    ("keyword", "text"),
    [
        ("Manufacturer", "Philips, room of Dr. Miller"),
        ("Manufacturer", "MILLER"),
        ("Manufacturer", "SIEMENSMILLER"),
        ("ManufacturerModelName", "DR MILLER"),
        ("ManufacturerModelName", "DR 19571231"),
        ("ManufacturerModelName", "70201"),
        ("ManufacturerModelName", "CR MILLER 975"),
    ],
)
def test_what_may_name_somebody_stays(keyword: str, text: str) -> None:
    assert keep_fact(keyword, text) == ""


def test_long_texts_are_decided_at_once() -> None:
    """No pattern backtracks without end: these would run into the test's timeout, or for ever."""
    for keyword, text in (("Manufacturer", "FUJI PHOTO FILM " * 2000), ("ManufacturerModelName", "DX-D " * 2000)):
        assert keep_fact(keyword, text + "?") == ""


def test_a_films_maker_and_model_are_facts(tmp_path: Path) -> None:
    path = write_dicom(tmp_path / "a.dcm", make_pixels(80, 70), Manufacturer="Canon Inc.", ManufacturerModelName="CXDI")
    facts = read_radiograph(path).facts
    assert (facts["Manufacturer"], facts["ManufacturerModelName"]) == ("CANON INC.", "CXDI")
