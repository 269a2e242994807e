"""Class folders: labels, patients and splits by names."""

from dataclasses import replace
from pathlib import Path

import pytest

from data_prep.sources import SOURCES, Listing
from tests.data_prep.sources.listing import touch
from xray_resnet.config import DataConfig, ImageFolderConfig, SplitConfig
from xray_resnet.errors import ConfigurationError, UserError


def kermany(pattern: str = r"(person\d+|IM-\d+)") -> DataConfig:
    return DataConfig(image_folder=ImageFolderConfig({"NORMAL": [], "PNEUMONIA": ["Pneumonia"]}, pattern))


KERMANY_FILES = (
    "train/NORMAL/IM-0115-0001.jpeg",
    "train/NORMAL/NORMAL2-IM-0115-0002.jpeg",
    "train/PNEUMONIA/person1_bacteria_1.jpeg",
    "train/PNEUMONIA/person1_virus_6.jpeg",
    "train/PNEUMONIA/person10_virus_35.jpeg",
)


def list_folder(root: Path, config: DataConfig) -> Listing:
    return SOURCES["image_folder"].list_records(config, root)


def test_class_folders_are_labels(tmp_path: Path) -> None:
    touch(tmp_path, *KERMANY_FILES, "train/.DS_Store", "readme.txt")
    listing = list_folder(tmp_path, kermany())
    assert [record.states["Pneumonia"] for record in listing.records] == [0, 0, 1, 1, 1]
    assert listing.notes["files outside the class folders"] == 1


def test_the_shipped_pattern_groups_children_conservatively(tmp_path: Path) -> None:
    touch(tmp_path, *KERMANY_FILES)
    patients = [record.patient.split()[-1] for record in list_folder(tmp_path, kermany()).records]
    assert patients == ["IM-0115", "IM-0115", "person10", "person1", "person1"]


def test_split_folders_are_official_only_beside_a_test_folder(tmp_path: Path) -> None:
    touch(tmp_path, *KERMANY_FILES)
    assert {record.split for record in list_folder(tmp_path, kermany()).records} == {None}
    touch(tmp_path, "test/NORMAL/IM-0001-0001.jpeg")
    assert {record.split for record in list_folder(tmp_path, kermany()).records} == {"train", "test"}


@pytest.mark.parametrize(
    ("train", "val", "test"),
    [
        ("Train", "Val", "Test"),
        ("train", "valid", "test"),
        ("training", "validation", "testing"),
        ("TRAIN", "dev", "holdout"),
    ],
)
@pytest.mark.parametrize("layout", ["{split}/{kind}/{name}", "{kind}/{split}/{name}", "v1/{split}/more/{kind}/{name}"])
def test_folders_of_splits_are_known_by_their_usual_names(
    train: str, val: str, test: str, layout: str, tmp_path: Path
) -> None:
    for number, (split, kind) in enumerate([(train, "NORMAL"), (val, "PNEUMONIA"), (test, "NORMAL")]):
        touch(tmp_path, layout.format(split=split, kind=kind, name=f"IM-{number}-1.jpeg"))
    records = {record.path.name: record.split for record in list_folder(tmp_path, kermany()).records}
    assert records == {"IM-0-1.jpeg": "train", "IM-1-1.jpeg": "val", "IM-2-1.jpeg": "test"}


def test_splits_that_are_not_followed_are_counted(tmp_path: Path) -> None:
    touch(tmp_path, *KERMANY_FILES)
    (note,) = [words for words in list_folder(tmp_path, kermany()).notes if "named as splits" in words]
    assert "none is named test" in note
    touch(tmp_path, "Test/NORMAL/IM-0001-0001.jpeg")
    followed = list_folder(tmp_path, kermany())
    assert not [words for words in followed.notes if "named as splits" in words]
    own = replace(kermany(), split=SplitConfig(official=False))
    notes = list_folder(tmp_path, own).notes
    assert notes["files in folders named as splits, divided anew because data.split.official is false"] == 6


def test_a_class_may_be_named_as_a_split(tmp_path: Path) -> None:
    touch(tmp_path, "test/a.png", "healthy/b.png")
    config = DataConfig(image_folder=ImageFolderConfig({"test": ["Pneumonia"], "healthy": []}))
    assert {record.split for record in list_folder(tmp_path, config).records} == {None}


def test_without_a_pattern_the_source_names_no_patient(tmp_path: Path) -> None:
    touch(tmp_path, *KERMANY_FILES)
    assert {record.patient for record in list_folder(tmp_path, kermany("")).records} == {""}


@pytest.mark.parametrize(
    ("pattern", "message"),
    [("person(", "missing"), (r"person\d+", "has no group"), ("(child)", "matches no file")],
)
def test_a_wrong_patient_pattern_is_refused(tmp_path: Path, pattern: str, message: str) -> None:
    touch(tmp_path, *KERMANY_FILES)
    with pytest.raises(ConfigurationError, match=message):
        list_folder(tmp_path, kermany(pattern))


def test_class_folders_that_are_not_there_name_those_that_are(tmp_path: Path) -> None:
    touch(tmp_path, "healthy/a.png")
    with pytest.raises(UserError, match="the folders with files are healthy"):
        list_folder(tmp_path, kermany())


def test_no_configured_class_is_a_configuration_error(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="classes is empty"):
        list_folder(tmp_path, DataConfig())
