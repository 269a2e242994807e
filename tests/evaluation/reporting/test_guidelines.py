"""Reporting guidelines: every item is there once, filled from what is known, and open where the fact is absent."""

import csv
import io
from collections.abc import Mapping
from copy import deepcopy
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.datasets import make_dataset
from tests.evaluation.builders import make_evidence, make_output
from xray_resnet.evaluation.amendment import Amendment
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
    assert told["26"] == "The highest validation macro AUROC: epoch 2 of 3, 0.900."
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


def test_an_average_that_validation_prefers_is_what_was_chosen(evidence: Evidence, results: Results) -> None:
    train = {"train": {**TRAIN, "soup_epochs": 2}}
    for soup, chosen in (("0.95", "the average of the last 2 of 3 epochs, 0.950"), ("0.85", "epoch 2 of 3, 0.900")):
        epochs = [*RECORD.epochs[:2], {**RECORD.epochs[2], "soup_val_macro_auroc": soup}]
        told = replace(evidence, record=replace(RECORD, settings=RECORD.settings | train, epochs=epochs))
        assert texts(told, results)["26"] == f"The highest validation macro AUROC: {chosen}."
        assert f"(chose {chosen[:-7]})" in str(texts(told, results)["37"])


def test_steps_of_several_batches_and_smaller_images_are_told(evidence: Evidence, results: Results) -> None:
    train = {**TRAIN, "accumulate": 4, "devices": 2, "nodes": 0, "smaller_first": {64: 0.5}}
    record = replace(RECORD, settings={**RECORD.settings, "train": train})
    told = str(texts(replace(evidence, record=record), results)["25"])
    assert "A step takes the gradients of 4 batches." in told
    assert "Shared by 2 processes on 1 machines." in told
    assert "Smaller images first: 64² for 50 % of the epochs." in told


def test_groups_fill_their_items_only_if_they_could_be_compared(evidence: Evidence, results: Results) -> None:
    none, views, sexes = (compare_by(evidence, results, fact) for fact in (None, "view", "sex"))
    assert (none["12d"], none["23b"], views["14"]) == (None, None, None)
    assert views["12d"] == "AUROC in each group beside the rest, Holm's correction: view."
    assert sexes["14"] == "AUROC in groups of sex beside the rest, with intervals."
    assert sexes["23b"] == "No finding is ranked worse in a group than in the rest, after the correction."


def compare_by(evidence: Evidence, results: Results, fact: str | None) -> Mapping[str, str | None]:
    """TRIPOD's items where groups of this fact alone could be compared."""
    figures = deepcopy(results["subgroups"].figures)
    for name, groups in figures["subgroups"]["facts"].items():
        for row in (row for rows in groups.values() for row in rows.values()):
            row["p_value"] = 0.5 if name == fact else None
    compared = replace(results["subgroups"], figures=figures, warnings=[])
    return texts(evidence, {**results, "subgroups": compared}, "tripod_ai")


def test_an_update_is_told_only_of_what_was_chosen_on_these_images(evidence: Evidence, results: Results) -> None:
    told = texts(evidence, results, "tripod_ai")
    assert (told["12f"], told["24"]) == ("None for these images: the model is the bundle's.", None)
    output = make_output(evidence.findings)
    assert output.calibration is not None and output.operating_points is not None
    here = replace(output.calibration, basis=evidence.basis)
    amended = replace(evidence, amendment=Amendment(replace(output, calibration=here), {}, {}))
    told = texts(amended, results, "tripod_ai")
    assert told["12f"] == told["24"] == "Chosen on these images: calibration; the weights are as trained."


def test_failures_are_promised_only_of_findings_with_both_classes(evidence: Evidence, results: Results) -> None:
    assert "false alarms of Cardiomegaly" in str(texts(evidence, results)["39"])
    states = evidence.predictions.states.copy()
    states[:, 0] = LabelState.NEGATIVE
    without = replace(evidence, predictions=replace(evidence.predictions, states=states))
    assert "Cardiomegaly" not in str(texts(without, results)["39"])


def test_a_manufacturer_alone_is_no_acquisition(evidence: Evidence, results: Results) -> None:
    assert known_acquisition(evidence, results, Manufacturer="SIEMENS") is None
    told = known_acquisition(evidence, results, Manufacturer="SIEMENS", ManufacturerModelName="FD-X")
    count = len(evidence.rows)
    assert told == (
        f"From the headers, Manufacturer (of {count} of {count} images): SIEMENS; ManufacturerModelName (of {count} of "
        f"{count} images): FD-X. Tube voltage, exposure and grid are not kept; add them."
    )


def known_acquisition(evidence: Evidence, results: Results, **facts: str) -> str | None:
    """CLAIM's item 13 of images whose headers say this."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Evidence, "fact", lambda self, name: [facts.get(name)] * len(self.rows))
        return texts(evidence, results)["13"]


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
    again = {**evidence.model, "training_data": {"name": "tiny", "split_sha256": "another"}}
    assert texts(other, results)["33"] is None
    assert texts(replace(unseen, model=again), results)["33"] is None
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
