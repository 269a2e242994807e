"""The report without a mouse: Tab goes through it in the order of the page, and shows where it is."""

from collections.abc import Iterator

import pytest

from tests.browser import Browser, open_browser
from tests.evaluation.pages import write_page

HERE = "document.activeElement"
STOPS = "[...document.querySelectorAll('a[href], button, input, select, summary, [tabindex=\"0\"]')]"


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    folder = tmp_path_factory.mktemp("keyboard")
    with open_browser(folder / "profile") as opened:
        opened.open(write_page(folder))
        yield opened


def test_tab_meets_all_that_can_be_operated_in_the_order_of_the_page(report: Browser) -> None:
    shown = f"{STOPS}.filter((each) => each.checkVisibility())"
    expected = report.run(f"window.stops = {shown}, window.stops.length")
    assert expected > 10
    met: list[int] = []
    while len(met) < expected:
        report.press("Tab")
        if report.run(f"{HERE}.matches('.scroll')"):  # a table wider than the page takes the arrows
            continue
        met.append(report.run(f"window.stops.indexOf({HERE})"))
        look = report.run(
            f"(({{outlineStyle, outlineWidth}}) => [outlineStyle, outlineWidth])(getComputedStyle({HERE}))"
        )
        assert look[0] != "none" and look[1] != "0px", report.run(f"{HERE}.outerHTML")
    assert met == [*range(expected)]
