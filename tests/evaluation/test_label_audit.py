"""The audit of labels: which are audited, by whom they are judged, and what the work list says."""

import csv
import io
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from tests.browser import Browser, open_browser
from tests.datasets import make_dataset
from tests.evaluation.builders import make_evidence
from tests.evaluation.test_evaluate import make_run
from xray_resnet.errors import UserError
from xray_resnet.evaluation.analyses.audit import analyse_audit
from xray_resnet.evaluation.evaluate import evaluate
from xray_resnet.evaluation.evidence import Chance, Evidence
from xray_resnet.evaluation.label_audit import GOOD_AUROC, FindingAudit, audit_finding, audit_labels
from xray_resnet.evaluation.report import render_report
from xray_resnet.evaluation.request import Request
from xray_resnet.evaluation.seen import UNKNOWN, Seen
from xray_resnet.evaluation.work_list import COLUMNS, MOST_SHOWN, PAGE_FILE, TABLE_FILE
from xray_resnet.store import Dataset, open_dataset

WRONG = tuple(range(5, 400, 25))
"""Rows whose labels of the first finding are turned round."""


@pytest.fixture(scope="module")
def dataset(tmp_path_factory: pytest.TempPathFactory) -> Dataset:
    return open_dataset(make_dataset(tmp_path_factory.mktemp("data") / "tiny", count=400))


@pytest.fixture(scope="module")
def evidence(dataset: Dataset) -> Evidence:
    """Of all images, which the network was not fitted to, and ranks nearly without a mistake."""
    made = make_evidence(dataset, split="all", separation=8.0)
    states = made.predictions.states.copy()
    states[[*WRONG], 0] = 1 - states[[*WRONG], 0]
    return replace(made, predictions=replace(made.predictions, states=states), seen=Seen(0))


@dataclass
class Judges:
    """A retraining that says the same of every image, and remembers whom it was asked about."""

    folds: int = 3
    seconds: float | None = 140.0
    asked: list[tuple[str, tuple[str, ...]]] = field(default_factory=list)

    def judge(self, dataset: Dataset, findings: Sequence[str]) -> NDArray[np.float32]:
        self.asked.append((dataset.name, tuple(findings)))
        return np.tile(np.arange(len(dataset), dtype=np.float32)[:, None], len(findings))


def fit_to(evidence: Evidence, split: str) -> Evidence:
    """The same with a network that was trained on this dataset's splits."""
    return replace(evidence, split=split, model={"training_data": {"split_sha256": evidence.dataset.split_sha256}})


def audit_states(states: NDArray[np.int8], *, separation: float = 6.0) -> FindingAudit:
    noise = np.random.default_rng(0).normal(size=len(states))
    logits = (noise + separation * (states == 1)).astype(np.float32)
    patients = np.arange(len(states)).astype(str)
    return audit_finding("Mass", states, logits, patients=patients, chance=Chance(20))


def test_only_stated_labels_are_audited_and_the_others_are_counted() -> None:
    states = np.tile(np.array([0, 1], np.int8), 100)
    states[:9] = [-1, -1, 2, 2, 2, 3, 3, 3, 3]
    audit = audit_states(states)
    assert audit.left_out == {"uncertain": 2, "unmentioned": 3, "not_assessed": 4}
    assert audit.count(0) + audit.count(1) == 191
    assert np.isnan(audit.doubts[:9]).all()
    assert not audit.listed[:9].any()


def test_with_too_few_labels_of_a_kind_there_is_no_audit_and_a_reason() -> None:
    audit = audit_states(np.array([1] * 19 + [0] * 100, np.int8))
    assert audit.to_json()["rates"] is None
    assert audit.why_null == "19 patients with and 100 without it, expected 20 of each"
    assert not audit.listed.any()
    assert np.isnan(audit.doubts).all()


def test_wrong_labels_lead_the_list(evidence: Evidence) -> None:
    audit = audit_labels(evidence)
    listed = [suspect.place for suspect in audit.suspects if suspect.finding == evidence.findings[0]]
    assert len(listed) >= 10
    assert {*listed[:10]} <= {*WRONG}


def test_labels_are_listed_though_all_are_right_and_nobody_claims_how_many_are_wrong(evidence: Evidence) -> None:
    """A calibrated judge says as much of labels that are right as of labels drawn from what it says."""
    audit = audit_states(np.tile(np.array([0, 1], np.int8), 1000), separation=2.5)
    drawn = (np.random.default_rng(1).random(2000) < audit.probabilities).astype(np.int8)
    again = audit_finding("Mass", drawn, audit.logits, patients=np.arange(2000).astype(str), chance=Chance(20))
    assert audit.auroc and audit.auroc > GOOD_AUROC and audit.listed.sum() > 50
    assert again.listed.sum() == pytest.approx(audit.listed.sum(), rel=0.3)
    result = analyse_audit(evidence)
    assert "n_expected" not in result.figures["label_audit"]
    page = render_report(evidence, {"audit": result}, command="xray-eval")
    assert "How many of them are wrong no score can tell" in page
    assert "of them truly" not in page


@pytest.mark.parametrize("synthetic", [True, False])
def test_the_report_says_of_phantoms_alone_that_their_labels_are_right(
    evidence: Evidence, synthetic: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Dataset, "synthetic", synthetic)
    page = render_report(evidence, {"audit": analyse_audit(evidence)}, command="xray-eval")
    assert ("Labels of phantoms are right by construction" in page) == synthetic


def test_the_list_begins_with_the_greatest_doubt(evidence: Evidence) -> None:
    doubts = [suspect.doubt for suspect in audit_labels(evidence).suspects]
    assert doubts == sorted(doubts, reverse=True)


@pytest.mark.parametrize("seen", [Seen(0), Seen(3, left_out=True)])
def test_what_the_network_was_not_fitted_to_is_judged_by_its_own_scores(evidence: Evidence, seen: Seen) -> None:
    judges = Judges()
    audit = audit_labels(replace(evidence, seen=seen, asked=Request(retraining=judges)))
    np.testing.assert_array_equal(audit.held_out.logits, evidence.predictions.logits)
    assert (audit.held_out.folds, audit.held_out.is_known, judges.asked) == (0, True, [])


def test_the_own_test_split_is_judged_by_the_networks_own_scores(evidence: Evidence) -> None:
    assert fit_to(evidence, "test").is_unseen
    assert audit_labels(fit_to(evidence, "test")).held_out.folds == 0


@pytest.mark.parametrize("split", ["train", "val", "all"])
def test_what_the_network_was_fitted_to_is_judged_by_others(dataset: Dataset, split: str) -> None:
    judges, evidence = Judges(), make_evidence(dataset, split=split)
    audit = audit_labels(replace(fit_to(evidence, split), asked=Request(retraining=judges)))
    assert judges.asked == [("tiny", dataset.findings)]
    assert audit.held_out.logits[:, 0].tolist() == dataset.indices(split).tolist()
    assert audit.to_json()["folds"] == 3


def test_patients_of_another_dataset_that_were_trained_on_are_judged_by_others(evidence: Evidence) -> None:
    judges = Judges()
    audit_labels(replace(evidence, seen=Seen(2), asked=Request(retraining=judges)))
    assert judges.asked


def test_without_a_run_what_the_network_was_fitted_to_cannot_be_judged(evidence: Evidence) -> None:
    with pytest.raises(UserError, match=r"tiny, split all: the network was fitted to these patients.*--run"):
        audit_labels(fit_to(evidence, "all"))


def test_it_is_said_if_nobody_knows_whether_the_patients_were_seen(evidence: Evidence) -> None:
    warnings = analyse_audit(replace(evidence, seen=UNKNOWN)).warnings
    assert "audited_images_maybe_seen" in {warning.name for warning in warnings}
    assert "audited_images_maybe_seen" not in {warning.name for warning in analyse_audit(evidence).warnings}


def test_it_is_said_if_the_networks_rank_too_badly(dataset: Dataset) -> None:
    poor = replace(make_evidence(dataset, split="all", separation=1.0), seen=Seen(0))
    warnings = {warning.name: warning.text for warning in analyse_audit(poor).warnings}
    assert "AUROC below 0.9): Cardiomegaly, Pleural effusion." in warnings["weak_judge_of_labels"]


def test_the_table_has_every_listed_label_and_no_patient(evidence: Evidence) -> None:
    table = analyse_audit(evidence).files[TABLE_FILE].decode()
    rows = [*csv.DictReader(io.StringIO(table))]
    suspects = audit_labels(evidence).suspects
    assert tuple(rows[0]) == COLUMNS
    assert [row["image_id"] for row in rows] == [str(evidence.predictions.image_ids[each.place]) for each in suspects]
    assert [int(row["rank"]) for row in rows] == [*range(1, len(suspects) + 1)]
    assert all({row["given"], row["suggested"]} == {"0", "1"} for row in rows)
    assert not any(patient in table for patient in evidence.predictions.patient_ids)


def test_the_page_holds_as_many_films_as_it_says(dataset: Dataset, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("xray_resnet.evaluation.work_list.MOST_SHOWN", 5)
    poor = replace(make_evidence(dataset, split="all", separation=1.0), seen=Seen(0))
    result = analyse_audit(poor)
    page, count = result.files[PAGE_FILE].decode(), result.figures["label_audit"]["n_listed"]
    assert page.count('class="film"') == 5 < count
    assert f"The page shows the first 5; all {count} are in {TABLE_FILE}." in page
    assert MOST_SHOWN == 300


def test_figures_say_rates_with_intervals_and_how_many_are_listed(evidence: Evidence) -> None:
    figures = json.loads(json.dumps(analyse_audit(evidence).figures["label_audit"], allow_nan=False))
    assert figures["schema_version"] == 2
    finding = figures["findings"][evidence.findings[0]]
    assert set(finding["rates"]) == {"wrong", "wrong_positives", "wrong_negatives", "missed", "invented"}
    wrong = finding["rates"]["wrong"]
    assert wrong["low"] <= wrong["value"] <= wrong["high"]
    assert wrong["value"] == pytest.approx(len(WRONG) / 400, abs=0.01)
    assert figures["n_listed"] == sum(each["n_listed"] for each in figures["findings"].values())


@pytest.fixture(scope="module")
def browser(evidence: Evidence, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    folder = tmp_path_factory.mktemp("browser")
    (folder / PAGE_FILE).write_bytes(analyse_audit(evidence).files[PAGE_FILE])
    with open_browser(folder / "profile") as opened:
        opened.open(folder / PAGE_FILE)
        yield opened


DECISIONS = "[...document.querySelectorAll('.film')].map((film) => film.dataset.decision ?? '')"


def test_decisions_are_made_with_keys_and_clicks_kept_and_saved(browser: Browser) -> None:
    browser.run("document.querySelector('.film').focus()")
    browser.press("c")
    browser.press("ArrowRight")
    browser.press("k")
    browser.click(".film:nth-child(2) input[value=unsure]")
    assert browser.run(DECISIONS)[:4] == ["change", "unsure", "keep", ""]
    assert browser.run("document.querySelector('output').textContent").startswith("3 / ")
    saved = browser.run(
        "new Promise((done) => { URL.createObjectURL = (blob) => (blob.text().then(done), 'data:,');"
        " document.querySelector('[name=save]').click(); })"
    )
    rows = [*csv.DictReader(io.StringIO(saved))]
    assert [row["decision"] for row in rows] == ["change", "unsure", "keep"]
    assert {row["finding"] for row in rows} <= {"Cardiomegaly", "Effusion"}


def test_what_is_undecided_can_be_shown_alone(browser: Browser) -> None:
    browser.run("document.querySelector('[name=open]').click(); document.activeElement.blur()")
    browser.run("document.querySelector('.controls').dispatchEvent(new Event('change'))")
    shown = browser.run("[...document.querySelectorAll('.film')].map((film) => !film.hidden)")
    assert shown == [not decision for decision in browser.run(DECISIONS)]


def test_an_evaluation_writes_page_and_table_without_a_report(tmp_path: Path) -> None:
    run = make_run(tmp_path)
    overlays = [
        *(evaluate(run, precision="fp32", asked=Request(report=True), chance=Chance(20)) / "overlays").iterdir()
    ]
    folder = evaluate(run, precision="fp32", asked=Request(only=["audit"]), chance=Chance(20))
    assert (folder / PAGE_FILE).is_file()
    assert (folder / TABLE_FILE).read_text() == ",".join(COLUMNS) + "\n"
    assert all(overlay.is_file() for overlay in overlays)
    figures = json.loads((folder / "metrics.json").read_text())["label_audit"]
    assert "expected 20 of each" in figures["findings"]["Effusion"]["why_null"]
    evaluate(run, precision="fp32", asked=Request(only=["audit"], report=True, retraining=Judges()), chance=Chance(20))
    assert "--only audit --audit_folds 3" in (folder / "report.html").read_text()


def test_the_report_says_who_judged(evidence: Evidence) -> None:
    fitted = replace(fit_to(evidence, "all"), model=evidence.model | fit_to(evidence, "all").model)
    trained = replace(fitted, asked=Request(retraining=Judges()))
    page = render_report(trained, {"audit": analyse_audit(trained)}, command="xray-eval")
    assert "what 3 networks say, trained as this one was" in page
    assert "training this one took 0:02:20" in page
    page = render_report(evidence, {"audit": analyse_audit(evidence)}, command="xray-eval")
    assert "what this network says, which was not fitted to these patients; nothing was trained anew" in page
