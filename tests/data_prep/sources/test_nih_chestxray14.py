"""NIH ChestX-ray14: rows, boxes, lists and images of a tiny tree in its original layout."""

from pathlib import Path

import pytest

from data_prep.sources import SOURCES, Listing
from tests.data_prep.archives import make_nih_chestxray14
from tests.data_prep.sources.listing import rewrite
from xray_resnet.boxes import Box
from xray_resnet.config import DataConfig
from xray_resnet.errors import UserError
from xray_resnet.findings import NIH_CHESTXRAY14

NIH_ENTRIES = "Data_Entry_2017_v2020.csv"


@pytest.fixture
def nih(tmp_path: Path) -> Path:
    make_nih_chestxray14(tmp_path)
    return tmp_path


def list_nih(root: Path) -> Listing:
    return SOURCES["nih_chestxray14"].list_records(DataConfig(), root)


def test_nih_rows_become_records(nih: Path) -> None:
    first, *_ = list_nih(nih).records
    assert (first.name, first.view, first.sex, first.age) == ("00000001_000.png", "PA", "M", 58.0)
    assert {name for name, state in first.states.items() if state} == {"Cardiomegaly", "Emphysema"}
    assert tuple(first.states) == NIH_CHESTXRAY14


def test_nih_boxes_keep_their_numbers_and_mend_the_tables_spelling(nih: Path) -> None:
    boxes = list_nih(nih).records[0].boxes
    assert boxes == (Box("Cardiomegaly", 30.5, 20.25, 40.5, 30.5), Box("Infiltration", 1, 2, 3, 4))


def test_nih_official_lists_are_kept(nih: Path) -> None:
    assert [record.split for record in list_nih(nih).records] == ["train", "train", "test", "test"]


def test_nih_images_are_found_in_every_folder_and_dicom_wins(nih: Path) -> None:
    paths = [record.path.relative_to(nih).as_posix() for record in list_nih(nih).records]
    assert paths == [
        "dicom/00000001_000.dcm",
        "dicom/00000001_001.dcm",
        "images_012/images/00000002_000.png",
        "images_012/images/00000002_001.png",
    ]


def test_nih_rows_without_an_image_are_counted(nih: Path) -> None:
    assert list_nih(nih).notes == {"rows of the table without an image": 1}


def test_nih_ages_of_both_releases_are_read_and_impossible_ones_left_out(nih: Path) -> None:
    assert [record.age for record in list_nih(nih).records] == [58.0, 58.0, None, 45.0]


def test_nih_without_its_table_says_what_is_missing(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"there is no Data_Entry_2017_v2020.csv or Data_Entry_2017.csv"):
        list_nih(tmp_path)


def test_nih_with_one_list_only_is_refused(nih: Path) -> None:
    (nih / "test_list.txt").unlink()
    with pytest.raises(UserError, match=r"test_list.txt: the official lists belong together"):
        list_nih(nih)


def test_nih_without_images_says_so(nih: Path) -> None:
    rewrite(nih / NIH_ENTRIES, "0000000", "9000000")
    with pytest.raises(UserError, match=r"none of the 5 images of the tables is there"):
        list_nih(nih)


def test_an_unknown_nih_finding_names_its_line_and_no_content(nih: Path) -> None:
    rewrite(nih / NIH_ENTRIES, "Emphysema", "Doe^John")
    with pytest.raises(UserError, match="line 2: column 'Finding Labels' holds a word that is not known") as caught:
        list_nih(nih)
    assert "Doe" not in str(caught.value)


def test_nih_table_of_the_first_release_is_read(nih: Path) -> None:
    (nih / NIH_ENTRIES).rename(nih / "Data_Entry_2017.csv")
    assert len(list_nih(nih).records) == 4


def test_nih_sex_is_read_under_both_names_and_nothing_but_m_and_f_passes(nih: Path) -> None:
    rewrite(nih / NIH_ENTRIES, "Patient Gender", "Patient Sex")
    rewrite(nih / NIH_ENTRIES, "414,F", "414,Doe^Jane")
    assert [record.sex for record in list_nih(nih).records] == ["M", "M", "", "F"]


def test_an_nih_image_in_two_rows_is_refused(nih: Path) -> None:
    rewrite(nih / NIH_ENTRIES, "00000001_001.png", "00000001_000.png")
    with pytest.raises(UserError, match=r"00000001_000.dcm: this image stands in the tables twice"):
        list_nih(nih)


def test_nih_rows_that_neither_official_list_names_are_counted(nih: Path) -> None:
    rewrite(nih / "test_list.txt", "00000003_000.png\n", "")
    assert list_nih(nih).notes["rows of the table that neither official list names"] == 1
    for name in ("train_val_list.txt", "test_list.txt"):
        (nih / name).unlink()
    assert set(list_nih(nih).notes) == {"rows of the table without an image"}
