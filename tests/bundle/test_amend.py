"""What a model says is kept in its bundle, amended in place, and never believed without a look."""

import json
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.builders import make_chest, write_picture
from tests.bundles import FINDINGS, make_bundle, make_metadata
from xray_resnet import Predictor
from xray_resnet.basis import Basis
from xray_resnet.bundle import amend_bundle, read_bundle
from xray_resnet.bundle.metadata import METADATA, MODEL_CARD, ONNX, WEIGHTS
from xray_resnet.bundle.model_card import describe_scores
from xray_resnet.errors import UserError
from xray_resnet.model_output import (
    Calibrations,
    IsotonicCalibration,
    LinearCalibration,
    ModelOutput,
    OperatingPoint,
    OperatingPoints,
    PrevalenceShift,
    Triages,
)
from xray_resnet.triage import Edge, Promise, Triage

PPV, NPV = Promise("predictive value", 0.9), Promise("predictive value", 0.95)
TRIAGE = Triages(
    Basis("phantom", "val", 31, "OpenVINO on CPU", "fp32"),
    {
        "Cardiomegaly": Triage(Edge(PPV, 90.0, 31), Edge(NPV, None, 31, 59, "31 patients are too few")),
        "Nodule": Triage(Edge(PPV, None, 31, why_null="no threshold shows it"), Edge(NPV, None, 31, why_null="none")),
    },
)

OUTPUT = ModelOutput(
    FINDINGS,
    Calibrations(
        Basis("phantom", "val", 31, "OpenVINO on CPU", "fp32"),
        {"Nodule": LinearCalibration(0.5, 0.25), "Cardiomegaly": IsotonicCalibration((-1.0, 1.0), (0.0, 1.0))},
        {"Cardiomegaly": PrevalenceShift(0.4, 0.02)},
    ),
    OperatingPoints(
        Basis("phantom", "val", 31, "OpenVINO on CPU", "fp32"),
        {name: OperatingPoint("sensitivity 0.95", -9.0) for name in ("Cardiomegaly", "Nodule")},
    ),
    TRIAGE,
)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return make_bundle(tmp_path / "bundle")


def change(folder: Path, **values: Any) -> None:
    content = json.loads((folder / METADATA).read_text())
    content["xray_resnet"] |= values
    (folder / METADATA).write_text(json.dumps(content))


def test_what_was_amended_is_read_again(folder: Path) -> None:
    amended = amend_bundle(read_bundle(folder), OUTPUT)
    assert amended.metadata.output == read_bundle(folder).metadata.output == OUTPUT


def test_weights_and_graph_are_not_written_again(folder: Path) -> None:
    before = {name: (folder / name).stat().st_mtime_ns for name in (WEIGHTS, ONNX)}
    amend_bundle(read_bundle(folder), OUTPUT)
    assert {name: (folder / name).stat().st_mtime_ns for name in (WEIGHTS, ONNX)} == before


def test_the_model_card_says_what_was_made_and_on_whom(folder: Path) -> None:
    assert "| calibration | none |" in (folder / MODEL_CARD).read_text()
    amend_bundle(read_bundle(folder), OUTPUT)
    card = (folder / MODEL_CARD).read_text()
    assert "| operating points | Cardiomegaly, Nodule (31 patients of phantom, val; OpenVINO on CPU, fp32) |" in card
    assert "Probabilities are calibrated for Nodule, Cardiomegaly." in card
    assert "They are corrected to a prevalence of: Cardiomegaly 2 %." in card


def test_the_model_card_says_what_is_promised_and_for_whom(folder: Path) -> None:
    assert "| triage | none |" in (folder / MODEL_CARD).read_text()
    amend_bundle(read_bundle(folder), OUTPUT)
    card = (folder / MODEL_CARD).read_text()
    assert "| triage | Cardiomegaly (31 patients of phantom, val; OpenVINO on CPU, fp32) |" in card
    assert (
        "Decisions are positive or negative for Nodule. Decisions are rule-in, rule-out or uncertain for Cardiomegaly. "
        "Films are ruled in with a PPV of at least 0.9 at confidence 0.95 for Cardiomegaly. "
        "This is promised for patients like the 31 of phantom, val, and for no others."
    ) in card
    assert "ruled out with" not in card


def test_every_promise_is_told_with_its_own_findings() -> None:
    given = TRIAGE.findings["Cardiomegaly"]
    lower = Triage(Edge(Promise("predictive value", 0.8), 90.0, 31), given.rule_out)
    made = Triages(TRIAGE.basis, {"A": given, "B": lower, "C": given})
    metadata = replace(make_metadata(), output=ModelOutput(("A", "B", "C"), triage=made))
    said = describe_scores(metadata)
    assert "a PPV of at least 0.9 at confidence 0.95 for A, C. Films" in said
    assert "a PPV of at least 0.8 at confidence 0.95 for B. This" in said


@pytest.mark.parametrize(
    ("trained_on", "split", "said"), [("phantom", "val", 1), ("phantom", "test", 0), ("nih", "val", 0)]
)
def test_the_model_card_says_that_validation_chose_the_epoch(trained_on: str, split: str, said: int) -> None:
    output = ModelOutput(FINDINGS, triage=replace(TRIAGE, basis=replace(TRIAGE.basis, split=split)))
    metadata = replace(make_metadata(), output=output, training_data={"name": trained_on})
    assert describe_scores(metadata).count("They chose the epoch of the network, too") == said


def test_a_model_card_without_a_promise_names_no_patients(folder: Path) -> None:
    none_given = Triages(TRIAGE.basis, {"Nodule": TRIAGE.findings["Nodule"]})
    amend_bundle(read_bundle(folder), ModelOutput(FINDINGS, triage=none_given))
    card = (folder / MODEL_CARD).read_text()
    assert "| triage | no finding (31 patients" in card
    assert "promised" not in card


def test_predictions_carry_probability_and_decision(folder: Path, tmp_path: Path) -> None:
    picture = np.uint8(make_chest(80, 80, np.random.default_rng(0)) * 255)
    film = write_picture(tmp_path / "film.png", picture)
    amend_bundle(read_bundle(folder), OUTPUT)
    prediction = next(Predictor(folder).predict([film]))
    logit = np.log(prediction.scores["Nodule"] / (1 - prediction.scores["Nodule"]))
    assert prediction.probabilities["Nodule"] == pytest.approx(1 / (1 + np.exp(-0.5 * logit - 0.25)))
    assert set(prediction.probabilities) == {"Nodule", "Cardiomegaly"}
    assert prediction.decisions == {"Cardiomegaly": "uncertain", "Nodule": "positive"}


def test_other_findings_are_not_written(folder: Path) -> None:
    with pytest.raises(ValueError, match="expected that of the bundle's"):
        amend_bundle(read_bundle(folder), ModelOutput(("Hernia",)))


def test_a_bundle_of_the_first_version_has_nothing_made(folder: Path) -> None:
    content = json.loads((folder / METADATA).read_text())
    content["xray_resnet"] |= {"schema_version": 1}
    (folder / METADATA).write_text(json.dumps(content))
    assert read_bundle(folder).metadata.output == ModelOutput(FINDINGS)


def test_a_bundle_from_before_the_triage_has_none(folder: Path) -> None:
    amend_bundle(read_bundle(folder), OUTPUT)
    content = json.loads((folder / METADATA).read_text())
    del content["xray_resnet"]["triage"]
    (folder / METADATA).write_text(json.dumps(content))
    assert read_bundle(folder).metadata.output == replace(OUTPUT, triage=None)


BASIS = {"dataset": "d", "split": "val", "patients": 3, "engine": "e", "precision": "fp32"}
LINE = {"Nodule": {"kind": "linear", "slope": 1.0, "intercept": 0.0}}


@pytest.mark.parametrize(
    "made",
    [
        {"basis": BASIS, "findings": {"Nodule": {"kind": "linear", "slope": -1.0, "intercept": 0.0}}},
        {"basis": BASIS, "findings": {"Nodule": {"kind": "isotonic", "logits": [0, 1], "probabilities": [0, 2]}}},
        {"basis": BASIS, "findings": {"Nodule": {"kind": "isotonic", "logits": [0, "1"], "probabilities": [0, 1]}}},
        {"basis": BASIS, "findings": {"Nodule": {"kind": "spline"}}},
        {"basis": BASIS, "findings": {"Nodule": {"kind": "linear", "slope": True, "intercept": 0.0}}},
        {"basis": BASIS, "findings": {"Nodule": {"kind": "linear", "slope": 10**400, "intercept": 0.0}}},
        {"basis": BASIS, "findings": {"Hernia": {"kind": "linear", "slope": 1.0, "intercept": 0.0}}},
        {"basis": BASIS, "findings": {}, "shifts": {"Nodule": {"given": 0.5, "wanted": 0.1}}},
        {"basis": BASIS, "findings": LINE, "shifts": {"Nodule": {"given": 0.5, "wanted": 1.0}}},
        {"basis": {}, "findings": {}},
        {"findings": {}},
        [1, 2],
    ],
)
def test_a_calibration_that_cannot_be_applied_is_refused(folder: Path, made: Any) -> None:
    change(folder, calibration=made)
    with pytest.raises(UserError, match="not the metadata of an xray_resnet bundle"):
        read_bundle(folder)


GIVEN = asdict(TRIAGE)["findings"]["Cardiomegaly"]


@pytest.mark.parametrize(
    "made",
    [
        {"basis": BASIS, "findings": {"Nodule": {**GIVEN, "rule_in": {**GIVEN["rule_in"], "logit": 10**400}}}},
        {"basis": BASIS, "findings": {"Nodule": {**GIVEN, "rule_in": {**GIVEN["rule_in"], "logit": "high"}}}},
        {"basis": BASIS, "findings": {"Nodule": {"rule_in": GIVEN["rule_in"]}}},
        {"basis": BASIS, "findings": {"Nodule": {**GIVEN, "rule_up": GIVEN["rule_in"]}}},
        {"basis": BASIS, "findings": {"Nodule": "rule-in"}},
        {"basis": BASIS, "findings": {"Nodule": {"rule_in": 1, "rule_out": 2}}},
        {"basis": BASIS, "findings": {"Hernia": GIVEN}},
        {"findings": {}},
        [1, 2],
        "all",
    ],
)
def test_a_triage_that_cannot_be_applied_is_refused_in_one_sentence(folder: Path, made: Any) -> None:
    change(folder, triage=made)
    with pytest.raises(UserError, match="not the metadata of an xray_resnet bundle") as refused:
        read_bundle(folder)
    assert "\n" not in str(refused.value)
