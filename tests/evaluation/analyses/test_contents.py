"""What the analyses write into tiles, tables and words, counted again from the dataset."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from tests.datasets import make_dataset
from tests.evaluation.builders import make_evidence
from xray_resnet.evaluation.analyses.data import analyse_data
from xray_resnet.evaluation.analyses.findings import analyse_findings, describe_aurocs
from xray_resnet.evaluation.analyses.model import analyse_model
from xray_resnet.evaluation.evidence import Evidence
from xray_resnet.evaluation.methods import letter_methods
from xray_resnet.evaluation.result import Result
from xray_resnet.findings import LabelState
from xray_resnet.metrics import Estimate
from xray_resnet.store import open_dataset


@pytest.fixture(scope="module")
def evidence(tmp_path_factory: pytest.TempPathFactory) -> Evidence:
    return make_evidence(open_dataset(make_dataset(tmp_path_factory.mktemp("data") / "tiny", count=60)))


def values_of(result: Result) -> dict[str, Any]:
    assert result.section is not None
    return dict(result.section.values)


def test_the_splits_are_counted_in_images_patients_and_positives(evidence: Evidence) -> None:
    """60 % of 60 images, of patients with two images each, all of them assessed."""
    train, *_ = values_of(analyse_data(evidence))["splits"]
    positives = (evidence.dataset.states[:36] == 1).sum(axis=0)
    assert (train["name"], train["n_images"], train["n_patients"]) == ("train", 36, 18)
    assert train["findings"] == {
        finding: (count, pytest.approx(count / 36))
        for finding, count in zip(evidence.findings, positives.tolist(), strict=True)
    }


def test_the_tile_of_the_data_counts_the_images_that_were_evaluated(evidence: Evidence) -> None:
    tile = analyse_data(evidence).tile
    assert tile is not None
    assert (tile.value, tile.note) == ("12", "of 6 simulated patients")


def test_the_main_tile_is_the_mean_auroc_with_its_interval(evidence: Evidence) -> None:
    everyone = make_evidence(evidence.dataset, split="all")
    tile, macro = analyse_findings(everyone).tile, everyone.ranking.macro
    aurocs = [finding.auroc.value for finding in everyone.ranking.findings]
    assert tile is not None and tile.is_main
    assert float(tile.value) == pytest.approx(np.mean([auroc for auroc in aurocs if auroc is not None]), abs=5e-4)
    assert tile.note == f"95 % {macro.low:.3f} to {macro.high:.3f}"
    assert (tile.label, tile.detail) == ("Macro AUROC", "2 of 2 findings")


def test_the_auroc_of_a_single_finding_is_no_average(evidence: Evidence) -> None:
    alone = make_evidence(evidence.dataset, split="all")
    tile = analyse_findings(replace(alone, predictions=alone.predictions.choose(["Effusion"]))).tile
    assert tile is not None
    assert (tile.label, tile.detail) == ("AUROC", "Pleural effusion")


def test_labels_that_reports_do_not_mention_are_counted(evidence: Evidence) -> None:
    states = evidence.predictions.states.copy()
    states[:3, 0] = LabelState.UNMENTIONED
    silent = replace(evidence, predictions=replace(evidence.predictions, states=states))
    assert [values_of(analyse_findings(each))["unmentioned"] for each in (evidence, silent)] == [0, 3]


def test_a_macro_average_without_an_interval_shows_why(evidence: Evidence) -> None:
    states = np.zeros_like(evidence.predictions.states)
    result = analyse_findings(replace(evidence, predictions=replace(evidence.predictions, states=states)))
    assert result.tile is not None
    assert result.tile.value == "–" and "95 %" not in result.tile.note and result.tile.note != "None"


def test_plots_are_told_in_words_with_three_decimals(evidence: Evidence) -> None:
    finding = evidence.ranking.findings[0]
    figures = (Estimate(0.87654), Estimate(None, why_null="no positive image"))
    names = ("Nodule", "Pleural_Thickening")
    findings = tuple(replace(finding, name=name, auroc=auroc) for name, auroc in zip(names, figures, strict=True))
    text = describe_aurocs("AUROC", replace(evidence.ranking, findings=findings))
    assert text == "AUROC: Lung nodule 0.877, Pleural Thickening undefined"


def test_facts_of_the_model_are_words(evidence: Evidence) -> None:
    facts = {"findings": ["A", "B"], "training_data": {"name": "x", "images": 3}, "notes": [], "precision": "fp32"}
    rows = values_of(analyse_model(replace(evidence, model={**facts, "seed_of_split": None})))["facts"]
    assert rows == [
        ("findings", "A, B"),
        ("training data", "name: x; images: 3"),
        ("notes", "none"),
        ("precision", "fp32"),
        ("seed of split", "–"),
    ]


def test_methods_are_lettered_in_the_order_in_which_they_come() -> None:
    methods = ["bootstrap", None, "normal", "bootstrap", "exact"]
    letters = letter_methods(Estimate(0.5, method=method) for method in methods)
    assert list(letters.items()) == [("bootstrap", "a"), ("normal", "b"), ("exact", "c")]
