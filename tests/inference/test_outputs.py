"""The same table in every format, whole or not at all, and overlays with names that cannot leave their folder."""

import csv
import json
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pyarrow.parquet as pq
import pytest
from pydicom.uid import SecondaryCaptureImageStorage

from tests.builders import make_chest, write_dicom
from tests.bundles import FINDINGS, make_bundle
from tests.shares import refuse_folders
from xray_resnet.bundle import read_bundle
from xray_resnet.errors import UserError
from xray_resnet.explain.lettering import LINE_HEIGHT
from xray_resnet.inference import Prediction, predict_to_folder
from xray_resnet.inference.inputs import find_inputs
from xray_resnet.inference.outputs import OUTPUTS
from xray_resnet.inference.outputs.context import OutputContext
from xray_resnet.inference.outputs.overlays import write_overlays
from xray_resnet.predictions import list_columns

FORMATS = ("csv", "json", "parquet")


@pytest.fixture(scope="module")
def bundle(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_bundle(tmp_path_factory.mktemp("model") / "bundle")


def context_of(bundle: Path, folder: Path) -> OutputContext:
    return OutputContext(folder, read_bundle(bundle), {"engine": "none", "version": "0", "precision": "fp32"})


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
    assert [*from_csv[0]] == list_columns(FINDINGS) == [*from_json[0]]
    scores = [row["nodule_score"] for row in from_json]
    assert [row["nodule_score"] for row in from_csv] == ["" if score is None else f"{score:.6f}" for score in scores]


def test_rejected_files_are_rows_with_their_reason(bundle: Path, folder: Path, tmp_path: Path) -> None:
    summary = predict_to_folder([folder], bundle, tmp_path / "out", formats=["json"])
    rows = json.loads((tmp_path / "out/predictions.json").read_text())
    assert [row["status"] for row in rows] == ["ok", "rejected", "ok", "rejected"]
    assert [row["reason"] for row in rows if row["reason"]] == ["decode_failed", "not_dicom"]
    assert (summary.accepted, summary.rejected) == (2, 2)
    assert "1 not_dicom: The file is not a DICOM, PNG or JPEG file." in str(summary)


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
    assert [info[made] for made in ("calibration", "operating_points", "triage")] == [None, None, None]


def test_progress_counts_every_file(bundle: Path, folder: Path, tmp_path: Path) -> None:
    told: list[tuple[int, int, int]] = []
    predict_to_folder([folder], bundle, tmp_path / "out", progress=lambda *counts: told.append(counts))
    assert told == [(1, 4, 0), (2, 4, 1), (3, 4, 1), (4, 4, 2)]


def test_a_folder_without_any_image_is_one_sentence(bundle: Path, tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("no image")
    with pytest.raises(UserError, match="none of 1 input files is a DICOM, PNG or JPEG image"):
        predict_to_folder([tmp_path / "notes.txt"], bundle, tmp_path / "out")


@pytest.mark.parametrize("name", OUTPUTS)
def test_an_interrupted_output_leaves_nothing(name: str, bundle: Path, tmp_path: Path) -> None:
    with pytest.raises(KeyboardInterrupt, match="by the user"), OUTPUTS[name](context_of(bundle, tmp_path)) as write:
        write(Prediction(Path("a.dcm"), "rejected", reason="blank"))
        raise KeyboardInterrupt("by the user")
    assert not [*tmp_path.iterdir()]


def overlaid(name: str, **scores: float) -> Prediction:
    maps, pixels = np.ones((3, 2, 2), np.float32), np.zeros((32, 32), np.uint8)
    return Prediction(
        Path(name), "ok", scores=dict(zip(FINDINGS, scores.values(), strict=True)), maps=maps, pixels=pixels
    )


def test_overlays_stay_in_their_folder_whatever_the_file_is_called(bundle: Path, tmp_path: Path) -> None:
    with write_overlays(context_of(bundle, tmp_path)) as write:
        for name in ("a/../../x y;é.dcm", "b/x y;é.dcm"):
            write(overlaid(name, a=0.9, b=0.1, c=0.1))
    assert [path.relative_to(tmp_path).as_posix() for path in sorted(tmp_path.rglob("*.png"))] == [
        "overlays/000001-x_y__-cardiomegaly.png",
        "overlays/000002-x_y__-cardiomegaly.png",
    ]


def test_findings_that_stand_out_are_drawn_else_the_highest(bundle: Path, tmp_path: Path) -> None:
    with write_overlays(context_of(bundle, tmp_path)) as write:
        write(overlaid("f", a=0.9, b=0.2, c=0.6))
        write(overlaid("g", a=0.1, b=0.3, c=0.2))
    names = [path.stem for path in sorted((tmp_path / "overlays").iterdir())]
    assert names == ["000001-f-cardiomegaly", "000001-f-pleural_effusion", "000002-g-nodule"]


def test_an_operating_point_decides_what_is_drawn(bundle: Path, tmp_path: Path) -> None:
    decided = replace(overlaid("f", a=0.9, b=0.2, c=0.6), decisions={"Cardiomegaly": "negative", "Nodule": "positive"})
    with write_overlays(context_of(bundle, tmp_path)) as write:
        write(decided)
    names = [path.stem for path in sorted((tmp_path / "overlays").iterdir())]
    assert names == ["000001-f-nodule", "000001-f-pleural_effusion"]


def test_what_a_triage_leaves_uncertain_is_drawn_by_its_score(bundle: Path, tmp_path: Path) -> None:
    decided = {"Cardiomegaly": "rule-out", "Nodule": "rule-in", "Pleural Effusion": "uncertain"}
    with write_overlays(context_of(bundle, tmp_path)) as write:
        write(replace(overlaid("f", a=0.9, b=0.2, c=0.6), decisions=decided))
        write(replace(overlaid("g", a=0.9, b=0.2, c=0.4), decisions=decided))
    names = [path.stem for path in sorted((tmp_path / "overlays").iterdir())]
    assert names == ["000001-f-nodule", "000001-f-pleural_effusion", "000002-g-nodule"]


def test_an_overlay_shows_the_film_in_its_own_shape_with_what_is_said_of_it(bundle: Path, tmp_path: Path) -> None:
    picture = np.uint8(make_chest(360, 240, np.random.default_rng(0)) * 255)
    cv2.imwrite(str(tmp_path / "tall.png"), picture)
    predict_to_folder([tmp_path / "tall.png"], bundle, tmp_path / "out", overlay=True, opacity=0.0)
    path, *_ = (tmp_path / "out/overlays").iterdir()
    drawn = cv2.imread(str(path))
    height, width = 64, 43
    assert drawn.shape[1] == 2 * width + 4 and drawn.shape[0] > height + LINE_HEIGHT
    np.testing.assert_array_equal(drawn[:height, :width], drawn[:height, -width:])


def test_an_overlay_that_cannot_be_written_ends_the_batch(bundle: Path, tmp_path: Path) -> None:
    (tmp_path / "overlays").write_text("in the way")
    with pytest.raises(FileExistsError, match="overlays"), write_overlays(context_of(bundle, tmp_path)) as write:
        write(overlaid("f", a=0.9, b=0.2, c=0.6))


def test_more_overlays_than_may_wait_are_all_written(bundle: Path, tmp_path: Path) -> None:
    with write_overlays(context_of(bundle, tmp_path)) as write:
        for number in range(70):
            write(overlaid(f"{number}", a=0.9, b=0.2, c=0.1))
    assert len([*(tmp_path / "overlays").iterdir()]) == 70


def test_a_flag_is_no_reason_and_the_file_is_scored(bundle: Path, tmp_path: Path) -> None:
    """A film with words burned in, a Secondary Capture, and an inverted film."""
    chest = make_chest(256, 256, np.random.default_rng(0))
    cv2.imwrite(str(tmp_path / "negative.png"), np.uint8((1 - chest) * 255))
    film = np.uint16(chest * 4095)
    write_dicom(tmp_path / "burned.dcm", film, BurnedInAnnotation="YES")
    write_dicom(tmp_path / "capture.dcm", film, SOPClassUID=SecondaryCaptureImageStorage)
    summary = predict_to_folder([tmp_path], bundle, tmp_path / "out", formats=FORMATS)
    rows = pq.read_table(tmp_path / "out/predictions.parquet").to_pylist()
    assert [row["flags"] for row in rows] == ["burned_in_annotation", "secondary_capture", "inverted"]
    assert [(row["status"], row["reason"]) for row in rows] == [("ok", "")] * 3
    assert (summary.accepted, summary.rejected, summary.flags.total()) == (3, 0, 3)
    assert "1 scored, but flagged as inverted" in str(summary)


def test_folders_are_searched_in_order_and_the_output_is_left_out(folder: Path) -> None:
    (folder / "out").mkdir()
    (folder / "out" / "predictions.csv").write_text("")
    found = find_inputs([folder], output=folder / "out")
    assert [path.relative_to(folder).as_posix() for path in found] == ["0.png", "1.png", "2.png", "more/notes.txt"]


def test_links_in_a_circle_end(folder: Path) -> None:
    (folder / "more" / "back").symlink_to(folder)
    assert len(find_inputs([folder])) == 4


def test_a_folder_that_cannot_be_read_is_a_row_of_its_own(
    bundle: Path, folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (folder / "lost+found").mkdir()
    refuse_folders(monkeypatch, "lost+found")
    predict_to_folder([folder], bundle, tmp_path / "out", formats=["json"])
    rows = json.loads((tmp_path / "out/predictions.json").read_text())
    assert [(row["path"], row["status"], row["reason"]) for row in rows if "lost" in row["path"]] == [
        (str(folder / "lost+found"), "rejected", "unreadable")
    ]
    assert len(rows) == 5


def test_inputs_of_which_none_can_be_read_are_one_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    refuse_folders(monkeypatch, tmp_path.name)
    with pytest.raises(UserError, match="no file can be read below it; make the folder readable"):
        find_inputs([tmp_path])


def test_an_input_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="nowhere: no such file or folder"):
        find_inputs([tmp_path / "nowhere"])


def test_an_empty_folder_is_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="no file in it"):
        find_inputs([tmp_path])
