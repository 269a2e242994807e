"""The same table in every format, whole or not at all, and overlays with names that cannot leave their folder."""

import csv
import json
from pathlib import Path

import cv2
import numpy as np
import pyarrow.parquet as pq
import pytest

from tests.builders import make_chest
from tests.bundles import FINDINGS, make_bundle
from xray_resnet.errors import UserError
from xray_resnet.findings import prediction_columns
from xray_resnet.inference import Prediction, predict_to_folder
from xray_resnet.inference.inputs import find_inputs
from xray_resnet.inference.outputs import TABLES
from xray_resnet.inference.outputs.overlays import write_overlays

FORMATS = ("csv", "json", "parquet")


@pytest.fixture(scope="module")
def bundle(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_bundle(tmp_path_factory.mktemp("model") / "bundle")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Three pictures, one damaged, and a text file below another folder."""
    pictures = tmp_path / "in"
    (pictures / "more").mkdir(parents=True)
    for number in range(3):
        picture = np.uint8(make_chest(80, 80, np.random.default_rng(number)) * 255)
        cv2.imwrite(str(pictures / f"{number}.png"), picture)
    (pictures / "1.png").write_bytes((pictures / "1.png").read_bytes()[:200])
    (pictures / "more" / "notes.txt").write_text("no image")
    return pictures


def test_all_formats_hold_the_same_table(bundle: Path, folder: Path, tmp_path: Path) -> None:
    predict_to_folder([folder], bundle, tmp_path / "out", formats=FORMATS)
    with (tmp_path / "out/predictions.csv").open(newline="") as file:
        from_csv = [*csv.DictReader(file)]
    from_json = json.loads((tmp_path / "out/predictions.json").read_text())
    from_parquet = pq.read_table(tmp_path / "out/predictions.parquet").to_pylist()
    assert from_json == from_parquet
    assert [*from_csv[0]] == prediction_columns(FINDINGS) == [*from_json[0]]
    scores = [row["nodule_score"] for row in from_json]
    assert [row["nodule_score"] for row in from_csv] == ["" if score is None else f"{score:.6f}" for score in scores]


def test_rejected_files_are_rows_with_their_reason(bundle: Path, folder: Path, tmp_path: Path) -> None:
    summary = predict_to_folder([folder], bundle, tmp_path / "out", formats=["json"])
    rows = json.loads((tmp_path / "out/predictions.json").read_text())
    assert [row["status"] for row in rows] == ["ok", "rejected", "ok", "rejected"]
    assert [row["reason"] for row in rows if row["reason"]] == ["decode_failed", "not_dicom"]
    assert (summary.accepted, summary.rejected) == (2, 2)
    assert "1 not_dicom: The file is no DICOM, PNG or JPEG file." in str(summary)


def test_the_same_files_give_the_same_bytes(bundle: Path, folder: Path, tmp_path: Path) -> None:
    for name in ("first", "second"):
        predict_to_folder([folder], bundle, tmp_path / name, formats=FORMATS, overlay=True)
    first, second = (
        sorted(path for path in (tmp_path / name).rglob("*") if path.is_file()) for name in ("first", "second")
    )
    assert [path.read_bytes() for path in first] == [path.read_bytes() for path in second]


def test_engine_and_precision_are_recorded(bundle: Path, folder: Path, tmp_path: Path) -> None:
    predict_to_folder([folder], bundle, tmp_path / "out", precision="fp32")
    info = json.loads((tmp_path / "out/predictions-info.json").read_text())
    assert info["precision"] == "fp32"
    assert info["model"] == "tiny"


def test_progress_counts_every_file(bundle: Path, folder: Path, tmp_path: Path) -> None:
    told: list[tuple[int, int, int]] = []
    predict_to_folder([folder], bundle, tmp_path / "out", progress=lambda *counts: told.append(counts))
    assert told == [(1, 4, 0), (2, 4, 1), (3, 4, 1), (4, 4, 2)]


def test_a_folder_without_any_image_is_one_sentence(bundle: Path, tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("no image")
    with pytest.raises(UserError, match="none of 1 input files is a DICOM, PNG or JPEG image"):
        predict_to_folder([tmp_path / "notes.txt"], bundle, tmp_path / "out")


@pytest.mark.parametrize("name", TABLES)
def test_an_interrupted_table_does_not_appear(name: str, tmp_path: Path) -> None:
    path = tmp_path / f"predictions.{name}"
    with pytest.raises(KeyboardInterrupt), TABLES[name](path, FINDINGS) as write:
        write(Prediction("a.dcm", "rejected", reason="blank"))
        raise KeyboardInterrupt
    assert not [*tmp_path.iterdir()]


def test_overlays_stay_in_their_folder_whatever_the_file_is_called(tmp_path: Path) -> None:
    write = write_overlays(tmp_path / "overlays", ("Nodule",))
    for name in ("a/../../x y;é.dcm", "b/x y;é.dcm"):
        maps, pixels = np.ones((1, 2, 2), np.float32), np.zeros((32, 32), np.uint8)
        write(Prediction(name, "ok", scores={"Nodule": 0.9}, maps=maps, pixels=pixels))
    assert [path.name for path in sorted(tmp_path.rglob("*.png"))] == [
        "000001-x_y__-nodule.png",
        "000002-x_y__-nodule.png",
    ]


def test_findings_that_stand_out_are_drawn_else_the_highest(tmp_path: Path) -> None:
    write = write_overlays(tmp_path, ("A", "B", "C"))
    maps, pixels = np.ones((3, 2, 2), np.float32), np.zeros((32, 32), np.uint8)
    write(Prediction("f", "ok", scores={"A": 0.9, "B": 0.2, "C": 0.6}, maps=maps, pixels=pixels))
    write(Prediction("g", "ok", scores={"A": 0.1, "B": 0.3, "C": 0.2}, maps=maps, pixels=pixels))
    assert [path.stem for path in sorted(tmp_path.iterdir())] == ["000001-f-a", "000001-f-c", "000002-g-b"]


def test_folders_are_searched_in_order_and_the_output_is_left_out(folder: Path) -> None:
    (folder / "out").mkdir()
    (folder / "out" / "predictions.csv").write_text("")
    found = find_inputs([folder], output=folder / "out")
    assert [path.relative_to(folder).as_posix() for path in found] == ["0.png", "1.png", "2.png", "more/notes.txt"]


def test_links_in_a_circle_end(folder: Path) -> None:
    (folder / "more" / "back").symlink_to(folder)
    assert len(find_inputs([folder])) == 4


def test_an_input_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="nowhere: no such file or folder"):
        find_inputs([tmp_path / "nowhere"])


def test_an_empty_folder_is_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="no file in it"):
        find_inputs([tmp_path])
