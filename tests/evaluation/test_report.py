"""The report: one page that needs nothing else, says what it is, and shows no figure that does not exist."""

import re
from dataclasses import replace
from html.parser import HTMLParser

import numpy as np
import pytest

from tests.datasets import make_dataset
from tests.evaluation.builders import make_summary
from xray_resnet.evaluation.overlays import Overlay
from xray_resnet.evaluation.pointing import localise
from xray_resnet.evaluation.predictions import Predictions
from xray_resnet.evaluation.report import Report, render_report
from xray_resnet.evaluation.selection import select_examples
from xray_resnet.metrics import estimate_aurocs
from xray_resnet.store import Dataset, open_dataset

FINDINGS = ("Cardiomegaly", "<i>Effusion</i>")


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


@pytest.mark.parametrize(
    ("split", "role"),
    [
        ("test", "held out"),
        ("val", "chose the epoch"),
        ("train", "seen in training"),
        ("all", "in part seen in training"),
    ],
)
def test_only_the_test_split_of_the_own_data_is_called_held_out(report: Report, split: str, role: str) -> None:
    own = report.summary.model | {"training_data": {"split_sha256": report.summary.split_sha256}}
    page = render_report(replace(report, summary=replace(report.summary, split=split, model=own)))
    assert f"Split {split}: {role}" in page
    assert ("held out" in page.lower()) == (split == "test")


def test_another_dataset_is_said_to_be_one(report: Report) -> None:
    other = report.summary.model | {"training_data": {"split_sha256": "1" * 64}}
    page = render_report(replace(report, summary=replace(report.summary, model=other)))
    assert "another dataset than it was trained on" in page


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> Report:
    folder = make_dataset(tmp_path_factory.mktemp("data") / "tiny", findings=FINDINGS, count=100)
    return build_report(open_dataset(folder))


def build_report(dataset: Dataset) -> Report:
    rows = dataset.indices("test")
    logits = np.random.default_rng(0).normal(size=(len(rows), 2)) + dataset.states[rows]
    predictions = Predictions(
        FINDINGS, dataset.image_ids[rows], dataset.patient_ids[rows], dataset.states[rows], logits.astype(np.float32)
    )
    picture = np.zeros((64, 64, 3), np.uint8)
    overlays = [
        Overlay(e, str(predictions.image_ids[e.position]), picture[..., 0], picture, picture, [(1, 2, 3, 4)], "a.png")
        for e in select_examples(predictions)
    ]
    generator = np.random.default_rng(0)
    peaks = np.zeros((len(rows), 2, 2), np.float32)
    localisation = localise(dataset, rows, peaks, cells=(2, 2), findings=FINDINGS, resamples=20, generator=generator)
    baseline = estimate_aurocs(
        predictions.labels, logits, patients=predictions.patient_ids, generator=generator, resamples=20
    )
    return Report(
        make_summary(predictions), predictions, dataset, overlays, localisation, baseline, ["No Hernia here."],
        "xray-eval --run runs/a --report", 20, 0,
    )  # fmt: skip


def test_the_page_needs_no_other_file_and_no_network(report: Report) -> None:
    html = render_report(report)
    page = Page(html)
    assert all(str(image["src"]).startswith("data:image/") for image in page.images)
    assert all(link.startswith("#") and link[1:] in page.ids for link in page.links)
    assert not page.tags & {"script", "link", "iframe", "object"}
    assert not re.search(r"url\(|@import|https?://", html)


def test_every_picture_is_told_in_words(report: Report) -> None:
    page = Page(render_report(report))
    assert len(page.images) == 4 + 2 * len(report.overlays)
    assert all(image["alt"] for image in page.images)


def test_it_says_that_it_is_research_software_on_synthetic_images(report: Report) -> None:
    html = render_report(report)
    assert "Research software, no medical device" in html
    assert "synthetic images" in html


def test_it_says_split_command_and_what_does_not_match(report: Report) -> None:
    html = render_report(report)
    for text in (report.summary.split_sha256, report.command, "No Hernia here."):
        assert text in html


def test_names_are_escaped(report: Report) -> None:
    html = render_report(report)
    assert "<i>" not in html
    assert "&lt;i&gt;Effusion&lt;/i&gt;" in html


def test_without_boxes_baseline_and_examples_their_parts_are_missing(report: Report) -> None:
    html = render_report(replace(report, overlays=[], localisation=None, baseline=None, unmatched=[]))
    assert Page(html).ids == ["findings", "findings-title", "curves", "curves-title", "data", "data-title", "model",
                              "model-title", "reproduce", "reproduce-title"]  # fmt: skip
    assert "baseline" not in html.split("</style>")[1]


def test_an_undefined_auroc_is_shown_as_its_reason(report: Report) -> None:
    states = report.predictions.states.copy()
    states[:, 0] = 0
    predictions = replace(report.predictions, states=states)
    html = render_report(replace(report, predictions=predictions, summary=make_summary(predictions)))
    assert "undefined: no positive image" in html
    assert "nan" not in html.split("</style>")[1].split("data:")[0].lower()


def test_the_same_results_give_the_same_page(report: Report) -> None:
    assert render_report(report) == render_report(report)
