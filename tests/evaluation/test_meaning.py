"""From an evaluation on validation to decisions on test, through the bundle's own files."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.bundles import make_metadata, make_model
from tests.datasets import make_dataset
from xray_resnet.bundle import read_bundle, save_bundle
from xray_resnet.dicom import Reading
from xray_resnet.evaluation.amend_options import AmendOptions
from xray_resnet.evaluation.evaluate import evaluate
from xray_resnet.evaluation.evidence import Chance
from xray_resnet.evaluation.predictions import Predictions, read_predictions
from xray_resnet.evaluation.request import Request
from xray_resnet.metrics.calibration import log_loss
from xray_resnet.metrics.operating import Criterion
from xray_resnet.store import open_dataset
from xray_resnet.triage import Promise, Promises

FINDINGS = ("Cardiomegaly", "Effusion")


def metrics_of(folder: Path) -> dict[str, Any]:
    content: dict[str, Any] = json.loads((folder / "metrics.json").read_text())
    return content


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run on 600 images, two a patient, with a random network."""
    folder = tmp_path_factory.mktemp("work")
    reading = Reading(size=64)
    make_dataset(folder / "data", count=600, reading=reading.to_json(), reading_fingerprint=reading.fingerprint())
    metadata = make_metadata(findings=FINDINGS)
    metadata.training_data["split_sha256"] = open_dataset(folder / "data").split_sha256
    save_bundle(folder / "run" / "bundle", make_model(metadata), metadata)
    (folder / "run" / "config.yaml").write_text(f"data:\n  cache: {folder / 'data'}\n")
    return folder / "run"


@pytest.fixture(scope="module")
def validation(run: Path) -> Path:
    return evaluate(run, split="val", precision="fp32", chance=Chance(50))


@pytest.fixture(scope="module")
def held_out(run: Path, validation: Path) -> Path:
    """Depends on the validation, which amends the bundle."""
    options = AmendOptions(prevalence={"Effusion": 0.03})
    return evaluate(run, options=options, precision="fp32", asked=Request(report=True), chance=Chance(50))


def test_validation_writes_into_the_bundle_what_it_says(run: Path, validation: Path) -> None:
    output, metrics = read_bundle(run).metadata.output, metrics_of(validation)
    assert output.operating_points is not None
    assert output.operating_points.basis.split == "val"
    assert output.operating_points.basis.patients == 60
    assert output.operating_points.basis.engine == metrics["model"]["engine"]
    for finding, point in output.operating_points.findings.items():
        assert metrics["operating_points"]["findings"][finding]["logit"] == point.logit
    assert metrics["operating_points"]["on_these_images"] and metrics["calibration"]["left_out"]


def test_the_test_split_is_decided_by_the_frozen_points(run: Path, held_out: Path) -> None:
    output, predictions, metrics = read_bundle(run).metadata.output, read_predictions(held_out), metrics_of(held_out)
    decisions = output(predictions.logits).decisions
    assert output.operating_points is not None and not metrics["operating_points"]["on_these_images"]
    for column, finding in enumerate(FINDINGS):
        figures, labels = metrics["operating_points"]["findings"][finding]["figures"], predictions.labels[:, column]
        assert figures["true_positives"] == ((decisions[:, column] == 1) & (labels == 1)).sum()
        assert figures["false_positives"] == ((decisions[:, column] == 1) & (labels == 0)).sum()


def test_the_test_split_is_calibrated_by_the_frozen_calibration(run: Path, held_out: Path) -> None:
    output, predictions, metrics = read_bundle(run).metadata.output, read_predictions(held_out), metrics_of(held_out)
    assert not metrics["calibration"]["left_out"]
    probabilities = output(predictions.logits).probabilities
    for column, finding in enumerate(FINDINGS):
        after = metrics["calibration"]["findings"][finding]["after"]
        if after is not None:
            assert after["log_loss"] == pytest.approx(log_loss(predictions.labels[:, column], probabilities[:, column]))


def test_predictive_values_stand_at_the_stated_prevalence(held_out: Path) -> None:
    findings = metrics_of(held_out)["operating_points"]["findings"]
    assert findings["Cardiomegaly"]["where_used"] == {"prevalence": None, "ppv": None, "npv": None}
    used, figures = findings["Effusion"]["where_used"], findings["Effusion"]["figures"]
    hit, alarm = 0.03 * figures["sensitivity"]["value"], 0.97 * (1 - figures["specificity"]["value"])
    assert used["ppv"]["value"] == pytest.approx(hit / (hit + alarm))
    assert used["ppv"]["low"] <= used["ppv"]["value"] <= used["ppv"]["high"]


def test_the_report_shows_both_sections_and_the_command_with_the_prevalence(held_out: Path) -> None:
    page = (held_out / "report.html").read_text()
    assert all(f'<section id="{name}"' in page for name in ("calibration", "operating_points", "triage"))
    assert "--prevalence" in page and "where it is used" in page
    assert ">None<" not in page


def test_a_second_validation_writes_the_same_bytes(run: Path, validation: Path) -> None:
    before = (run / "bundle/configs/metadata.json").read_bytes(), (validation / "metrics.json").read_bytes()
    evaluate(run, split="val", precision="fp32", chance=Chance(50))
    assert before == ((run / "bundle/configs/metadata.json").read_bytes(), (validation / "metrics.json").read_bytes())


def test_an_evaluation_that_is_told_not_to_leaves_the_bundle_and_says_what_flatters(
    run: Path, validation: Path
) -> None:
    before = (run / "bundle/configs/metadata.json").read_bytes()
    folder = evaluate(run, split="val", options=AmendOptions(False), precision="fp32", chance=Chance(20))
    assert (run / "bundle/configs/metadata.json").read_bytes() == before
    names = {warning["name"] for warning in metrics_of(folder)["warnings"]}
    assert "points_chosen_on_these_images" in names


def test_another_criterion_is_written_and_told(run: Path, validation: Path) -> None:
    options, told = AmendOptions(criterion=Criterion("sensitivity", 0.9)), list[str]()
    folder = evaluate(run, split="val", options=options, precision="fp32", tell=told.append, chance=Chance(20))
    assert (
        len(told) == 1
        and "operating points for Cardiomegaly, Effusion and no triage, and flags no film as out of scope" in told[0]
    )
    predictions, output = read_predictions(folder), read_bundle(run).metadata.output
    assert output.operating_points is not None
    for finding, point in output.operating_points.findings.items():
        assert point.criterion == "sensitivity 0.9"
        assert _sensitivity(predictions, finding, point.logit) >= 0.9
    evaluate(run, split="val", precision="fp32", chance=Chance(50))


def test_by_default_a_ppv_and_an_npv_are_promised_or_refused(run: Path, validation: Path) -> None:
    output, metrics = read_bundle(run).metadata.output, metrics_of(validation)
    assert output.triage is not None and output.operating_points is not None
    assert set(output.triage.findings) == set(FINDINGS) and output.triage.basis == output.operating_points.basis
    for finding, triage in output.triage.findings.items():
        assert triage.rule_in.promise == Promise("predictive value", 0.9, 0.95)
        assert triage.rule_out.promise == Promise("predictive value", 0.95, 0.95)
        said = metrics["triage"]["findings"][finding]
        for side, edge in (("rule_in", triage.rule_in), ("rule_out", triage.rule_out)):
            assert (said[side]["logit"], said[side]["why_null"]) == (edge.logit, edge.why_null)
            assert (said[side]["needed"], said[side]["verdict"]) == (edge.needed, None)


def test_promises_go_into_the_bundle_and_decide_other_images(run: Path, validation: Path) -> None:
    """So little is promised that any film may be called; the report says so, and how to make it again."""
    promises = Promises(Promise("error rate", 0.7, 0.9), Promise("error rate", 0.8, 0.9))
    folder = evaluate(
        run,
        split="val",
        options=AmendOptions(promises=promises),
        precision="fp32",
        asked=Request(report=True),
        chance=Chance(20),
    )
    output, page = read_bundle(run).metadata.output, (folder / "report.html").read_text()
    assert "--fpr 0.7 --fnr 0.8 --confidence 0.9" in page and '<section id="triage"' in page
    assert output.triage is not None and output.triage.list_deciding() == [*FINDINGS]
    held_out = evaluate(run, precision="fp32", chance=Chance(20))
    triage = output(read_predictions(held_out).logits).triage
    for column, finding in enumerate(FINDINGS):
        said = metrics_of(held_out)["triage"]["findings"][finding]
        assert said["rule_in"]["called"] == (triage[:, column] == 1).sum() > 0
        assert said["rule_out"]["called"] == (triage[:, column] == 0).sum() > 0
    evaluate(run, split="val", precision="fp32", chance=Chance(50))


def _sensitivity(predictions: Predictions, finding: str, logit: float) -> float:
    column = predictions.findings.index(finding)
    return float(np.mean(predictions.logits[predictions.labels[:, column] == 1, column] >= logit))
