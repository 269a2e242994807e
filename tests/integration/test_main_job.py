"""The main job, end to end: phantoms to dataset, run, report and predictions, by the commands' own functions."""

import json
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest

from data_prep.identity import hash_name, read_or_make_key
from xray_resnet.cli import evaluate as evaluate_command
from xray_resnet.cli import predict as predict_command
from xray_resnet.cli import prep as prep_command
from xray_resnet.cli import train as train_command
from xray_resnet.findings import PHANTOM, column_prefix
from xray_resnet.store import open_dataset

SMALL = (
    *("--config", "chestxray.yaml", "--data.phantom.count", "60", "--data.phantom.size", "128", "--prep.size", "128"),
    *("--model.depth", "18", "--model.base_width", "8", "--model.image_size", "64"),
    *("--train.epochs", "1", "--train.batch_size", "16", "--train.precision", "fp32"),
)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A working folder in which the README's commands were run on sixty phantoms."""
    folder = tmp_path_factory.mktemp("job")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        patch.setenv("XRAY_HASH_KEY", str(folder / "key"))
        assert train_command.train(SMALL) == 0
        assert evaluate_command.evaluate(["--report", "--precision", "fp32", "--resamples", "50"]) == 0
        model = str(next((folder / "runs").iterdir()))
        arguments = ["--model", model, "--output", "predictions", "--precision", "fp32", "--overlay"]
        assert predict_command.predict(["datasets/phantom-source/images", *arguments]) == 0
    return folder


def evaluation(folder: Path) -> Path:
    (found,) = folder.glob("runs/*/eval/*")
    return found


def test_the_run_folder_holds_what_it_should(folder: Path) -> None:
    (run,) = (folder / "runs").iterdir()
    names = {path.name for path in run.iterdir()}
    assert {"config.yaml", "checkpoints", "metrics.csv", "bundle", "eval"} <= names


def test_metrics_have_the_documented_shape(folder: Path) -> None:
    metrics = json.loads((evaluation(folder) / "metrics.json").read_text())
    assert {"dataset", "split", "split_sha256", "n_images", "n_patients", "findings", "macro", "model"} <= set(metrics)
    assert tuple(metrics["findings"]) == PHANTOM
    keys = {
        "n_positive",
        "n_negative",
        "n_ignored",
        "auroc",
        "auroc_low",
        "auroc_high",
        "average_precision",
        "why_null",
    }
    assert all(keys <= set(finding) for finding in metrics["findings"].values())


def test_the_report_needs_no_other_file(folder: Path) -> None:
    report = (evaluation(folder) / "report.html").read_text()
    assert "data:image" in report
    assert "synthetic" in report.lower()
    assert not [word for word in ('src="http', "src='http", 'href="http', "@import", "<script src") if word in report]


def test_predicting_the_files_gives_the_scores_of_evaluating_the_dataset(folder: Path) -> None:
    """DICOM → predict equals dataset → evaluate, in fp32, through two engines."""
    evaluated = {row["image_id"]: row for row in pq.read_table(evaluation(folder) / "predictions.parquet").to_pylist()}
    key = read_or_make_key(folder / "key")
    lines = (folder / "predictions/predictions.csv").read_text().splitlines()
    header = lines[0].split(",")
    compared = 0
    for line in lines[1:]:
        row = dict(zip(header, line.split(","), strict=True))
        other = evaluated.get(hash_name(key, "image", f"images/{Path(row['path']).name}"))
        if other is None:
            continue
        columns = [f"{column_prefix(name)}_score" for name in PHANTOM]
        np.testing.assert_allclose([float(row[c]) for c in columns], [other[c] for c in columns], rtol=1e-4, atol=1e-5)
        compared += 1
    assert compared == len(evaluated) > 0


def test_preparing_again_does_nothing(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(folder)
    monkeypatch.setenv("XRAY_HASH_KEY", str(folder / "key"))
    before = (folder / "datasets/phantom/dataset.json").stat().st_mtime_ns
    assert prep_command.prepare(SMALL) == 0
    assert (folder / "datasets/phantom/dataset.json").stat().st_mtime_ns == before


def test_the_dataset_says_that_it_is_synthetic(folder: Path) -> None:
    assert open_dataset(folder / "datasets/phantom").synthetic


def test_every_test_file_has_an_overlay(folder: Path) -> None:
    assert len({path.name[:6] for path in (folder / "predictions/overlays").iterdir()}) == 60
