"""Public archives, all of them: from tiny trees in their original layouts to states, a dataset and a training."""

import json
from pathlib import Path

import pytest

from data_prep.sources import SOURCES
from tests.data_prep import states
from tests.data_prep.archives import ARCHIVES, CHEXPERT_SMALL
from tests.data_prep.sources.listing import PLANTED, list_archive, prepare
from xray_resnet.config import Config, DataConfig, ModelConfig, TrainConfig
from xray_resnet.errors import UserError
from xray_resnet.findings import VOCABULARY


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
