"""How well findings are ranked: the keys in metrics.json, and undefined as null with the reason."""

import json
from dataclasses import replace

import numpy as np
import pytest

from tests.evaluation.builders import make_predictions, make_ranking
from xray_resnet.findings import LabelState


def test_metrics_have_the_documented_keys() -> None:
    metrics = make_ranking(make_predictions()).to_json()
    assert [*metrics] == ["findings", "macro"]
    assert [*metrics["findings"]["Cardiomegaly"]] == [
        "n_positive", "n_negative", "n_ignored", "auroc", "auroc_low", "auroc_high", "average_precision", "why_null",
        "method", "average_precision_interval", "partial_auroc",
    ]  # fmt: skip
    assert [*metrics["findings"]["Cardiomegaly"]["partial_auroc"]] == [
        "max_fpr", "value", "low", "high", "method", "why_null",
    ]  # fmt: skip
    assert metrics["findings"]["Cardiomegaly"]["why_null"] is None


def test_an_undefined_auroc_is_null_with_its_reason_and_not_in_the_macro_average() -> None:
    predictions = make_predictions()
    states = predictions.states.copy()
    states[:, 1] = LabelState.NEGATIVE
    metrics = json.loads(json.dumps(make_ranking(replace(predictions, states=states)).to_json(), allow_nan=False))
    undefined = metrics["findings"]["Pleural_Thickening"]
    assert (undefined["auroc"], undefined["auroc_low"], undefined["average_precision"]) == (None, None, None)
    assert undefined["why_null"] == "no positive image"
    assert metrics["macro"]["auroc"] == metrics["findings"]["Cardiomegaly"]["auroc"]
    assert metrics["macro"]["n_findings"] == 1


def test_counts_follow_the_label_states() -> None:
    predictions = make_predictions(patients=10, images=1)
    states = predictions.states.copy()
    states[:, 0] = [1, 1, 1, 0, 0, -1, -1, 2, 2, 3]
    finding = make_ranking(replace(predictions, states=states)).findings[0]
    assert (finding.n_positive, finding.n_negative, finding.n_ignored) == (3, 4, 3)
    assert finding.prevalence == pytest.approx(3 / 7)


def test_the_interval_holds_the_value() -> None:
    finding = make_ranking(make_predictions()).findings[0]
    assert finding.auroc.low is not None and finding.auroc.value is not None and finding.auroc.high is not None
    assert finding.auroc.low < finding.auroc.value < finding.auroc.high


def test_a_partial_auroc_of_few_patients_has_no_interval_and_says_why() -> None:
    metrics = make_ranking(make_predictions()).to_json()["findings"]["Cardiomegaly"]
    assert metrics["partial_auroc"]["value"] is not None and metrics["partial_auroc"]["low"] is None
    assert "too few patients" in metrics["partial_auroc"]["why_null"]
    assert metrics["average_precision_interval"]["low"] < metrics["average_precision"]


def test_nothing_assessed_leaves_every_figure_null() -> None:
    predictions = make_predictions()
    nothing = np.full_like(predictions.states, LabelState.NOT_ASSESSED)
    metrics = make_ranking(replace(predictions, states=nothing)).to_json()
    assert metrics["macro"]["auroc"] is None
    assert metrics["findings"]["Cardiomegaly"]["why_null"] == "no assessed image"
