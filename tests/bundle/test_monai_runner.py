"""MONAI's own runner gives the scores of our predictor, file by file, and lists what it could not read."""

import csv
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from data_prep.phantom import write_phantoms
from tests.builders import make_chest, write_dicom
from tests.bundles import FINDINGS, make_bundle
from tests.conftest import REPOSITORY
from xray_resnet.basis import Basis
from xray_resnet.bundle import amend_bundle, read_bundle
from xray_resnet.bundle.metadata import INFERENCE
from xray_resnet.bundle.monai_runner import find_files, find_running_bundle
from xray_resnet.errors import UserError
from xray_resnet.inference import Predictor
from xray_resnet.model_output import ModelOutput, OperatingPoint, OperatingPoints, Triages
from xray_resnet.predictions import list_columns, to_row
from xray_resnet.predictions.row import name_column
from xray_resnet.scope import Scope, fit_space
from xray_resnet.triage import Edge, Promise, Triage

ROWS = b"\x28\x00\x10\x00US\x02\x00"
"""The start of Rows (0028,0010) in Explicit VR Little Endian."""
FEATURES = 64
"""Of the tiny bundle's network."""
ROWS_OF_ONE_BYTE = b"\x28\x00\x10\x00US\x01\x00"


@pytest.fixture(scope="module")
def bundle(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Amended, so that its films are ruled in, ruled out, left uncertain, and called positive or negative."""
    folder = make_bundle(tmp_path_factory.mktemp("named") / "bundle")
    promise = Promise("predictive value", 0.9)
    basis = Basis("phantom", "val", 80, "OpenVINO on CPU", "fp32")
    triage = {
        FINDINGS[0]: Triage(Edge(promise, -90.0, 80), Edge(promise, -90.0, 80)),
        FINDINGS[1]: Triage(Edge(promise, 90.0, 80), Edge(promise, -90.0, 80)),
    }
    points = OperatingPoints(basis, {name: OperatingPoint("youden", 90.0) for name in FINDINGS})
    space = fit_space(np.random.default_rng(0).normal(size=(400, FEATURES)))
    everything_is_beyond = Scope(basis, space, threshold=1e-6, false_alarms=0.01)
    amend_bundle(read_bundle(folder), ModelOutput(FINDINGS, None, points, Triages(basis, triage), everything_is_beyond))
    return folder


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three radiographs, a flagged one, one with a malformed element, and a file that is none."""
    folder = tmp_path_factory.mktemp("phantom")
    write_phantoms(folder, count=3, size=96, seed=3)
    (folder / "images" / "000001b.dcm").write_bytes(b"no radiograph at all")
    film = np.uint16(make_chest(96, 96, np.random.default_rng(0)) * 4095)
    write_dicom(folder / "images" / "000003.dcm", film, BurnedInAnnotation="YES")
    malformed = write_dicom(folder / "images" / "000004.dcm").read_bytes()
    assert malformed.count(ROWS) == 1
    (folder / "images" / "000004.dcm").write_bytes(malformed.replace(ROWS, ROWS_OF_ONE_BYTE))
    return folder / "images"


@pytest.fixture(scope="module")
def rows(bundle: Path, files: Path, tmp_path_factory: pytest.TempPathFactory) -> list[dict[str, str]]:
    """The table that MONAI's runner writes, run from the folder of another bundle."""
    elsewhere = make_bundle(tmp_path_factory.mktemp("elsewhere") / "bundle", seed=9)
    output = tmp_path_factory.mktemp("output")
    command = [sys.executable, "-m", "monai.bundle", "run", "--config_file", str(bundle / INFERENCE)]
    finished = subprocess.run(
        [*command, "--dataset_dir", str(files), "--output_dir", str(output)],
        capture_output=True,
        cwd=elsewhere,
        env=os.environ | {"PYTHONPATH": str(REPOSITORY), "OMP_NUM_THREADS": "1"},
        text=True,
    )
    assert finished.returncode == 0, finished.stderr
    with (output / "predictions.csv").open(newline="") as file:
        return list(csv.DictReader(file))


def test_scores_equal_the_predictors_even_beside_another_bundle(
    rows: list[dict[str, str]], bundle: Path, files: Path
) -> None:
    expected = list(Predictor(bundle, precision="fp32", workers=1).predict(find_files(str(files))))
    assert [row["path"] for row in rows] == [str(prediction.path) for prediction in expected]
    for row, prediction in zip(rows, expected, strict=True):
        same = to_row(prediction, FINDINGS)
        for column, value in row.items():
            assert value == (same[column] or "") or float(value) == pytest.approx(same[column], abs=1e-4)


def test_decisions_are_those_of_the_bundles_triage_and_operating_points(rows: list[dict[str, str]]) -> None:
    for row in rows:
        words = [row[name_column(finding, "decision")] for finding in FINDINGS]
        assert words == (["rule-in", "uncertain", "negative"] if row["status"] == "ok" else ["", "", ""])


def test_a_file_that_is_no_radiograph_is_a_row_with_its_reason(rows: list[dict[str, str]]) -> None:
    assert [row["status"] for row in rows] == ["ok", "ok", "rejected", "ok", "ok", "rejected"]
    assert rows[2]["reason"] == "not_dicom" and rows[5]["reason"]
    assert not any(value for column, value in rows[2].items() if column.endswith("_score"))


def test_a_flag_is_shown_and_is_no_reason(rows: list[dict[str, str]]) -> None:
    beyond = "out_of_scope"
    assert [row["flags"] for row in rows] == [beyond, beyond, "", beyond, f"burned_in_annotation {beyond}", ""]
    assert rows[4]["reason"] == ""


def test_the_table_has_the_columns_of_every_prediction_table(rows: list[dict[str, str]]) -> None:
    assert list(rows[0]) == list_columns(FINDINGS)


def test_outside_of_monais_runner_no_bundle_is_guessed(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(sys, "path", ["", str(tmp_path)])
    with pytest.raises(UserError, match="no bundle there"):
        find_running_bundle()


def test_an_empty_folder_names_the_option(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="--dataset_dir"):
        find_files(str(tmp_path))
