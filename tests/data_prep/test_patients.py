"""Patients of a folder of DICOM files, which only the headers know: kept together, hashed, and never named."""

import json
from pathlib import Path

import numpy as np
import pytest

from data_prep.ingest import prepare_dataset
from tests.builders import make_chest, write_dicom
from xray_resnet.config import Config, DataConfig, ImageFolderConfig, PrepConfig
from xray_resnet.facts import read_age_string
from xray_resnet.store import Dataset, open_dataset


def prepare(folder: Path, patients: list[dict[str, str]], pattern: str = "") -> Dataset:
    """The dataset of films of these patients, named as hospitals name files: by nothing that tells."""
    (folder / "films").mkdir()
    for number, elements in enumerate(patients):
        pixels = np.uint16(make_chest(90, 80, np.random.default_rng(number)) * 4095)
        write_dicom(folder / "films" / f"1.2.{number}.dcm", pixels, **elements)
    source = ImageFolderConfig({"films": ["Nodule"]}, pattern)
    data = DataConfig(source="image_folder", root=folder, cache=folder / "set", image_folder=source)
    return open_dataset(prepare_dataset(Config(data=data, prep=PrepConfig(size=64, workers=1))))


def patients_by_split(dataset: Dataset) -> list[set[str]]:
    return [set(dataset.patient_ids[dataset.indices(split)]) for split in ("train", "val", "test")]


def test_patients_by_their_headers_never_cross_splits(tmp_path: Path) -> None:
    dataset = prepare(tmp_path, [{"PatientID": f"PLANTED{number % 5}"} for number in range(20)])
    patients = patients_by_split(dataset)
    assert len(set.union(*patients)) == sum(map(len, patients)) == 5
    written = b"".join(path.read_bytes() for path in dataset.folder.rglob("*") if path.is_file())
    assert b"PLANTED" not in written
    assert json.loads((dataset.folder / "dataset.json").read_text())["counts"]["patients"] == 5


def test_one_number_of_two_issuers_is_two_patients(tmp_path: Path) -> None:
    issuers = [{"PatientID": "PLANTED1", "IssuerOfPatientID": issuer} for issuer in ("PLANTEDA", "PLANTEDB")]
    assert len(set(prepare(tmp_path, issuers).patient_ids)) == 2


def test_files_without_a_patient_are_their_own_and_counted(tmp_path: Path) -> None:
    dataset = prepare(tmp_path, [{"PatientID": ""}] * 6)
    assert len(set(dataset.patient_ids)) == 6
    notes = json.loads((dataset.folder / "ingest.json").read_text())["notes"]
    assert notes["images whose patient neither the source nor the header names, each taken for another's"] == 6


def test_what_a_pattern_finds_goes_before_the_header(tmp_path: Path) -> None:
    dataset = prepare(tmp_path, [{"PatientID": "PLANTED"}] * 6, pattern=r"(\d+)\.dcm")
    assert len(set(dataset.patient_ids)) == 6


def test_films_that_all_carry_one_id_are_said_to_fill_no_test(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    prepare(tmp_path, [{"PatientID": "PLANTED"}] * 4)
    assert "no image is in test" in caplog.text and "data.image_folder.patient_pattern" in caplog.text
    assert "PLANTED" not in caplog.text


@pytest.mark.parametrize(
    ("text", "years"),
    [("034Y", 34), ("006M", 0.5), ("51", 51), ("000Y", None), ("413Y", None), ("", None), ("Y", None), ("12X", None)],
)
def test_ages_are_read_in_their_unit_and_only_where_they_can_be(text: str, years: float | None) -> None:
    assert read_age_string(text) == years
