"""Public archives: from tiny trees in their original layouts to states, boxes, splits, a dataset and a training."""

import gzip
import json
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest

from data_prep.ingest import prepare_dataset
from data_prep.sources import SOURCES, Listing, Record, covid_chestxray, openi_terms
from data_prep.sources.openi_terms import read_states as read_terms
from data_prep.sources.siim_pneumothorax import enclose_runs
from data_prep.sources.vindr_cxr import agree, merge_boxes
from tests.data_prep import states
from tests.data_prep.archives import (
    ARCHIVES,
    CHEXPERT_SMALL,
    make_chexpert,
    make_chexpert_full_size,
    make_chexpert_test_set,
    make_mimic_cxr,
    make_openi,
    make_openi_dicom,
    make_openi_kaggle,
    make_rsna_pneumonia,
    make_siim_pneumothorax,
)
from xray_resnet.boxes import Box
from xray_resnet.config import (
    CombinedConfig,
    Config,
    DataConfig,
    MemberConfig,
    MimicCxrConfig,
    ModelConfig,
    PrepConfig,
    SplitConfig,
    TrainConfig,
)
from xray_resnet.errors import ConfigurationError, UserError
from xray_resnet.findings import VOCABULARY, LabelState
from xray_resnet.store import open_dataset

POSITIVE, NEGATIVE, UNCERTAIN, UNMENTIONED, NOT_ASSESSED = (
    LabelState[name] for name in ("POSITIVE", "NEGATIVE", "UNCERTAIN", "UNMENTIONED", "NOT_ASSESSED")
)


PLANTED = "Doe^John"
"""What a shifted column could hold."""


def list_archive(source: str, root: Path, config: DataConfig | None = None) -> Listing:
    ARCHIVES[source](root)
    return SOURCES[source].list_records(config or DataConfig(), root)


def by_name(listing: Listing) -> dict[str, Record]:
    return {record.name.rpartition("/")[2]: record for record in listing.records}


def positives(record: Record) -> set[str]:
    return {finding for finding, state in record.states.items() if state == POSITIVE}


def counted(record: Record) -> Counter[int]:
    return Counter(record.states.values())


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


def test_mimic_labels_belong_to_studies_and_one_without_a_report_is_not_assessed(tmp_path: Path) -> None:
    records = by_name(list_archive("mimic_cxr", tmp_path))
    first, last = records["02aa804e-bde0afdd"], records["68b5c4b1-227d0485"]
    assert (first.states["Atelectasis"], first.states["Cardiomegaly"]) == (POSITIVE, UNMENTIONED)
    assert (first.states["Consolidation"], first.states["Edema"]) == (NEGATIVE, UNCERTAIN)
    assert counted(last) == {NOT_ASSESSED: 13}
    assert [record.split for record in records.values()] == ["train", "train", "val", "test", "test"]
    assert first.path.suffix == ".dcm" and last.path.suffix == ".jpg"


def test_mimic_labels_come_from_the_labeller_that_was_asked_for(tmp_path: Path) -> None:
    listing = list_archive("mimic_cxr", tmp_path, DataConfig(mimic_cxr=MimicCxrConfig("negbio")))
    assert by_name(listing)["02aa804e-bde0afdd"].states["Atelectasis"] == NEGATIVE


def test_padchest_labels_are_read_in_both_languages(tmp_path: Path) -> None:
    records = by_name(list_archive("padchest", tmp_path))
    assert {name for name, state in records["a.png"].states.items() if state == POSITIVE} == {
        "Cardiomegaly",
        "Effusion",
    }
    assert records["b.png"].states["Effusion"] == POSITIVE
    assert records["b.png"].states["Cardiomegaly"] == UNMENTIONED
    assert set(counted(records["c.png"])) == {NEGATIVE}
    assert set(counted(records["d.png"])) == {NOT_ASSESSED}
    assert (records["b.png"].view, records["a.png"].age) == ("AP", 72.0)


def test_padchest_labels_count_for_their_ancestors(tmp_path: Path) -> None:
    records = by_name(list_archive("padchest", tmp_path))
    assert positives(records["f.png"]) == {"Effusion", "Pneumothorax", "Consolidation", "Infiltration"}


def test_padchest_elongation_is_no_enlargement(tmp_path: Path) -> None:
    assert positives(by_name(list_archive("padchest", tmp_path))["g.png"]) == {"Aortic_Elongation"}


def test_padchest_views_of_ribs_and_excluded_images_are_left_out_and_counted(tmp_path: Path) -> None:
    listing = list_archive("padchest", tmp_path)
    assert not {"h.png", "i.png"} & set(by_name(listing))
    assert listing.notes["rows of the table whose Projection is COSTAL or EXCLUDE"] == 2
    assert by_name(listing)["f.png"].view == ""


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


def test_siim_masks_become_their_enclosing_boxes(tmp_path: Path) -> None:
    records = by_name(list_archive("siim_pneumothorax", tmp_path))
    assert records["1.2.3"].boxes == (Box("Pneumothorax", 5, 10, 3, 10), Box("Pneumothorax", 0, 0, 1, 1))
    assert [record.states["Pneumothorax"] for record in records.values()] == [POSITIVE, NEGATIVE, NEGATIVE]


def test_a_run_over_the_end_of_a_column_spans_all_rows() -> None:
    assert enclose_runs("1020 10") == (0, 0, 2, 1024)


@pytest.mark.parametrize("encoded", ["", "5", "1 -4", "1048570 9", "a b", "3 0"])
def test_what_is_no_run_length_code_is_refused(encoded: str) -> None:
    with pytest.raises(ValueError, match=r"a run-length code needs pairs|cannot reshape|invalid literal"):
        enclose_runs(encoded)


def test_vindr_readers_agree_by_majority(tmp_path: Path) -> None:
    records = by_name(list_archive("vindr_cxr", tmp_path))
    first = records["img1"]
    assert (first.states["Cardiomegaly"], first.states["Nodule_or_Mass"]) == (POSITIVE, UNCERTAIN)
    assert first.boxes == (Box("Cardiomegaly", 11, 20, 40, 40),)
    assert set(counted(records["img2"])) == {NEGATIVE}
    assert records["img3"].boxes == (Box("Effusion", 1, 2, 10, 20),)
    assert [record.split for record in records.values()] == ["train", "train", "test", "test"]


@pytest.mark.parametrize(
    ("votes", "state"),
    [([1, 1, 0], POSITIVE), ([1, 0, 0], UNCERTAIN), ([0, 0, 0], NEGATIVE), ([1], POSITIVE), ([1, 0], UNCERTAIN)],
)
def test_most_readers_decide(votes: list[int], state: LabelState) -> None:
    assert agree([bool(vote) for vote in votes]) == state


def test_boxes_of_one_reader_are_never_merged_with_each_other() -> None:
    assert merge_boxes([("R1", (0, 0, 9, 9)), ("R1", (0, 0, 9, 9))], readers=3) == []


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


def test_covid_findings_are_the_nodes_on_the_way(tmp_path: Path) -> None:
    listing = list_archive("covid_chestxray", tmp_path)
    records = by_name(listing)
    assert dict(records["a.jpg"].states) == {"Pneumonia": POSITIVE, "COVID-19": POSITIVE, "Tuberculosis": NEGATIVE}
    assert records["b.jpg"].states["Tuberculosis"] == POSITIVE
    assert dict(records["g.jpg"].states) == {
        "Pneumonia": POSITIVE,
        "COVID-19": NOT_ASSESSED,
        "Tuberculosis": NEGATIVE,
    }
    assert set(counted(records["c.jpg"])) == {NEGATIVE}
    assert set(counted(records["d.jpg"])) == {NOT_ASSESSED}
    assert listing.notes["rows of the table that are no radiograph"] == 1


@pytest.mark.parametrize(
    ("finding", "pneumonia", "covid", "tuberculosis"),
    [
        ("COVID-19", POSITIVE, POSITIVE, NEGATIVE),
        ("COVID-19, ARDS", POSITIVE, POSITIVE, NEGATIVE),
        ("covid-19", POSITIVE, POSITIVE, NEGATIVE),
        ("SARS", POSITIVE, NEGATIVE, NEGATIVE),
        ("Streptococcus", POSITIVE, NEGATIVE, NEGATIVE),
        ("Pneumonia/Bacterial/Staphylococcus/MRSA", POSITIVE, NEGATIVE, NEGATIVE),
        ("Bacterial", POSITIVE, NEGATIVE, NEGATIVE),
        ("Pneumonia", POSITIVE, NOT_ASSESSED, NEGATIVE),
        ("ARDS", NOT_ASSESSED, NOT_ASSESSED, NOT_ASSESSED),
        ("Tuberculosis", NEGATIVE, NEGATIVE, POSITIVE),
        ("No Finding", NEGATIVE, NEGATIVE, NEGATIVE),
    ],
)
def test_covid_findings_of_every_release_are_understood(
    finding: str, pneumonia: int, covid: int, tuberculosis: int
) -> None:
    states = covid_chestxray.read_states(finding, "metadata.csv line 2")
    assert states == {"Pneumonia": pneumonia, "COVID-19": covid, "Tuberculosis": tuberculosis}


@pytest.mark.parametrize("finding", ["Corona", "COVID-19, Corona", "Tuberculosis/COVID-19", "Fibrosis/Viral/COVID-19"])
def test_a_finding_that_no_release_names_is_no_negative(finding: str) -> None:
    with pytest.raises(UserError, match="line 2: column 'finding' names a finding of no known release"):
        covid_chestxray.read_states(finding, "metadata.csv line 2")


@pytest.mark.parametrize("source", ARCHIVES)
def test_every_finding_is_a_word_of_the_vocabulary(source: str, tmp_path: Path) -> None:
    listing = list_archive(source, tmp_path)
    assert set(listing.findings) <= set(VOCABULARY)
    assert all(set(record.states) == set(listing.findings) for record in listing.records)


def test_the_page_of_label_states_is_what_the_sources_make() -> None:
    page = Path(__file__).parents[2] / "docs/label_states.md"
    assert page.read_text() == states.render(), "python -m tests.data_prep.states > docs/label_states.md"


@pytest.mark.parametrize("source", ARCHIVES)
def test_a_missing_table_is_one_sentence(source: str, tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"there is no .*(put it there|unpack NLMCXR_reports below it)"):
        SOURCES[source].list_records(DataConfig(), tmp_path)


@pytest.mark.parametrize("source", ARCHIVES)
def test_tables_without_images_are_one_sentence(source: str, tmp_path: Path) -> None:
    ARCHIVES[source](tmp_path)
    for path in tmp_path.rglob("*"):
        if path.suffix in (".jpg", ".png", ".dcm", ".dicom"):
            path.unlink()
    with pytest.raises(UserError, match=r"none of the \d+ images of the tables is there"):
        SOURCES[source].list_records(DataConfig(), tmp_path)


@pytest.mark.parametrize("source", [source for source in ARCHIVES if source not in ("mimic_cxr", "openi")])
def test_a_missing_column_names_the_table(source: str, tmp_path: Path) -> None:
    ARCHIVES[source](tmp_path)
    for path in tmp_path.rglob("*.csv"):
        head, _, rows = path.read_text().partition("\n")
        path.write_text("x" + head.replace(",", ",x") + "\n" + rows)
    with pytest.raises(UserError, match=r"\.csv: no column '"):
        SOURCES[source].list_records(DataConfig(), tmp_path)


@pytest.mark.parametrize(
    ("source", "table", "old", "new", "message"),
    [
        (
            "chexpert",
            f"{CHEXPERT_SMALL}/train.csv",
            "1.0,0.0,-1.0",
            f"1.0,0.0,{PLANTED}",
            r"train.csv line 2: column 'Edema' holds another value than 1",
        ),
        (
            "chexpert",
            f"{CHEXPERT_SMALL}/valid.csv",
            f"{CHEXPERT_SMALL}/valid",
            PLANTED,
            "valid.csv line 2: column 'Path' holds no path like CheXpert",
        ),
        ("nih_chestxray14", "BBox_List_2017.csv", "20.25", PLANTED, "line 2: a box needs four numbers"),
        ("rsna_pneumonia", "stage_2_train_labels.csv", "10.0", PLANTED, "line 2: a box needs four numbers"),
        (
            "rsna_pneumonia",
            "stage_2_detailed_class_info.csv",
            "Normal",
            PLANTED,
            "line 4: column 'class' is none of Lung Opacity",
        ),
        ("siim_pneumothorax", "train-rle.csv", "0 1\n", f"0 {PLANTED}\n", "line 3: column 'EncodedPixels'"),
        ("vindr_cxr", "annotations/image_labels_test.csv", ",1,", f",{PLANTED},", "is neither 0 nor 1"),
        (
            "padchest",
            "PADCHEST_chest_x_ray_images_labels_160K_01.02.19.csv",
            "['normal']",
            PLANTED,
            "line 4: column 'Labels' is no list such as",
        ),
        ("covid_chestxray", "metadata.csv", "\n3,", "\n,", "line 3: column 'patientid' is blank"),
    ],
)
def test_a_value_that_cannot_be_names_its_line_and_is_not_quoted(
    source: str, table: str, old: str, new: str, message: str, tmp_path: Path
) -> None:
    ARCHIVES[source](tmp_path)
    text = (tmp_path / table).read_text()
    assert old in text
    (tmp_path / table).write_text(text.replace(old, new))
    with pytest.raises(UserError, match=message) as caught:
        SOURCES[source].list_records(DataConfig(), tmp_path)
    assert PLANTED not in str(caught.value)


def test_a_split_of_mimic_that_is_none_is_not_quoted(tmp_path: Path) -> None:
    make_mimic_cxr(tmp_path)
    table = tmp_path / "mimic-cxr-2.0.0-split.csv.gz"
    table.write_bytes(gzip.compress(gzip.decompress(table.read_bytes()).replace(b"validate", PLANTED.encode())))
    with pytest.raises(UserError, match="line 4: column 'split' is none of train, validate, test") as caught:
        SOURCES["mimic_cxr"].list_records(DataConfig(), tmp_path)
    assert PLANTED not in str(caught.value)


def prepare(source: str, root: Path, cache: Path, **data: object) -> Path:
    section = DataConfig(
        source=source, root=root, cache=cache, split=SplitConfig(0.5, 0.5, 0.0, official=False), **data
    )  # type: ignore[arg-type]
    return prepare_dataset(Config(data=section, prep=PrepConfig(size=32, workers=1, hash_key=cache.with_name("key"))))


@pytest.mark.parametrize("source", ARCHIVES)
def test_every_archive_becomes_a_dataset_that_trains(source: str, tmp_path: Path) -> None:
    from xray_resnet.training import fit

    ARCHIVES[source](tmp_path / "archive")
    cache = prepare(source, tmp_path / "archive", tmp_path / "dataset")
    assert set(json.loads((cache / "ingest.json").read_text())["reasons"]) <= {"lateral_view"}
    config = Config(
        data=DataConfig(source=source, cache=cache),
        model=ModelConfig(depth=18, base_width=8, image_size=32),
        train=TrainConfig(output=tmp_path / "runs", epochs=1, batch_size=2, precision="fp32", accelerator="cpu"),
    )
    assert (fit.train(config, announce=lambda _: None) / "bundle/models/model.onnx").is_file()


@pytest.mark.parametrize("source", ["chexpert", "mimic_cxr", "padchest", "openi", "covid_chestxray"])
def test_laterals_that_the_table_tells_are_rejected(source: str, tmp_path: Path) -> None:
    ARCHIVES[source](tmp_path / "archive")
    rejected = (prepare(source, tmp_path / "archive", tmp_path / "dataset") / "rejected.csv").read_text()
    assert "lateral_view,the source's table says lateral" in rejected


def combined(**members: MemberConfig) -> CombinedConfig:
    return CombinedConfig(members)


def test_members_of_a_combination_keep_their_labels_and_are_silent_on_others(tmp_path: Path) -> None:
    make_rsna_pneumonia(tmp_path / "archives/rsna")
    make_siim_pneumothorax(tmp_path / "archives/siim")
    members = combined(a=MemberConfig("rsna_pneumonia", "rsna"), b=MemberConfig("siim_pneumothorax", "siim"))
    dataset = open_dataset(prepare("combined", tmp_path / "archives", tmp_path / "dataset", combined=members))
    assert dataset.findings == ("Pneumonia", "Lung_Opacity", "Pneumothorax")
    rows = {tuple(row) for row in dataset.states.tolist()}
    assert rows == {(1, 1, 3), (0, 0, 3), (3, 3, 1), (3, 3, 0)}


def test_a_patient_of_two_members_is_one_where_the_archives_say_so(tmp_path: Path) -> None:
    make_rsna_pneumonia(tmp_path / "rsna")
    members = combined(a=MemberConfig("rsna_pneumonia", "rsna"), b=MemberConfig("rsna_pneumonia", "rsna"))
    listing = SOURCES["combined"].list_records(DataConfig(combined=members), tmp_path)
    assert [record.name for record in listing.records if record.patient == "nih_chestxray14 13"] == ["a/bb-2", "b/bb-2"]


@pytest.mark.parametrize(
    ("members", "message"),
    [
        ({}, "data.combined.members is empty"),
        ({"a": MemberConfig("phantom", "x")}, "data.combined.members.a.source is 'phantom'; a member is one of"),
    ],
)
def test_a_combination_that_cannot_be_is_refused(
    members: dict[str, MemberConfig], message: str, tmp_path: Path
) -> None:
    with pytest.raises(ConfigurationError, match=message):
        SOURCES["combined"].list_records(DataConfig(combined=CombinedConfig(members)), tmp_path)


def test_a_member_stays_below_the_root(tmp_path: Path) -> None:
    members = combined(a=MemberConfig("rsna_pneumonia", "../elsewhere"))
    with pytest.raises(UserError, match="leaves the source folder"):
        SOURCES["combined"].list_records(DataConfig(combined=members), tmp_path)


def test_mimic_without_its_splits_says_which_table(tmp_path: Path) -> None:
    make_mimic_cxr(tmp_path)
    (tmp_path / "mimic-cxr-2.0.0-split.csv.gz").unlink()
    with pytest.raises(UserError, match=r"there is no mimic-cxr-2.0.0-split.csv.gz"):
        SOURCES["mimic_cxr"].list_records(DataConfig(), tmp_path)


def test_a_table_that_is_no_gzip_is_one_sentence(tmp_path: Path) -> None:
    make_mimic_cxr(tmp_path)
    (tmp_path / "mimic-cxr-2.0.0-split.csv.gz").write_text("dicom_id,split\n")
    with pytest.raises(UserError, match="not a CSV table"):
        SOURCES["mimic_cxr"].list_records(DataConfig(), tmp_path)
