"""Words and values that a source does not understand: an error that names the line, or not assessed; never negative."""

import gzip
import re
from pathlib import Path

import pytest

from data_prep.sources import SOURCES, Listing, padchest_labels
from data_prep.sources.csv_table import read_rows
from data_prep.sources.openi_terms import read_states as read_terms
from data_prep.sources.padchest_labels import read_states as read_labels
from data_prep.sources.values import read_word
from tests.data_prep.archives import (
    ARCHIVES,
    CHEXPERT_SMALL,
    make_mimic_cxr,
    make_nih_chestxray14,
    make_openi,
    make_rsna_pneumonia,
    make_siim_pneumothorax,
    write,
    write_picture,
)
from tests.data_prep.sources.listing import rewrite
from xray_resnet.config import CombinedConfig, DataConfig, ImageFolderConfig, MemberConfig, TableConfig
from xray_resnet.errors import UserError
from xray_resnet.findings import LabelState

NIH = "Data_Entry_2017_v2020.csv"
RSNA, RSNA_CLASSES = "stage_2_train_labels.csv", "stage_2_detailed_class_info.csv"
VINDR_BOXES = "annotations/annotations_train.csv"
PADCHEST = "PADCHEST_chest_x_ray_images_labels_160K_01.02.19.csv"


def list_source(source: str, root: Path, config: DataConfig | None = None) -> Listing:
    return SOURCES[source].list_records(config or DataConfig(), root)


@pytest.mark.parametrize(
    ("source", "table", "old", "new", "message"),
    [
        ("nih_chestxray14", NIH, "|Emphysema", "|Emphysem", "'Finding Labels' .*; the nearest is 'Emphysema'"),
        ("nih_chestxray14", NIH, ",Effusion,", ",,", "'Finding Labels' holds a word that is not known"),
        ("nih_chestxray14", NIH, ",Effusion,", ",No Finding|Effusion,", "names No Finding beside a finding"),
        ("nih_chestxray14", "BBox_List_2017.csv", "Infiltrate", "Inflitrate", "the nearest is 'Infiltra"),
        ("nih_chestxray14", "BBox_List_2017.csv", "20.25", "nan", "line 2: a box needs four numbers"),
        ("nih_chestxray14", "test_list.txt", "00000003_000", "00000001_001", "line 3: the other official list names"),
        ("chexpert", f"{CHEXPERT_SMALL}/train.csv", ",U,", ",POS,", "column 'Pleural Effusion' holds another value"),
        ("chexpert", f"{CHEXPERT_SMALL}/train.csv", ",U,", ",-2,", "column 'Pleural Effusion' holds another value"),
        ("chexpert", f"{CHEXPERT_SMALL}/train.csv", ",U,", ",nan,", "column 'Pleural Effusion' holds another value"),
        ("chexpert", f"{CHEXPERT_SMALL}/train.csv", ",Lateral,", ",Laterl,", "blank; the nearest is 'Lateral'"),
        ("rsna_pneumonia", RSNA, ",,,,,0", ",,,,,No", "line 4: column 'Target' is none of 0, 1"),
        ("rsna_pneumonia", RSNA, ",,,,,0", ",,,,,2", "line 4: column 'Target' is none of 0, 1"),
        ("rsna_pneumonia", RSNA, ",,,,,0", ",1,2,3,4,0", "line 4: column 'Target' is 0, and there is a box"),
        ("rsna_pneumonia", RSNA, "bb-2,,,,,0", "aa-1,,,,,0", "line 4: an earlier row of this image says the contrary"),
        ("rsna_pneumonia", RSNA_CLASSES, "Normal\n", "Norml\n", "the nearest is 'Normal'; restore the original table"),
        ("rsna_pneumonia", RSNA_CLASSES, "bb-2,", "aa-1,", "line 4: the row contradicts an earlier one"),
        ("siim_pneumothorax", "train-rle.csv", "1.2.4, -1", "1.2.4, none", "column 'EncodedPixels' holds neither"),
        ("siim_pneumothorax", "train-rle.csv", "1.2.4, -1", "1.2.4,", "column 'EncodedPixels' holds neither"),
        ("siim_pneumothorax", "train-rle.csv", "1.2.4, -1", "1.2.3, -1", "line 4: an earlier row of this"),
        ("vindr_cxr", VINDR_BOXES, "R1,Cardiomegaly", "R1,Cardiomegal", "the nearest is 'Cardiomegaly'"),
        ("vindr_cxr", VINDR_BOXES, "10,20,50,60", "10,20,inf,60", "line 2: a box needs four numbers"),
        ("vindr_cxr", "annotations/image_labels_train.csv", "img1,R2", "img1,R1", "reads the image a second time"),
        ("padchest", PADCHEST, "['normal']", "[normal]", "column 'Labels' is no list such as"),
        ("padchest", PADCHEST, "['normal']", "['normal', pneumonia]", "column 'Labels' is no list such as"),
        ("openi", "indiana_projections.csv", "Lateral", "Side", "'projection' is none of Frontal, Lateral; restore"),
        ("covid_chestxray", "metadata.csv", ",Tuberculosis,", ",Tuberculosi,", "nearest is 'Tuberculosis'; mend"),
        ("covid_chestxray", "metadata.csv", ",Tuberculosis,", ',"No Finding, SARS",', "No Finding beside a finding"),
        ("covid_chestxray", "metadata.csv", "X-ray", "Xray", "is none of X-ray, CT; the nearest is"),
    ],
)  # fmt: skip
def test_what_a_table_says_is_understood_or_an_error(
    source: str, table: str, old: str, new: str, message: str, tmp_path: Path
) -> None:
    ARCHIVES[source](tmp_path)
    rewrite(tmp_path / table, old, new)
    with pytest.raises(UserError, match=message):
        list_source(source, tmp_path)


@pytest.mark.parametrize(
    ("source", "table", "old", "new"),
    [
        ("nih_chestxray14", NIH, "Cardiomegaly|Emphysema", " cardiomegaly | EMPHYSEMA "),
        ("chexpert", f"{CHEXPERT_SMALL}/train.csv", "1.0,0.0,-1.0", " 1 ,0 , -1"),
        ("rsna_pneumonia", RSNA, ",,,,,0", ",,,,,0.0 "),
        ("rsna_pneumonia", RSNA_CLASSES, "aa-1,Lung Opacity", "aa-1,lung opacity "),
        ("siim_pneumothorax", "train-rle.csv", "1.2.4, -1", "1.2.4,-1 "),
        ("vindr_cxr", VINDR_BOXES, "Cardiomegaly", "cardiomegaly"),
        ("padchest", PADCHEST, "['normal']", "[ 'Normal ' ]"),
        ("covid_chestxray", "metadata.csv", "X-ray", "x-ray"),
    ],
)
def test_case_and_blanks_around_a_word_do_not_matter(
    source: str, table: str, old: str, new: str, tmp_path: Path
) -> None:
    ARCHIVES[source](tmp_path)
    before = list_source(source, tmp_path)
    rewrite(tmp_path / table, old, new)
    assert list_source(source, tmp_path) == before


def test_a_byte_order_mark_does_not_matter(tmp_path: Path) -> None:
    make_nih_chestxray14(tmp_path)
    before = list_source("nih_chestxray14", tmp_path)
    (tmp_path / NIH).write_text("\ufeff" + (tmp_path / NIH).read_text())
    assert list_source("nih_chestxray14", tmp_path) == before


@pytest.mark.parametrize("table", ["split", "chexpert"])
def test_rows_of_mimic_that_contradict_each_other_are_an_error(table: str, tmp_path: Path) -> None:
    make_mimic_cxr(tmp_path)
    path = tmp_path / f"mimic-cxr-2.0.0-{table}.csv.gz"
    lines = gzip.decompress(path.read_bytes()).decode().splitlines()
    changed = re.sub(r"train$|1\.0", lambda found: {"train": "test"}.get(found[0], "0.0"), lines[1])
    assert changed != lines[1]
    path.write_bytes(gzip.compress("\n".join([*lines, lines[1], changed]).encode()))
    with pytest.raises(UserError, match=rf"line {len(lines) + 2}: the row contradicts an earlier one") as caught:
        list_source("mimic_cxr", tmp_path)
    assert len(str(caught.value).splitlines()) == 1


def test_padchest_labels_of_no_release_leave_the_unnamed_not_assessed_and_are_counted(tmp_path: Path) -> None:
    ARCHIVES["padchest"](tmp_path)
    listing = list_source("padchest", tmp_path)
    states = next(record.states for record in listing.records if record.name == "k.png")
    assert states["Cardiomegaly"] == LabelState.POSITIVE
    assert {states[finding] for finding in set(states) - {"Cardiomegaly"}} == {LabelState.NOT_ASSESSED}
    assert listing.notes["rows with a label that PadChest does not know; what they do not name is not assessed"] == 1
    assert listing.notes["images with a finding that is not assessed in them"] == 3


def test_every_label_of_padchests_release_is_known() -> None:
    """174 findings and 19 diagnoses (Bustos et al. 2020, abstract); some stand in the tree, but on no image."""
    released = padchest_labels.OTHERS | {word for words in padchest_labels.WORDS.values() for word in words}
    english = {word for word in released if word.isascii()}
    assert len(english) >= 174 + 19
    for label in ("superior mediastinal enlargement", "COPD signs", "double J stent"):
        assert set(read_labels(f"['{label}']", "").values()) == {LabelState.UNMENTIONED}


def test_openi_headings_that_nobody_knows_leave_the_unnamed_not_assessed() -> None:
    states = read_terms(["Pleural Effusions/left", "Cardiomegaly"])
    assert (states["Cardiomegaly"], states["Effusion"]) == (LabelState.POSITIVE, LabelState.NOT_ASSESSED)
    assert read_terms(["Spondylosis", "Lung/hypoinflation"])["Effusion"] == LabelState.NEGATIVE


def test_openi_reports_with_headings_that_nobody_knows_are_counted(tmp_path: Path) -> None:
    make_openi(tmp_path)
    rewrite(tmp_path / "ecgen-radiology/5.xml", "Mass/mediastinum<", "Masses/mediastinum<")
    notes = list_source("openi", tmp_path).notes
    assert notes["reports with a MeSH heading that is not known; what they do not name is not assessed"] == 1


def test_all_damaged_reports_of_openi_are_told_at_once(tmp_path: Path) -> None:
    make_openi(tmp_path)
    for number in (2, 4):
        (tmp_path / f"ecgen-radiology/{number}.xml").write_text("<eCitation>")
    with pytest.raises(UserError, match=r"2\.xml: not an XML report.*\n.*4\.xml: not an XML report"):
        list_source("openi", tmp_path)


def list_table(root: Path, text: str) -> Listing:
    write(root / "labels.csv", text)
    for name in "ab":
        write_picture(root / f"{name}.png")
    columns = {"Edema": "Edema", "Mass": "Mass"}
    return list_source("table", root, DataConfig(table=TableConfig(finding_columns=columns)))


@pytest.mark.parametrize("value", ["yes", "POS", "-2", "nan", "inf", "1,0", "positive", "?", "2"])
def test_a_table_value_that_is_no_state_is_an_error(value: str, tmp_path: Path) -> None:
    with pytest.raises(UserError, match="line 3: column 'Mass' holds another value than 1"):
        list_table(tmp_path, f'path,patient,Edema,Mass\na.png,1,0,1\nb.png,2,1,"{value}"')


@pytest.mark.parametrize("value", ["1", "1.0", " 1 ", "+1"])
def test_a_table_value_is_a_number_however_it_is_written(value: str, tmp_path: Path) -> None:
    (first,) = list_table(tmp_path, f"path,patient,Edema,Mass\na.png,1,0,{value}").records
    assert first.states["Mass"] == LabelState.POSITIVE


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ("b.png,2,1", "line 3: the row ends before its column 'Mass'; restore the line"),
        ("b.png,Doe, John,1,0", "line 3: the row has more cells than the header; quote the cells that hold commas"),
        (",2,1,0", "line 3: column 'path' is blank"),
        ("b.png,,1,0", "line 3: column 'patient' is blank"),
    ],
)
def test_a_row_that_is_cut_or_shifted_is_an_error(row: str, message: str, tmp_path: Path) -> None:
    with pytest.raises(UserError, match=message):
        list_table(tmp_path, f"path,patient,Edema,Mass\na.png,1,0,1\n{row}")


def test_two_columns_of_one_name_are_an_error(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"labels\.csv: 2 columns are named 'Mass'; keep one of them"):
        list_table(tmp_path, "path,patient,Edema,Mass,Mass\na.png,1,0,1,0")


def test_a_row_behind_cells_of_several_lines_is_named_by_its_own_line(tmp_path: Path) -> None:
    write(tmp_path / "labels.csv", "path,report", 'a.png,"one', "two", 'three"', "b.png,four")
    assert [row.place.rpartition(" ")[2] for row in read_rows(tmp_path / "labels.csv", ["path"])] == ["4", "5"]


def test_images_that_stand_in_a_table_twice_are_told_at_once(tmp_path: Path) -> None:
    rows = ["a.png,1,0,1", "b.png,2,0,1", "a.png,1,1,1", "b.png,2,0,1"]
    with pytest.raises(UserError, match=r"a\.png: this image stands .*\n.*b\.png: this image stands"):
        list_table(tmp_path, "\n".join(["path,patient,Edema,Mass", *rows]))


def test_mistakes_of_all_tables_of_a_source_are_told_at_once(tmp_path: Path) -> None:
    make_nih_chestxray14(tmp_path)
    rewrite(tmp_path / NIH, ",Effusion,", ",Efusion,")
    rewrite(tmp_path / NIH, ",Hernia,", ",Hernio,")
    rewrite(tmp_path / "BBox_List_2017.csv", "20.25", "x")
    rewrite(tmp_path / "test_list.txt", "00000003_000", "00000001_001")
    with pytest.raises(UserError, match="a box needs four numbers") as caught:
        list_source("nih_chestxray14", tmp_path)
    places = [line.split(":")[0].rpartition("/")[2] for line in str(caught.value).splitlines()]
    assert sorted(places) == ["BBox_List_2017.csv line 2", f"{NIH} line 5", f"{NIH} line 6", "test_list.txt line 3"]


def test_mistakes_of_all_members_of_a_combination_are_told_at_once(tmp_path: Path) -> None:
    make_rsna_pneumonia(tmp_path / "rsna")
    make_siim_pneumothorax(tmp_path / "siim")
    rewrite(tmp_path / "rsna" / RSNA, ",,,,,0", ",,,,,No")
    rewrite(tmp_path / "siim/train-rle.csv", "1.2.4, -1", "1.2.4, none")
    members = {"a": MemberConfig("rsna_pneumonia", "rsna"), "b": MemberConfig("siim_pneumothorax", "siim")}
    with pytest.raises(UserError, match=r"(?s)labels\.csv line 4: column 'Target'.*train-rle\.csv line 4: column"):
        list_source("combined", tmp_path, DataConfig(combined=CombinedConfig(members)))


def test_a_missing_column_does_not_hide_the_mistakes_before_it(tmp_path: Path) -> None:
    ARCHIVES["chexpert"](tmp_path)
    rewrite(tmp_path / CHEXPERT_SMALL / "train.csv", ",U,", ",POS,")
    rewrite(tmp_path / CHEXPERT_SMALL / "valid.csv", "Pneumothorax", "Pneumotorax")
    with pytest.raises(UserError, match=r"(?s)train\.csv line 2: .*valid\.csv: no column 'Pneumothorax'; the nearest"):
        list_source("chexpert", tmp_path)


def list_folders(root: Path, *names: str) -> Listing:
    for name in names:
        write(root / name, "")
    classes = ImageFolderConfig({"NORMAL": [], "PNEUMONIA": ["Pneumonia"]})
    return list_source("image_folder", root, DataConfig(image_folder=classes))


def test_class_folders_are_known_in_any_case(tmp_path: Path) -> None:
    listing = list_folders(tmp_path, "train/Normal/a.png", "train/pneumonia/b.png")
    assert [record.states["Pneumonia"] for record in listing.records] == [LabelState.NEGATIVE, LabelState.POSITIVE]


def test_classes_that_differ_in_case_alone_are_told_apart(tmp_path: Path) -> None:
    for name in ("aa/1.png", "AA/2.png", "Aa/3.png"):
        write(tmp_path / name, "")
    config = DataConfig(image_folder=ImageFolderConfig({"aa": [], "AA": ["Mass"]}))
    states = {record.name: record.states["Mass"] for record in list_source("image_folder", tmp_path, config).records}
    assert states == {"aa/1.png": LabelState.NEGATIVE, "AA/2.png": LabelState.POSITIVE}


def test_a_folder_that_no_class_names_is_left_out_and_said(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    listing = list_folders(tmp_path, "train/NORMAL/a.png", "train/COVID/b.png", "train/COVID/c.png", "readme.txt")
    assert [record.name for record in listing.records] == ["train/NORMAL/a.png"]
    assert listing.notes["files outside the class folders"] == 3
    assert (
        "2 files are left out: no class of data.image_folder.classes names their folder, such as 'COVID'" in caplog.text
    )


def test_a_word_that_is_not_known_is_never_quoted() -> None:
    known = {name: name for name in ("Atelectasis", "Effusion", "Hernia", "Mass", "Nodule", "Edema", "Fibrosis")}
    with pytest.raises(UserError, match=r"^cell holds a word that is not known; restore the original table$"):
        read_word("Doe^John", known, cell="cell")
