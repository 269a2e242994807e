"""The report on paper: nothing is folded, cut at the edge or left to be clicked."""

from collections.abc import Iterator

import pytest

from tests.browser import Browser, open_browser
from tests.evaluation.pages import write_page

A4 = 718
"""CSS pixels between margins of 10 mm: 190 mm at 96 an inch."""


@pytest.fixture(scope="module")
def paper(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    folder = tmp_path_factory.mktemp("paper")
    page = write_page(folder)
    with open_browser(folder / "profile") as opened:
        opened.open(page)
        opened.show_as_printed(width=A4)
        yield opened


def test_all_that_was_folded_is_open(paper: Browser) -> None:
    assert paper.run("document.querySelectorAll('details').length") >= 2
    assert paper.run("document.querySelectorAll('details:not([open])').length") == 0


def test_every_section_is_on_paper(paper: Browser) -> None:
    shown = "[...document.querySelectorAll('section')].filter((each) => each.checkVisibility() && each.offsetHeight)"
    printed = paper.run(f"{shown}.map((each) => each.id)")
    assert {"data", "model", "findings", "calibration", "triage", "subgroups", "examples", "reporting"} <= {*printed}
    assert len(printed) == paper.run("document.querySelectorAll('section').length")


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
