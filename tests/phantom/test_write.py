"""Writing: deterministic, resumable, never half trusted."""

import csv
import json
from pathlib import Path

import numpy as np
import pydicom
import pytest

from data_prep.phantom import read_masks, write_phantoms
from data_prep.phantom import write as module
from xray_resnet.errors import UserError
from xray_resnet.findings import PHANTOM

SIZE = 64


def _write(folder: Path, count: int = 6, **settings: object) -> dict[str, bytes]:
    write_phantoms(folder, **({"count": count, "size": SIZE, "seed": 1, "workers": 1} | settings))  # type: ignore[arg-type]
    return {str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("phantom") / "made"
    _write(path, count=24)
    return path


def _rows(path: Path) -> list[dict[str, str]]:
    with path.open(newline="") as stream:
        return list(csv.DictReader(stream))


def test_the_same_settings_give_the_same_bytes_for_any_number_of_workers(tmp_path: Path) -> None:
    assert _write(tmp_path / "one") == _write(tmp_path / "two", workers=2)


def test_a_larger_set_begins_with_the_smaller_one(tmp_path: Path, folder: Path) -> None:
    small = _write(tmp_path / "small", count=3)
    assert all((folder / name).read_bytes() == content for name, content in small.items() if name.startswith("images"))


def test_an_interrupted_run_is_completed_to_the_same_bytes(tmp_path: Path) -> None:
    def stop(done: int, count: int) -> None:
        if done == 3:
            raise KeyboardInterrupt("by hand")

    with pytest.raises(KeyboardInterrupt, match="by hand"):
        _write(tmp_path / "killed", progress=stop)
    assert not (tmp_path / "killed" / "phantom.json").exists()
    assert _write(tmp_path / "killed") == _write(tmp_path / "whole")


def test_a_complete_folder_is_left_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _write(tmp_path / "a", count=2)
    monkeypatch.setattr(module, "render_image", None)
    _write(tmp_path / "a", count=2)


def test_other_settings_replace_the_former_phantom(tmp_path: Path) -> None:
    _write(tmp_path / "a", count=4)
    assert _write(tmp_path / "a", count=3, seed=2) == _write(tmp_path / "b", count=3, seed=2)


def test_a_folder_of_something_else_is_refused_untouched(tmp_path: Path) -> None:
    (tmp_path / "images").mkdir()
    (tmp_path / "images" / "000000.dcm").write_bytes(b"precious")
    with pytest.raises(UserError, match="empty folder"):
        _write(tmp_path)
    assert (tmp_path / "images" / "000000.dcm").read_bytes() == b"precious"


def test_labels_agree_with_masks_and_boxes(folder: Path) -> None:
    boxed = {(row["file"], row["finding"]) for row in _rows(folder / "boxes.csv")}
    for row in _rows(folder / "labels.csv"):
        masks = read_masks(folder / "masks" / f"{Path(row['file']).stem}.npz", SIZE)
        positive = {finding for finding in PHANTOM if row[finding] == "1"}
        assert set(masks) == positive == {finding for finding in PHANTOM if row[f"{finding}_subtlety"]}
        assert {finding for file, finding in boxed if file == row["file"]} <= positive


def test_patients_return_with_the_same_sex_and_age(folder: Path) -> None:
    facts: dict[str, set[tuple[str, str]]] = {}
    rows = _rows(folder / "labels.csv")
    for row in rows:
        facts.setdefault(row["patient"], set()).add((row["sex"], row["age"]))
    assert len(facts) < len(rows)
    assert all(len(values) == 1 for values in facts.values())


def test_tables_and_headers_agree(folder: Path) -> None:
    for row in _rows(folder / "labels.csv")[:5]:
        header = pydicom.dcmread(folder / row["file"], stop_before_pixels=True)
        assert (header.PatientID, header.PatientSex, header.ViewPosition) == (row["patient"], row["sex"], row["view"])


def test_dose_changes_nothing_but_noise(tmp_path: Path) -> None:
    full, low = (_write(tmp_path / str(dose), dose_fraction=dose) for dose in (1.0, 0.1))
    assert full["labels.csv"] == low["labels.csv"]
    assert full["boxes.csv"] == low["boxes.csv"]
    assert full["images/000000.dcm"] != low["images/000000.dcm"]


def test_the_settings_are_written_last(folder: Path) -> None:
    settings = json.loads((folder / "phantom.json").read_text())
    assert settings["count"] == 24 == len(list((folder / "images").iterdir()))
    assert not (folder / "phantom-unfinished.json").exists()
    assert np.all(
        [path.stat().st_mtime_ns <= (folder / "phantom.json").stat().st_mtime_ns for path in folder.rglob("*.dcm")]
    )
