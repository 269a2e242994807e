"""The report: one page that needs nothing else, says what it is, and shows no figure that does not exist."""

import re
from dataclasses import replace
from html.parser import HTMLParser

import pytest

from tests.datasets import make_dataset
from tests.evaluation.builders import make_evidence
from xray_resnet.evaluation.analyses import ANALYSES, run_analyses
from xray_resnet.evaluation.evidence import Evidence
from xray_resnet.evaluation.report import render_report
from xray_resnet.evaluation.request import Request
from xray_resnet.evaluation.result import Caveat, Rank, Result, Section, make_anchor
from xray_resnet.store import open_dataset

FINDINGS = ("Cardiomegaly", "<i>Effusion</i>")
COMMAND = "xray-eval --run runs/a --report"


class Page(HTMLParser):
    """Collects what the page refers to and which ids it has."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.images: list[dict[str, str | None]] = []
        self.links: list[str] = []
        self.ids: list[str] = []
        self.tags: set[str] = set()
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = dict(attrs)
        self.tags.add(tag)
        self.ids += [values["id"]] if values.get("id") else []
        if tag == "img":
            self.images.append(values)
        if tag == "a":
            self.links.append(str(values["href"]))


@pytest.fixture(scope="module")
def evidence(tmp_path_factory: pytest.TempPathFactory) -> Evidence:
    folder = make_dataset(tmp_path_factory.mktemp("data") / "tiny", findings=FINDINGS, count=100)
    return make_evidence(open_dataset(folder))


@pytest.fixture(scope="module")
def results(evidence: Evidence) -> dict[str, Result]:
    return run_analyses(replace(evidence, asked=Request(report=True)))


@pytest.fixture(scope="module")
def html(evidence: Evidence, results: dict[str, Result]) -> str:
    return render_report(evidence, results, command=COMMAND)


def show(evidence: Evidence, *names: str) -> str:
    """The page of some analyses."""
    return render_report(evidence, {name: ANALYSES[name].analyse(evidence) for name in names}, command=COMMAND)


@pytest.mark.parametrize(
    ("split", "role"),
    [
        ("test", "held out"),
        ("val", "chose the epoch"),
        ("train", "seen in training"),
        ("all", "in part seen in training"),
    ],
)
def test_only_the_test_split_of_the_own_data_is_called_held_out(evidence: Evidence, split: str, role: str) -> None:
    trained = {"training_data": {"split_sha256": evidence.dataset.split_sha256}}
    page = show(make_evidence(evidence.dataset, split=split, **trained), "data")
    assert f"split {split}: {role}" in page
    assert ("held out" in page.lower()) == (split == "test")


def test_another_dataset_is_said_to_be_one(evidence: Evidence) -> None:
    page = show(make_evidence(evidence.dataset, training_data={"split_sha256": "1" * 64, "name": "other"}), "data")
    assert "another dataset than it was trained on" in page
    assert "held out" not in page.lower()


def test_warnings_come_before_all_sections_and_the_gravest_first(evidence: Evidence) -> None:
    results = {
        "model": Result(section=Section("Model", {"facts": []}), warnings=[Caveat(Rank.NOTE, "a", "A small matter.")]),
        "data": Result(warnings=[Caveat(Rank.SERIOUS, "b", "A <b>great</b> matter.")]),
    }
    page = render_report(evidence, results, command=COMMAND)
    places = [page.index(text) for text in ("A &lt;b&gt;great&lt;/b&gt; matter.", "A small matter.", "<section")]
    assert places == sorted(places)


def test_a_warning_leads_to_its_evidence_if_the_page_shows_it(evidence: Evidence) -> None:
    of_a_finding = make_anchor("shortcuts", FINDINGS[1])
    results = {
        "model": Result(section=Section("Model", {"facts": []}), warnings=[Caveat(Rank.NOTE, "a", "Of the model.")]),
        "shortcuts": ANALYSES["shortcuts"].analyse(evidence),
        "data": Result(
            warnings=[
                Caveat(Rank.NOTE, "b", "Of a finding.", anchor=of_a_finding),
                Caveat(Rank.NOTE, "c", "Of a section that was skipped.", anchor="findings"),
            ]
        ),
    }
    page = render_report(evidence, results, command=COMMAND)
    assert f'Of a finding. <a href="#{of_a_finding}">→&nbsp;Shortcuts</a>' in page
    assert 'Of the model. <a href="#model">→&nbsp;Model</a>' in page
    assert "Of a section that was skipped.</span>" in page
    assert of_a_finding in Page(page).ids


def test_every_interval_says_how_it_was_made(html: str) -> None:
    section = html.split('<section id="findings"')[1].split("</section>")[0]
    intervals = re.findall(r"\d\.\d{3} to \d\.\d{3}\s*(<sup title=)?", section)
    assert intervals and all(intervals)
    assert "too few patients" in section
    assert "Student&#39;s t by patients on the logit scale, or Newcombe&#39;s method 5 where that is wider" in section


@pytest.mark.parametrize(("language", "words"), [("de", "Befunde Hinweis Prävalenz"), ("ko", "소견 참고 유병률")])
def test_labels_are_told_in_the_language_that_was_asked_for(evidence: Evidence, language: str, words: str) -> None:
    results = {name: ANALYSES[name].analyse(evidence) for name in ("findings", "data")}
    page = render_report(evidence, results, command=COMMAND, language=language)  # type: ignore[arg-type]
    assert f'<html lang="{language}">' in page
    assert all(word in page for word in words.split())
    assert ">Prevalence<" not in page


def test_the_page_needs_no_other_file_and_no_network(html: str) -> None:
    page = Page(html)
    assert all(str(image["src"]).startswith("data:image/") for image in page.images)
    assert all(link.startswith("#") and link[1:] in page.ids for link in page.links)
    assert not page.tags & {"link", "iframe", "object"}
    assert html.count("<script") == html.count("<script>") == 2
    assert not re.search(r"url\(|@import|https?://", html)


def test_every_picture_is_told_in_words(html: str, results: dict[str, Result]) -> None:
    page = Page(html)
    assert len(page.images) == 7 + 2 * sum(path.startswith("overlays/") for path in results["examples"].files)
    assert all(image["alt"] for image in page.images)


def test_it_says_that_it_is_research_software_on_synthetic_images(html: str) -> None:
    assert "Research software, not a medical device" in html
    assert "synthetic images" in html


def test_it_begins_with_whom_the_model_was_trained_on_and_by_what_standard_it_is_judged(evidence: Evidence) -> None:
    training = {"name": "own", "about": {"patients": "children of one ward"}}
    model = replace(evidence, model={**evidence.model, "training_data": training})
    top = show(model, "findings").split("<nav")[0]
    assert "own (children of one ward): ages, sexes and views not recorded." in top
    assert (
        f"{len(evidence.rows)} images of {len({*evidence.predictions.patient_ids})} simulated patients of tiny" in top
    )
    assert "<dd>how the labels were made is not recorded.</dd>" in top


def test_splits_of_another_archive_are_not_taken_for_the_models(evidence: Evidence) -> None:
    own = replace(evidence, model={**evidence.model, "training_data": {"split_sha256": evidence.dataset.split_sha256}})
    for page, foreign in ((show(evidence, "data"), True), (show(own, "data"), False)):
        assert ("the model was not trained on any of them" in page) == foreign
        assert ("train of the archive" in page) == foreign


def test_what_to_run_against_a_warning_stands_at_the_end(evidence: Evidence) -> None:
    page = show(evidence, "findings", "calibration").split("</style>")[1]
    assert "the model has no calibration." in page
    assert "xray-eval --split val calibrates" not in page.split('id="reproduce"')[0]
    assert "<b>xray-eval --split val calibrates, and chooses thresholds</b>" in page.split('id="reproduce"')[1]


def test_it_says_split_command_and_what_does_not_match(evidence: Evidence) -> None:
    page = show(make_evidence(evidence.dataset, findings=[*FINDINGS, "Hernia"]), "data")
    for text in (evidence.dataset.split_sha256, COMMAND, "without labels in this dataset: Hernia."):
        assert text in page


def test_names_are_escaped(html: str) -> None:
    assert "<i>" not in html
    assert "&lt;i&gt;Effusion&lt;/i&gt;" in html


def test_without_boxes_baseline_and_examples_their_parts_are_missing(evidence: Evidence) -> None:
    page = show(evidence, "findings", "curves", "data", "model")
    assert Page(page).ids == ["findings", "findings-title", "curves", "curves-title", "data", "data-title", "model",
                              "model-title", "reproduce", "reproduce-title"]  # fmt: skip
    assert "baseline" not in page.split("</style>")[1]


def test_an_undefined_auroc_is_shown_as_its_reason(evidence: Evidence) -> None:
    states = evidence.predictions.states.copy()
    states[:, 0] = 0
    page = show(replace(evidence, predictions=replace(evidence.predictions, states=states)), "findings", "curves")
    assert "undefined: no positive image" in page
    assert "nan" not in page.split("</style>")[1].split("data:")[0].lower()


def test_the_same_results_give_the_same_page(evidence: Evidence, results: dict[str, Result], html: str) -> None:
    assert render_report(evidence, results, command=COMMAND) == html
