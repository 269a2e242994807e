"""The report on paper: nothing is folded, cut at the edge or left to be clicked."""

from collections.abc import Iterator

import pytest

from tests.browser import Browser, open_browser
from tests.datasets import make_dataset
from tests.evaluation.builders import make_evidence, make_triage_output
from xray_resnet.evaluation.analyses import run_analyses
from xray_resnet.evaluation.report import render_report
from xray_resnet.evaluation.reporting import report_on
from xray_resnet.store import open_dataset

A4 = 718
"""CSS pixels between margins of 10 mm: 190 mm at 96 an inch."""


@pytest.fixture(scope="module")
def paper(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    folder = tmp_path_factory.mktemp("paper")
    dataset = open_dataset(make_dataset(folder / "tiny", count=300))
    evidence = make_evidence(dataset, stated=make_triage_output(dataset.findings))
    results = run_analyses(evidence)
    page = folder / "report.html"
    page.write_text(
        render_report(evidence, {**results, "reporting": report_on(evidence, results)}, command="xray-eval --report")
    )
    with open_browser(folder / "profile") as opened:
        opened.open(page)
        opened.show_as_printed(width=A4)
        yield opened


def test_all_that_was_folded_is_open(paper: Browser) -> None:
    assert paper.run("document.querySelectorAll('details').length") >= 2
    assert paper.run("document.querySelectorAll('details:not([open])').length") == 0


def test_no_table_is_cut_at_the_edge(paper: Browser) -> None:
    wide = "[...document.querySelectorAll('.scroll')].filter((each) => each.scrollWidth > each.clientWidth + 1)"
    assert paper.run(f"{wide}.map((each) => each.closest('section').id)") == []
    assert paper.run("document.documentElement.scrollWidth") <= A4


def test_nothing_is_left_to_be_clicked(paper: Browser) -> None:
    shown = "[...document.querySelectorAll('nav, select, input, button')].filter((each) => each.checkVisibility())"
    assert paper.run(f"{shown}.length") == 0


def test_no_picture_and_no_row_is_split(paper: Browser) -> None:
    kept = "[...document.querySelectorAll('.plot, .film, tr')].map((each) => getComputedStyle(each).breakInside)"
    assert paper.run(f"[...new Set({kept})]") == ["avoid"]
