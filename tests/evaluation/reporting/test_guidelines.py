"""Reporting guidelines: every item is there once, filled from what is known, and open where the fact is absent."""

import csv
import io
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.datasets import make_dataset
from tests.evaluation.builders import make_evidence, make_output
from xray_resnet.evaluation.analyses import ANALYSES
from xray_resnet.evaluation.evidence import Evidence
from xray_resnet.evaluation.report import render_report
from xray_resnet.evaluation.reporting import FILE, GUIDELINES, report_on
from xray_resnet.evaluation.result import Results
from xray_resnet.evaluation.training_record import TrainingRecord
from xray_resnet.findings import LabelState
from xray_resnet.store import open_dataset

TRAIN = {
    "optimiser": "adamw", "learning_rate": 1e-3, "weight_decay": 0.01, "warmup": 0.1, "batch_size": 32, "epochs": 3,
    "loss": "bce", "seed": 0, "sampling": "shuffled", "positive_weighting": False,
}  # fmt: skip
RECORD = TrainingRecord(
    versions={"torch": "2.9"},
    pretraining={},
    settings={
        "train": TRAIN,
        "augment": {"geometry": 0.4},
        "data": {"split": {"train": 0.7, "val": 0.1, "test": 0.2, "seed": 0, "official": False}},
    },
    epochs=[
        {"epoch": "1", "val_macro_auroc": "0.7"},
        {"epoch": "2", "val_macro_auroc": "0.9"},
        {"epoch": "3", "val_macro_auroc": "0.8"},
    ],
)
SHOWN = ("findings", "calibration", "operating_points", "subgroups", "examples", "data", "model")


@pytest.fixture(scope="module")
def evidence(tmp_path_factory: pytest.TempPathFactory) -> Evidence:
    dataset = open_dataset(make_dataset(tmp_path_factory.mktemp("data") / "tiny", count=100))
    own = {"name": "tiny", "split_sha256": dataset.split_sha256}
    return replace(make_evidence(dataset, stated=make_output(dataset.findings), training_data=own), record=RECORD)


@pytest.fixture(scope="module")
def results(evidence: Evidence) -> Results:
    return {name: ANALYSES[name].analyse(evidence) for name in SHOWN}


def texts(evidence: Evidence, results: Results, guideline: str = "claim_2024") -> Mapping[str, str | None]:
    items = report_on(evidence, results).figures["reporting"]["guidelines"][guideline]["items"]
    return {item["number"]: item["text"] for item in items}


def test_claim_has_44_items_and_tripod_27_with_their_parts() -> None:
    claim, tripod = ([item.number for item in guideline.items] for guideline in GUIDELINES)
    assert claim == [str(number) for number in range(1, 45)]
    assert len(set(tripod)) == len(tripod) == 52
    assert {number.rstrip("abcdefg") for number in tripod} == {str(number) for number in range(1, 28)}


def test_what_a_run_tells_fills_its_items(evidence: Evidence, results: Results) -> None:
    told = texts(evidence, results)
    assert told["25"] is not None and "Optimiser adamw, learning rate 0.001" in told["25"]
    assert told["26"] == "The best epoch by validation macro AUROC: epoch 2 of 3, 0.900."
    assert told["24"] == "Fresh weights."
    assert told["23"] is not None and told["23"].startswith("Trained with torch 2.9. Evaluated with xray-resnet ")
    assert told["20"] == "Disjoint at the level of patients: none stands in two partitions."
    assert told["38"] is not None and f"{evidence.ranking.macro.value:.3f}" in told["38"]


def test_a_bundle_that_stands_alone_leaves_its_training_to_the_authors(evidence: Evidence, results: Results) -> None:
    told = texts(replace(evidence, record=None), results)
    assert [told[number] for number in ("19", "23", "24", "25", "26", "37")] == [None] * 6
    assert texts(replace(evidence, record=None), results, "tripod_ai")["13"] is None


def test_a_run_of_another_version_fills_nothing_by_half(evidence: Evidence, results: Results) -> None:
    record = replace(RECORD, settings={"train": {"optimiser": "adamw"}})
    told = texts(replace(evidence, record=record), results)
    assert (told["25"], told["19"]) == (None, None)


@pytest.mark.parametrize(("left_out", "number"), [("findings", "38"), ("examples", "39"), ("examples", "31")])
def test_an_analysis_that_did_not_run_leaves_its_item_open(
    evidence: Evidence, results: Results, left_out: str, number: str
) -> None:
    assert texts(evidence, results)[number]
    assert texts(evidence, {name: each for name, each in results.items() if name != left_out})[number] is None


def test_labels_of_unknown_making_leave_the_reference_standard_open(evidence: Evidence, results: Results) -> None:
    assert texts(evidence, results)["14"] is None


def test_missing_labels_are_counted_by_their_state(evidence: Evidence, results: Results) -> None:
    states = evidence.predictions.states.copy()
    states[:3, 0], states[:2, 1] = LabelState.UNCERTAIN, LabelState.UNMENTIONED
    missing = replace(evidence, predictions=replace(evidence.predictions, states=states))
    told = texts(missing, results)["12"]
    assert told is not None and f"Of {states.size} labels 3 uncertain, 0 not assessed, 2 unmentioned." in told


def test_refused_files_are_told_by_their_reason(
    evidence: Evidence, results: Results, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert texts(evidence, results)["35"] is None
    (evidence.dataset.folder / "rejected.csv").write_text("path,reason,detail\na,blank,\nb,blank,\nc,colour,\n")
    told = texts(evidence, results)["35"]
    (evidence.dataset.folder / "rejected.csv").unlink()
    assert told is not None and "103 files; 3 refused (blank 2; colour 1); 100 images" in told


def test_external_testing_is_told_only_of_patients_that_are_known_to_be_unseen(
    evidence: Evidence, results: Results
) -> None:
    other = replace(evidence, model={**evidence.model, "training_data": {"name": "other"}})
    unseen = replace(other, seen=replace(other.seen, patients=0))
    assert texts(other, results)["33"] is None
    assert texts(unseen, results)["33"] == "On tiny, split test, of whose patients the model was fitted to none."


def test_the_table_has_every_item_and_says_what_is_open(evidence: Evidence, results: Results) -> None:
    content = report_on(evidence, results).files[FILE].decode()
    rows = [*csv.DictReader(io.StringIO(content))]
    assert len(rows) == 44 + 52
    assert {row["status"] for row in rows} == {"filled", "open"}
    assert all((row["status"] == "open") == (row["text"] == "open: for the authors") for row in rows)


def test_the_page_counts_what_is_filled(evidence: Evidence, results: Results) -> None:
    reporting = report_on(evidence, results)
    page = render_report(evidence, {**results, "reporting": reporting}, command="xray-eval")
    guidelines: dict[str, Any] = reporting.figures["reporting"]["guidelines"]
    for each in guidelines.values():
        filled = sum(item["text"] is not None for item in each["items"])
        assert f"{filled} of {each['n_items']} filled" in page
        assert 0 < filled < each["n_items"]
    left = {item["title"] for each in guidelines.values() for item in each["items"] if item["text"] is None}
    assert {"Funding", "Ethics approval", "Abstract"} <= left
