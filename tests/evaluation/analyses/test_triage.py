"""What the analysis of the triage says, shows and warns of."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from tests.datasets import make_dataset
from tests.evaluation.builders import make_evidence, make_triage_output
from xray_resnet.evaluation.amendment import find_amendment
from xray_resnet.evaluation.analyses.triage import analyse_triage
from xray_resnet.evaluation.evidence import Evidence
from xray_resnet.evaluation.promises import measure_promises
from xray_resnet.evaluation.report import render_report
from xray_resnet.evaluation.triage_plot import list_shares
from xray_resnet.metrics.operating import Criterion
from xray_resnet.model_output import ModelOutput
from xray_resnet.store import Dataset, open_dataset
from xray_resnet.triage import Edge, Promise, Promises, Triage

FINDINGS = ("Cardiomegaly", "Effusion")

SHOWN = {"kept": "kept", "open": "undecided", "broken": "not met"}
"""Verdict → what the page calls it."""


@pytest.fixture(scope="module")
def dataset(tmp_path_factory: pytest.TempPathFactory) -> Dataset:
    return open_dataset(make_dataset(tmp_path_factory.mktemp("data") / "tiny", count=1000))


def evidence_of(dataset: Dataset, *, split: str = "test", **triage: Any) -> Evidence:
    return make_evidence(
        dataset, split=split, stated=make_triage_output(FINDINGS, **triage), training_data={"name": "tiny"}
    )


@pytest.fixture(scope="module")
def evidence(dataset: Dataset) -> Evidence:
    return evidence_of(dataset)


def warn(evidence: Evidence) -> dict[str, str]:
    return {caveat.name: caveat.rank.name for caveat in analyse_triage(evidence).warnings}


def text_of(name: str, evidence: Evidence) -> str:
    return next(caveat.text for caveat in analyse_triage(evidence).warnings if caveat.name == name)


def render(evidence: Evidence) -> str:
    return render_report(evidence, {"triage": analyse_triage(evidence)}, command="xray-eval").split("</style>")[1]


def figures_of(evidence: Evidence) -> dict[str, Any]:
    found: dict[str, Any] = analyse_triage(evidence).figures["triage"]
    return found


def test_films_are_counted_beyond_the_thresholds_of_the_bundle(evidence: Evidence) -> None:
    effusion = figures_of(evidence)["findings"]["Effusion"]
    labels, logits = evidence.predictions.labels[:, 1], evidence.predictions.logits[:, 1]
    assert effusion["rule_in"]["called"] == (logits >= 2).sum() > 0
    assert effusion["rule_in"]["errors"] == ((logits >= 2) & (labels == 0)).sum()
    assert effusion["rule_out"]["called"] == (logits < -2).sum() > 0
    assert effusion["rule_out"]["errors"] == ((logits < -2) & (labels == 1)).sum()
    assert effusion["uncertain"]["value"] == pytest.approx(((logits < 2) & (logits >= -2)).mean())


def test_thresholds_promises_and_patients_are_told(evidence: Evidence) -> None:
    figures = figures_of(evidence)
    assert figures["basis"]["patients"] == 12 and not figures["on_these_images"]
    rule_in = figures["findings"]["Effusion"]["rule_in"]
    assert rule_in["promise"] == {"measure": "predictive value", "limit": 0.9, "confidence": 0.95}
    assert (rule_in["logit"], rule_in["patients"]) == (2.0, 12)
    assert rule_in["score"] == pytest.approx(1 / (1 + np.exp(-2)))
    assert figures["joint_confidence"] == pytest.approx(0.9)


def test_a_promise_that_is_not_given_has_its_reason_and_what_it_needs(evidence: Evidence) -> None:
    refused = figures_of(evidence)["findings"]["Cardiomegaly"]["rule_in"]
    assert (refused["logit"], refused["score"], refused["verdict"], refused["needed"]) == (None, None, None, 1234)
    assert refused["why_null"] == "12 patients are too few"
    assert text_of("promise_not_given", evidence) == (
        "No film can be ruled in: Cardiomegaly (about 1,234 patients needed); "
        "ruled out: Cardiomegaly (no number of such patients would do)."
    )


@pytest.mark.parametrize(("limit", "verdict"), [(0.55, "kept"), (0.995, "broken")])
def test_a_promise_is_judged_on_other_images(dataset: Dataset, limit: float, verdict: str) -> None:
    judged = evidence_of(dataset, limit=limit, upper=0.5, lower=0.5)
    effusion = figures_of(judged)["findings"]["Effusion"]
    assert [effusion[side]["verdict"] for side in ("rule_in", "rule_out")] == [verdict, verdict]
    assert ("promise_broken" in warn(judged)) == (verdict == "broken")
    assert f"<td>{SHOWN[verdict]}</td>" in render(judged)


def test_a_promise_that_is_not_met_is_told_in_films(dataset: Dataset) -> None:
    judged = evidence_of(dataset, limit=0.995, upper=0.5, lower=0.5)
    labels, logits = judged.predictions.labels[:, 1], judged.predictions.logits[:, 1]
    called, wrong = (logits >= 0.5).sum(), ((logits >= 0.5) & (labels == 0)).sum()
    share = f"{100 * (1 - wrong / called):.0f}"
    told = text_of("promise_broken", judged)
    assert f"{wrong} of {called} films ruled in for Pleural effusion did not have it (PPV {share}" in told
    assert "PPV ≥ 0.995 was promised" in told and "for Pleural effusion had it" in told


def test_the_images_that_tested_a_promise_are_no_test_of_it(dataset: Dataset, evidence: Evidence) -> None:
    seen = evidence_of(dataset, split="val", limit=0.995, upper=0.5, lower=0.5)
    effusion = figures_of(seen)["findings"]["Effusion"]
    assert figures_of(seen)["on_these_images"] and effusion["rule_in"]["verdict"] is None
    assert warn(seen).items() >= {"triage_tested_on_these_images": "CAUTION"}.items()
    assert "are no test of it" in render(seen) and "Promise here" not in render(seen)
    assert "triage_tested_on_these_images" not in warn(evidence)


def test_the_split_that_chose_the_epoch_takes_from_the_confidence(evidence: Evidence) -> None:
    assert warn(evidence).items() >= {"triage_basis_chose_epoch": "CAUTION"}.items()
    assert figures_of(evidence)["basis_chose_epoch"]
    assert "who also chose the epoch" in render(evidence)
    other = replace(evidence, model={**evidence.model, "training_data": {"name": "another"}})
    assert "triage_basis_chose_epoch" not in warn(other)
    assert "chose the epoch" not in render(other)
    tested = replace(evidence, stated=make_triage_output(FINDINGS, split="test"))
    assert "triage_basis_chose_epoch" not in warn(tested)


def test_a_promise_that_any_call_keeps_is_warned_of(dataset: Dataset, evidence: Evidence) -> None:
    """Half of the films have the finding, so that calling all of them has a predictive value of about one half."""
    idle = evidence_of(dataset, limit=0.3)
    assert warn(idle).items() >= {"promise_is_idle": "CAUTION"}.items()
    assert "Pleural effusion ruled in with a PPV of at least 0.3" in text_of("promise_is_idle", idle)
    assert "promise_is_idle" not in warn(evidence)


def test_predictive_values_are_not_promised_at_another_prevalence(evidence: Evidence) -> None:
    moved = replace(evidence, prevalences={"Effusion": 0.02, "Cardiomegaly": 0.02})
    assert warn(moved).items() >= {"promise_at_another_prevalence": "NOTE"}.items()
    assert "prevalence: Pleural effusion." in text_of("promise_at_another_prevalence", moved)
    assert "promise_at_another_prevalence" not in warn(evidence)


def test_a_rate_of_errors_is_promised_at_any_prevalence(evidence: Evidence) -> None:
    made = make_triage_output(FINDINGS).triage
    assert made is not None
    rate = Promise("error rate", 0.2)
    rates = replace(made, findings={"Effusion": Triage(Edge(rate, 2.0, 12), Edge(rate, -2.0, 12))})
    moved = replace(evidence, stated=ModelOutput(FINDINGS, triage=rates), prevalences={"Effusion": 0.02})
    assert "promise_at_another_prevalence" not in warn(moved)
    assert "FPR ≤ 0.2" in render(moved) and "FNR ≤ 0.2" in render(moved)
    effusion = figures_of(moved)["findings"]["Effusion"]
    labels, logits = moved.predictions.labels[:, 1], moved.predictions.logits[:, 1]
    assert effusion["rule_in"]["value"]["value"] == pytest.approx((logits[labels == 0] >= 2).mean(), abs=0.02)


def test_a_model_without_a_triage_is_told_what_makes_one(dataset: Dataset) -> None:
    plain = make_evidence(dataset)
    assert warn(plain) == {"no_triage": "NOTE"}
    assert analyse_triage(plain).section is None
    effusion = figures_of(plain)["findings"]["Effusion"]
    assert (effusion["rule_in"], effusion["rule_out"], effusion["uncertain"]) == (None, None, None)
    assert effusion["why_null"] == "the model has no triage; xray-eval --split val makes one"


def test_an_amendment_without_a_triage_is_not_asked_for_one(dataset: Dataset) -> None:
    plain = make_evidence(dataset, split="val")
    assert warn(amend(plain, None)) == {}


@pytest.mark.parametrize("split", ["val", "test"])
def test_where_nothing_is_promised_nothing_of_it_is_warned_of(dataset: Dataset, split: str) -> None:
    made = make_triage_output(FINDINGS).triage
    assert made is not None
    refused = replace(made, findings=dict.fromkeys(FINDINGS, made.findings["Cardiomegaly"]))
    evidence = replace(evidence_of(dataset, split=split), stated=ModelOutput(FINDINGS, triage=refused))
    assert warn(evidence) == {"promise_not_given": "NOTE"}
    assert analyse_triage(evidence).plots == {}


def test_a_finding_that_was_not_tried_says_why(evidence: Evidence) -> None:
    made = make_triage_output(FINDINGS).triage
    assert made is not None
    partly = replace(
        evidence, stated=ModelOutput(FINDINGS, triage=replace(made, findings={"Effusion": made.findings["Effusion"]}))
    )
    assert text_of("triage_missing", partly) == (
        "Without a triage, for want of labels where it was made: Cardiomegaly."
    )
    assert "promise_not_given" not in warn(partly)
    assert "the split that the triage was made on has no labels of it" in render(partly)


def test_the_page_shows_a_bar_for_each_finding_that_is_decided(evidence: Evidence) -> None:
    result, page = analyse_triage(evidence), render(evidence)
    effusion = figures_of(evidence)["findings"]["Effusion"]
    shares = [f"{100 * effusion[side]['films']['value']:.1f} %" for side in ("rule_in", "rule_out")]
    assert (
        result.plots["triage"].text == f"Shares of films ruled in and ruled out: Pleural effusion {', '.join(shares)}"
    )
    drawn = result.plots["triage"].draw()
    assert drawn.startswith("<?xml") and drawn == result.plots["triage"].draw()
    assert page.count("12 patients are too few") == 1 and page.count("nothing helps") == 1
    assert ">None<" not in page


def test_a_bar_is_ruled_out_on_the_left_and_in_on_the_right(evidence: Evidence) -> None:
    _, effusion = measure_promises(evidence).findings
    logits = evidence.predictions.logits[:, 1]
    shares = (logits < -2).mean(), ((logits >= -2) & (logits < 2)).mean(), (logits >= 2).mean()
    assert list_shares(effusion) == pytest.approx(shares)


def test_what_is_found_on_these_images_is_shown_by_it(dataset: Dataset) -> None:
    promise = Promise("predictive value", 0.6)
    amended = amend(make_evidence(dataset, split="val", separation=3.0), Promises(promise, promise))
    assert amended.output.triage is not None
    for finding, triage in amended.output.triage.findings.items():
        assert figures_of(amended)["findings"][finding]["rule_in"]["logit"] == triage.rule_in.logit is not None
    assert figures_of(amended)["on_these_images"]


def amend(evidence: Evidence, promises: Promises | None) -> Evidence:
    amendment = find_amendment(
        evidence.predictions, basis=evidence.basis, findings=FINDINGS, criterion=Criterion(), prevalences={}, seed=0,
        promises=promises,
    )  # fmt: skip
    return replace(evidence, amendment=amendment)
