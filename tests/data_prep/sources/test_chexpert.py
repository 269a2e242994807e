"""CheXpert: both layouts, states of its labeller, the splits of its tables."""

from collections import Counter
from pathlib import Path

from data_prep.sources import SOURCES
from tests.data_prep.archives import CHEXPERT_SMALL, make_chexpert, make_chexpert_full_size, make_chexpert_test_set
from tests.data_prep.sources.listing import NEGATIVE, POSITIVE, UNCERTAIN, UNMENTIONED, by_name, list_archive, positives
from xray_resnet.config import DataConfig


def test_chexpert_ones_zeros_minus_ones_us_and_blanks_are_states(tmp_path: Path) -> None:
    first = list_archive("chexpert", tmp_path).records[0]
    expected = {"Cardiomegaly": UNMENTIONED, "Lung_Opacity": POSITIVE, "Lung_Lesion": NEGATIVE, "Edema": UNCERTAIN}
    assert {finding: first.states[finding] for finding in expected} == expected
    assert (first.states["Effusion"], first.states["Support_Devices"]) == (UNCERTAIN, POSITIVE)
    assert (first.patient, first.sex, first.age, first.view) == ("chexpert patient00001", "F", 68.0, "AP")


def test_chexpert_radiologists_labels_are_tested_unless_there_is_a_test_table(tmp_path: Path) -> None:
    splits = Counter(record.split for record in list_archive("chexpert", tmp_path).records)
    assert splits == {"train": 4, "test": 1}
    make_chexpert_test_set(tmp_path)
    listing = SOURCES["chexpert"].list_records(DataConfig(), tmp_path)
    assert Counter(record.split for record in listing.records) == {"train": 4, "val": 1, "test": 2}


def test_chexpert_test_table_needs_paths_and_labels_alone(tmp_path: Path) -> None:
    make_chexpert_test_set(tmp_path)
    records = by_name(list_archive("chexpert", tmp_path))
    lateral = records["view2_lateral.jpg"]
    assert (lateral.patient, lateral.view, lateral.sex, lateral.age) == ("chexpert patient64741", "LATERAL", "", None)
    assert positives(lateral) == {"Cardiomegaly"}


def test_chexpert_images_are_found_from_within_its_folder(tmp_path: Path) -> None:
    make_chexpert(tmp_path)
    assert len(SOURCES["chexpert"].list_records(DataConfig(), tmp_path / CHEXPERT_SMALL).records) == 5


def test_chexpert_tables_may_lie_in_the_root(tmp_path: Path) -> None:
    make_chexpert(tmp_path)
    for name in ("train.csv", "valid.csv"):
        (tmp_path / CHEXPERT_SMALL / name).rename(tmp_path / name)
    assert len(SOURCES["chexpert"].list_records(DataConfig(), tmp_path).records) == 5


def test_chexpert_full_size_is_read_from_its_four_folders(tmp_path: Path) -> None:
    small = list_archive("chexpert", tmp_path / "small")
    make_chexpert_full_size(tmp_path / "full")
    full = SOURCES["chexpert"].list_records(DataConfig(), tmp_path / "full")
    assert [record.name for record in full.records] == [record.name for record in small.records]
    assert [record.states for record in full.records] == [record.states for record in small.records]
    folders = [record.path.relative_to(tmp_path / "full").parts[0] for record in full.records]
    assert folders[2:] == [
        "CheXpert-v1.0 batch 3 (train 2)",
        "CheXpert-v1.0 batch 4 (train 3)",
        "CheXpert-v1.0 batch 1 (validate & csv)",
    ]
