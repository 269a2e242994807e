"""Sources: tiny trees in the original layouts."""

from dataclasses import replace
from pathlib import Path

import pytest

from data_prep.sources import SOURCES, Listing
from data_prep.sources.csv_table import read_rows
from data_prep.sources.files import resolve_below, walk_source
from data_prep.sources.values import read_age, read_sex, read_view
from tests.data_prep.archives import make_nih_chestxray14
from xray_resnet.boxes import Box
from xray_resnet.config import DataConfig, ImageFolderConfig, SplitConfig, TableConfig
from xray_resnet.errors import ConfigurationError, UserError
from xray_resnet.findings import NIH_CHESTXRAY14, LabelState

NIH_ENTRIES = "Data_Entry_2017_v2020.csv"


@pytest.fixture
def nih(tmp_path: Path) -> Path:
    make_nih_chestxray14(tmp_path)
    return tmp_path


def rewrite(path: Path, old: str, new: str) -> None:
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))


def touch(root: Path, *names: str) -> None:
    for name in names:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).touch()


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


@pytest.mark.parametrize(
    ("text", "age"),
    [("58", 58.0), ("058Y", 58.0), ("28.5", 28.5), ("1943.", None), ("414", None), ("006M", None), ("-3", None)],
)
def test_an_age_is_a_number_of_years_that_can_be(text: str, age: float | None) -> None:
    assert read_age(text) == age


@pytest.mark.parametrize(
    ("text", "view"),
    [
        ("pa", "PA"),
        ("AP Supine", "AP"),
        ("AP_horizontal", "AP"),
        ("L", "LATERAL"),
        ("XTABLE LATERAL", "LATERAL"),
        ("AP LLD", "LLD"),
        ("UNK", ""),
        ("Doe^John", ""),
        ("", ""),
    ],
)
def test_only_known_words_are_views(text: str, view: str) -> None:
    assert read_view(text) == view


def test_sexes_are_letters_or_words() -> None:
    assert [read_sex(text) for text in ("m", "Female", "O", "Doe^John", "")] == ["M", "F", "", "", ""]


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


TABLE = "path,patient,Edema,Effusion,fold\na.dcm,p1,1,,train\nb/c.dcm,p2,-1,0.0,test\nd.dcm,p3,0,1,\n"


def list_table(root: Path, text: str = TABLE, **settings: object) -> Listing:
    (root / "labels.csv").write_text(text)
    config = DataConfig(findings=["Edema", "Effusion"], table=TableConfig(**settings))  # type: ignore[arg-type]
    return SOURCES["table"].list_records(config, root)


def test_table_values_become_label_states(tmp_path: Path) -> None:
    touch(tmp_path, "a.dcm", "b/c.dcm")
    states = [record.states for record in list_table(tmp_path).records]
    assert states == [
        {"Edema": LabelState.POSITIVE, "Effusion": LabelState.UNMENTIONED},
        {"Edema": LabelState.UNCERTAIN, "Effusion": LabelState.NEGATIVE},
    ]


def test_table_rows_without_a_file_are_counted(tmp_path: Path) -> None:
    touch(tmp_path, "a.dcm", "b/c.dcm")
    assert list_table(tmp_path).notes == {"rows of the table without an image": 1}


def test_a_table_may_name_the_split(tmp_path: Path) -> None:
    touch(tmp_path, "a.dcm", "b/c.dcm", "d.dcm")
    assert [record.split for record in list_table(tmp_path, split_column="fold").records] == ["train", "test", None]


def test_a_missing_column_is_named_with_the_nearest(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"no column 'Edema'; the nearest is 'Oedema'"):
        list_table(tmp_path, TABLE.replace("Edema", "Oedema"))


def test_another_label_value_names_its_line(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"labels.csv line 3: column 'Edema' holds another value than 1 ") as caught:
        list_table(tmp_path, TABLE.replace("-1", "maybe"))
    assert "maybe" not in str(caught.value)


def test_another_split_names_its_line(tmp_path: Path) -> None:
    with pytest.raises(
        UserError, match=r"line 2: column 'fold' is none of train, val, test, blank; restore the original"
    ):
        list_table(tmp_path, TABLE.replace("train", "Doe"), split_column="fold")


def test_a_table_without_a_header_is_not_quoted(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"no column 'path', .*its first line, of 4 cells, must name the columns"):
        list_table(tmp_path, "a.dcm,Doe^John,1,0\n")


@pytest.mark.parametrize("name", ["../a.dcm", "/etc/hosts", "b/../../a.dcm", "..\\a.dcm"])
def test_a_path_never_leaves_the_root(tmp_path: Path, name: str) -> None:
    with pytest.raises(UserError, match="leaves the source folder"):
        resolve_below(tmp_path, name, where="labels.csv line 2")


def test_an_image_in_two_rows_is_refused(tmp_path: Path) -> None:
    touch(tmp_path, "a.dcm")
    with pytest.raises(UserError, match=r"a.dcm: this image stands in the tables twice"):
        list_table(tmp_path, TABLE + "a.dcm,p9,1,1,\n")


def test_a_table_without_findings_is_a_configuration_error(tmp_path: Path) -> None:
    (tmp_path / "labels.csv").write_text(TABLE)
    with pytest.raises(ConfigurationError, match="finding_columns is empty"):
        SOURCES["table"].list_records(DataConfig(), tmp_path)


def test_linked_folders_are_followed_once(tmp_path: Path) -> None:
    touch(tmp_path, "images/a.png")
    (tmp_path / "images" / "loop").symlink_to(tmp_path)
    assert [path.name for path in walk_source(tmp_path).files] == ["a.png"]


def test_a_missing_source_folder_is_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"there is no such source folder; set data.root"):
        walk_source(tmp_path / "nowhere")


def test_cells_that_are_not_separated_by_commas_are_told(tmp_path: Path) -> None:
    (tmp_path / "labels.csv").write_text("path;patient;Edema\na.png;p;1\n")
    with pytest.raises(UserError, match="its cells are separated by ';'; export it again with commas"):
        read_rows(tmp_path / "labels.csv", ["path", "patient"])


def test_a_table_in_another_encoding_is_told(tmp_path: Path) -> None:
    (tmp_path / "labels.csv").write_bytes("path,patient\nMüller.png,p\n".encode("latin-1"))
    with pytest.raises(UserError, match="this table is not in UTF-8; export it again as CSV UTF-8"):
        read_rows(tmp_path / "labels.csv", ["path", "patient"])


def test_all_mistakes_of_a_table_are_told_at_once(tmp_path: Path) -> None:
    rows = ["a.png,,1", "b.png,p,yes", "../c.png,p,1", *["d.png,,1"] * 12]
    (tmp_path / "labels.csv").write_text("\n".join(["path,patient,Edema", *rows]) + "\n")
    config = DataConfig(source="table", findings=["Edema"])
    with pytest.raises(UserError, match=r"labels\.csv line 2: ") as caught:
        SOURCES["table"].list_records(config, tmp_path)
    lines = str(caught.value).splitlines()
    assert [line.split(":")[0].rpartition(" ")[2] for line in lines[:3]] == ["2", "3", "4"]
    assert len(lines) == 11 and lines[-1].endswith("labels.csv: 5 more mistakes like these")
