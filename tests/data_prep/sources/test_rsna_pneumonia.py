"""RSNA's challenge: boxes, classes, and the patients of NIH."""

from pathlib import Path

import pytest

from data_prep.sources import SOURCES
from tests.data_prep.archives import make_rsna_pneumonia
from tests.data_prep.sources.listing import NEGATIVE, POSITIVE, by_name, list_archive
from xray_resnet.boxes import Box
from xray_resnet.config import DataConfig
from xray_resnet.errors import UserError


def test_rsna_boxes_targets_classes_and_patients_of_nih(tmp_path: Path) -> None:
    records = by_name(list_archive("rsna_pneumonia", tmp_path))
    assert records["aa-1"].boxes == (Box("Pneumonia", 10, 20, 30, 40), Box("Pneumonia", 50, 20, 10, 12))
    assert [dict(record.states) for record in records.values()] == [
        {"Pneumonia": POSITIVE, "Lung_Opacity": POSITIVE},
        {"Pneumonia": NEGATIVE, "Lung_Opacity": NEGATIVE},
        {"Pneumonia": NEGATIVE, "Lung_Opacity": NEGATIVE},
    ]
    assert [record.patient for record in records.values()] == [
        "",
        "nih_chestxray14 13",
        "",
    ]


def test_rsna_counts_the_images_that_its_mapping_does_not_give_to_a_patient(tmp_path: Path) -> None:
    listing = list_archive("rsna_pneumonia", tmp_path)
    words = "images that RSNA's mapping does not give to a patient of NIH"
    assert listing.notes[words] == 2
    (tmp_path / "pneumonia-challenge-dataset-mappings_2018.json").unlink()
    assert SOURCES["rsna_pneumonia"].list_records(DataConfig(), tmp_path).notes[words] == 3


def test_a_mapping_of_rsna_that_is_none_is_not_quoted(tmp_path: Path) -> None:
    make_rsna_pneumonia(tmp_path)
    mapping = tmp_path / "pneumonia-challenge-dataset-mappings_2018.json"
    mapping.write_text(mapping.read_text().replace("00000013", "Doe^John"))
    with pytest.raises(UserError, match="not RSNA's mapping, a list of entries") as caught:
        SOURCES["rsna_pneumonia"].list_records(DataConfig(), tmp_path)
    assert "Doe" not in str(caught.value)
