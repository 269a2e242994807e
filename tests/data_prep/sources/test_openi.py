"""OpenI: MeSH terms to states, images by each release's names."""

from collections.abc import Callable
from pathlib import Path

import pytest

from data_prep.sources import SOURCES, openi_terms
from data_prep.sources.openi_terms import read_states as read_terms
from tests.data_prep.archives import make_openi, make_openi_dicom, make_openi_kaggle
from tests.data_prep.sources.listing import (
    NEGATIVE,
    NOT_ASSESSED,
    POSITIVE,
    UNCERTAIN,
    by_name,
    counted,
    list_archive,
    positives,
)
from xray_resnet.config import DataConfig
from xray_resnet.errors import UserError


def test_openi_terms_are_findings_and_silence_is_negative_only_where_indexed(tmp_path: Path) -> None:
    records = by_name(list_archive("openi", tmp_path))
    assert positives(records["CXR2_IM-0652-1001"]) == {"Pleural_Thickening"}
    assert set(counted(records["CXR1_1_IM-0001-4001"])) == {NEGATIVE}
    assert set(counted(records["CXR3_IM-1384-1001"])) == {NOT_ASSESSED}


def test_openi_qualifiers_tell_what_a_heading_leaves_open(tmp_path: Path) -> None:
    records = by_name(list_archive("openi", tmp_path))
    assert positives(records["CXR4_IM-2050-1001"]) == {"Cardiomegaly", "Pneumothorax", "Effusion"}
    assert positives(records["CXR5_IM-2117-1001"]) == set()
    assert positives(records["CXR6_IM-2192-1001"]) == {"Mass"}


def test_openi_borderline_findings_are_uncertain_unless_another_term_is_sure() -> None:
    assert read_terms(["Cardiomegaly/borderline"])["Cardiomegaly"] == UNCERTAIN
    assert read_terms(["Cardiac Shadow/borderline"])["Cardiomegaly"] == UNCERTAIN
    assert read_terms(["Cardiomegaly/borderline", "Cardiomegaly/mild"])["Cardiomegaly"] == POSITIVE


@pytest.mark.parametrize("make", [make_openi, make_openi_dicom, make_openi_kaggle])
def test_openi_images_are_found_as_each_release_names_them(make: Callable[[Path], None], tmp_path: Path) -> None:
    make(tmp_path)
    listing = SOURCES["openi"].list_records(DataConfig(), tmp_path)
    assert len(listing.records) == 12
    assert [record.view for record in listing.records] == ["", "LATERAL"] * 6


def test_openi_a_film_too_poor_to_read_tells_nothing_wherever_that_stands() -> None:
    states = openi_terms.read_states(["Cardiomegaly", "Technical Quality of Image Unsatisfactory "])
    assert (states["Cardiomegaly"], states["Effusion"]) == (POSITIVE, NOT_ASSESSED)


@pytest.mark.parametrize("site", ["aorta", "lung/hilum/lymph nodes"])
def test_openi_calcifications_outside_the_lung_are_another_thing(site: str) -> None:
    assert openi_terms.read_states([f"Calcinosis/{site}"])["Calcification"] == NEGATIVE
    assert openi_terms.read_states(["Calcinosis/lung/upper lobe/left"])["Calcification"] == POSITIVE


def test_openi_reports_with_entities_are_refused(tmp_path: Path) -> None:
    make_openi(tmp_path)
    (tmp_path / "ecgen-radiology/1.xml").write_text('<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>')
    with pytest.raises(UserError, match="declares no document type or entities"):
        SOURCES["openi"].list_records(DataConfig(), tmp_path)
