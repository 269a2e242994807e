"""A run and a dataset to an evaluation folder, and the sentences where they do not belong together."""

import json
import shutil
from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file

from tests.bundles import make_bundle
from tests.datasets import make_dataset
from xray_resnet.bundle import load_model, read_bundle
from xray_resnet.dicom import Reading
from xray_resnet.errors import ConfigurationError, UserError
from xray_resnet.evaluation.evaluate import evaluate
from xray_resnet.evaluation.evidence import Chance
from xray_resnet.evaluation.predictions import read_predictions
from xray_resnet.evaluation.request import Request
from xray_resnet.evaluation.subject import find_dataset
from xray_resnet.findings import column_prefix
from xray_resnet.metrics import auroc
from xray_resnet.store import open_dataset
from xray_resnet.trained_patients import TrainedPatients

MODEL_FINDINGS = ("Effusion", "Hernia", "Cardiomegaly")
FEW = Chance(20)


def make_run(folder: Path, *, findings: Sequence[str] = MODEL_FINDINGS) -> Path:
    """A run with its bundle and the dataset that it was trained on."""
    reading = Reading(size=64)
    make_dataset(folder / "data", reading=reading.to_json(), reading_fingerprint=reading.fingerprint())
    make_bundle(folder / "run" / "bundle", findings=findings)
    (folder / "run" / "config.yaml").write_text(f"data:\n  cache: {folder / 'data'}\n")
    return folder / "run"


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_run(tmp_path_factory.mktemp("work"))


@pytest.fixture(scope="module")
def results(run: Path) -> Path:
    return evaluate(run, precision="fp32", asked=Request(report=True), chance=Chance(50))


def test_the_folder_is_named_after_dataset_and_split(run: Path, results: Path) -> None:
    assert results == run / "eval" / "tiny-test"
    assert {path.name for path in results.iterdir()} == {
        "metrics.json", "predictions.parquet", "report.html", "localisation.json", "reporting.csv", "overlays",
    }  # fmt: skip


def test_metrics_agree_with_the_table(results: Path) -> None:
    metrics, predictions = json.loads((results / "metrics.json").read_text()), read_predictions(results)
    assert [*metrics["findings"]] == ["Effusion", "Cardiomegaly"] == [*predictions.findings]
    for column, finding in enumerate(metrics["findings"].values()):
        assert finding["auroc"] == pytest.approx(auroc(predictions.labels[:, column], predictions.logits[:, column]))
    assert metrics["n_images"] == len(predictions.image_ids) == 12
    assert metrics["model"]["precision"] == "fp32"
    assert metrics["model"]["engine"].startswith("torch")


def test_metrics_keep_their_keys_and_say_their_schema_and_warnings(run: Path, results: Path) -> None:
    """Readers of metrics.json rely on these names; a change of one raises the schema's version."""
    metrics = json.loads((results / "metrics.json").read_text())
    assert metrics["schema_version"] == 2
    assert set(metrics) == {
        "schema_version", "dataset", "split", "split_sha256", "n_images", "n_patients", "findings", "macro", "model",
        "baseline", "calibration", "operating_points", "triage", "shortcuts", "subgroups", "localisation", "reporting",
            "scope", "shift",
            "warnings",
    }  # fmt: skip
    assert {"rank": "note", "name": "unmatched_findings"}.items() <= metrics["warnings"][-1].items()
    ranks = [("serious", "caution", "note").index(warning["rank"]) for warning in metrics["warnings"]]
    assert ranks == sorted(ranks)


def test_the_table_holds_what_the_network_says_of_each_image(run: Path, results: Path) -> None:
    bundle, dataset, predictions = read_bundle(run), open_dataset(find_dataset(run)), read_predictions(results)
    rows = dataset.indices("test")
    batch = np.stack([bundle.model_input(dataset.pixels(int(row))) for row in rows])[:, None]
    with torch.inference_mode():
        logits = load_model(bundle)(torch.from_numpy(batch)).numpy()
    np.testing.assert_array_equal(predictions.image_ids, dataset.image_ids[rows])
    np.testing.assert_allclose(predictions.logits, logits[:, [0, 2]], rtol=1e-4, atol=1e-4)


def test_overlays_are_pictures_named_by_finding_kind_and_image(results: Path) -> None:
    paths = sorted((results / "overlays").iterdir())
    assert {path.name.split("-")[0] for path in paths} == {column_prefix("Effusion"), "cardiomegaly"}
    assert all(cv2.imread(str(path)).shape[1] == 2 * 64 + 4 for path in paths)


def test_the_report_names_the_findings_that_do_not_match(results: Path) -> None:
    assert "without labels in this dataset: Hernia." in (results / "report.html").read_text()


def test_an_evaluation_again_writes_the_same_bytes(run: Path, results: Path) -> None:
    before = {path.name: path.read_bytes() for path in results.iterdir() if path.is_file()}
    (results / "overlays" / "old.png").write_bytes(b"of an evaluation before")
    evaluate(run, precision="fp32", asked=Request(report=True), chance=Chance(50))
    after = {path.name: path.read_bytes() for path in results.iterdir() if path.is_file()}
    assert after.keys() == before.keys()
    assert [name for name in after if after[name] != before[name]] == []
    assert not (results / "overlays" / "old.png").exists()


def test_without_the_report_only_figures_and_table_are_written(run: Path) -> None:
    folder = evaluate(run, split="val", precision="fp32", chance=FEW)
    assert {path.name for path in folder.iterdir()} == {"metrics.json", "predictions.parquet"}


def test_other_data_are_held_against_the_own_which_are_evaluated_first(tmp_path: Path) -> None:
    run, reading, told = make_run(tmp_path), Reading(size=64), []
    own = open_dataset(find_dataset(run))
    training_data = {"name": own.name, "split_sha256": own.split_sha256}
    shutil.rmtree(run / "bundle")
    make_bundle(run / "bundle", findings=MODEL_FINDINGS, training_data=training_data)
    other = make_dataset(
        tmp_path / "other", name="other", seed=1, count=40, reading=reading.to_json(),
        reading_fingerprint=reading.fingerprint(),
    )  # fmt: skip
    findings = Request(only=["findings"])
    evaluate(run, dataset=other, split="all", asked=findings, precision="fp32", chance=FEW, tell=told.append)
    assert not told and not (run / "eval/tiny-test").exists()
    report = Request(report=True)
    folder = evaluate(run, dataset=other, split="all", asked=report, precision="fp32", chance=FEW, tell=told.append)
    assert folder == run / "eval" / "other-all"
    assert told == ["first tiny-test, the model's own held-out images, to hold other against them"]
    assert json.loads((run / "eval/tiny-test/metrics.json").read_text())["n_images"] == 12
    metrics = json.loads((folder / "metrics.json").read_text())
    assert [*metrics["external"]["findings"]] == ["Effusion", "Cardiomegaly"]
    assert metrics["external"]["populations"]["external"]["n_images"] == 40
    assert 'id="external"' in (folder / "report.html").read_text()


def test_data_with_patients_of_the_training_are_refused_until_they_are_left_out(tmp_path: Path) -> None:
    run, reading = make_run(tmp_path), Reading(size=64)
    own = open_dataset(find_dataset(run))
    seen = own.patient_ids[own.indices("train")[:4]].tolist()
    TrainedPatients.of(own.description.hash_key_id, {"train": seen}).write(run / "patients.json")
    other = make_dataset(
        tmp_path / "other", name="other", reading=reading.to_json(), reading_fingerprint=reading.fingerprint(), seed=1
    )
    with pytest.raises(UserError, match="was fitted to 2 of the 30 patients"):
        evaluate(run, dataset=other, split="all", precision="fp32", chance=FEW)
    folder = evaluate(run, dataset=other, split="all", precision="fp32", treatment="leave_out", chance=FEW)
    assert len(read_predictions(folder).image_ids) == 56


def test_a_model_whose_scores_are_no_numbers_is_refused(tmp_path: Path) -> None:
    run = make_run(tmp_path)
    weights = load_file(read_bundle(run).weights)
    weights["head.bias"][0] = np.nan
    save_file(weights, read_bundle(run).weights)
    with pytest.raises(UserError, match="its scores of 12 of 12 images are no numbers; train anew"):
        evaluate(run, precision="fp32", chance=FEW)
    assert not (run / "eval/tiny-test/metrics.json").exists()


def test_a_bundle_alone_is_evaluated_on_a_named_dataset(run: Path, tmp_path: Path) -> None:
    shutil.copytree(run / "bundle", tmp_path / "model")
    folder = evaluate(tmp_path / "model", dataset=find_dataset(run), precision="fp32", chance=FEW)
    assert folder == tmp_path / "model" / "eval" / "tiny-test"


def test_a_bundle_alone_does_not_know_a_dataset(run: Path, tmp_path: Path) -> None:
    shutil.copytree(run / "bundle", tmp_path / "model")
    with pytest.raises(UserError, match="name one with --data"):
        evaluate(tmp_path / "model")


def test_a_dataset_read_otherwise_is_refused_with_both_fingerprints(run: Path, tmp_path: Path) -> None:
    other, expected = Reading(size=32), read_bundle(run).metadata.reading_fingerprint
    make_dataset(tmp_path / "other", size=32, reading=other.to_json(), reading_fingerprint=other.fingerprint())
    theirs, ours = f"size 32 .fingerprint {other.fingerprint()}", f"size 64 .fingerprint {expected}"
    with pytest.raises(UserError, match=f"read with {theirs}.*expects {ours}.*make the dataset with the model's"):
        evaluate(run, dataset=tmp_path / "other")


def test_a_model_of_other_findings_is_refused_with_both_lists(run: Path, tmp_path: Path) -> None:
    fingerprint = read_bundle(run).metadata.reading_fingerprint
    make_dataset(tmp_path / "other", findings=["Mass"], reading_fingerprint=fingerprint)
    with pytest.raises(UserError, match=r"knows Effusion, Hernia, Cardiomegaly; .* labels of Mass; evaluate on"):
        evaluate(run, dataset=tmp_path / "other")


def test_chosen_analyses_and_columns_stand_in_figures_and_command(run: Path, tmp_path: Path) -> None:
    shutil.copytree(run / "bundle", tmp_path / "model")
    asked = Request(report=True, only=["subgroups"], subgroups=["file_size"])
    folder = evaluate(tmp_path / "model", dataset=find_dataset(run), asked=asked, precision="fp32", chance=FEW)
    metrics, page = json.loads((folder / "metrics.json").read_text()), (folder / "report.html").read_text()
    assert metrics["subgroups"]["same_in_all_images"]["file_size"] == "64 × 64"
    assert not {"findings", "model", "shortcuts"} & set(metrics)
    assert "--only subgroups --subgroup file_size --resamples 20" in page


def test_what_is_skipped_is_missing_and_said_in_the_command(run: Path, tmp_path: Path) -> None:
    shutil.copytree(run / "bundle", tmp_path / "model")
    asked = Request(report=True, skip=["examples", "shortcuts"])
    folder = evaluate(tmp_path / "model", dataset=find_dataset(run), asked=asked, precision="fp32", chance=FEW)
    assert "shortcuts" not in json.loads((folder / "metrics.json").read_text())
    assert not (folder / "overlays").exists()
    assert "--skip examples shortcuts --resamples" in (folder / "report.html").read_text()


def test_a_column_that_is_not_there_is_named_with_those_that_are(run: Path) -> None:
    known = "view, sex, age, source, scanner, file_size, spacing_mm, transfer_syntax$"
    with pytest.raises(ConfigurationError, match=f"--subgroup ward: .* has no such column; there are {known}"):
        evaluate(run, asked=Request(subgroups=["ward"]))


def test_an_unknown_split_is_refused(run: Path) -> None:
    with pytest.raises(UserError, match=r"no split 'tset'"):
        evaluate(run, split="tset")


def test_a_dataset_that_is_gone_is_named(tmp_path: Path) -> None:
    run = make_run(tmp_path)
    shutil.rmtree(tmp_path / "data")
    with pytest.raises(UserError, match="there is no such dataset folder"):
        evaluate(run)


def test_another_map_stands_over_the_examples_and_in_the_command(run: Path) -> None:
    asked = Request(report=True, only=["examples"], cam="layercam")
    folder = evaluate(run, precision="fp32", asked=asked, chance=FEW)
    page = (folder / "report.html").read_text()
    assert "under the LayerCAM of the finding" in page and "--cam layercam" in page
