"""The gallery of examples: what its films are called, and its controls, clicked in a browser."""

import base64
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest

from tests.browser import Browser, open_browser
from tests.datasets import make_dataset
from tests.evaluation.builders import make_evidence, make_output, make_triage_output
from xray_resnet.evaluation.analyses import ANALYSES
from xray_resnet.evaluation.analyses.examples import analyse_examples, name_outcome
from xray_resnet.evaluation.evidence import Evidence
from xray_resnet.evaluation.report import render_report
from xray_resnet.evaluation.selection import Example, select_examples
from xray_resnet.explain.overlay import OPACITY, draw_heat, draw_overlay
from xray_resnet.store import open_dataset

VISIBLE = "[...document.querySelectorAll('.film')].filter((film) => film.checkVisibility())"


@pytest.fixture(scope="module")
def evidence(tmp_path_factory: pytest.TempPathFactory) -> Evidence:
    dataset = open_dataset(make_dataset(tmp_path_factory.mktemp("data") / "tiny", count=200))
    return make_evidence(dataset, stated=make_output(dataset.findings))


@pytest.fixture(scope="module")
def browser(evidence: Evidence, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    folder = tmp_path_factory.mktemp("browser")
    page = folder / "report.html"
    results = {name: ANALYSES[name].analyse(evidence) for name in ("findings", "examples", "data")}
    page.write_text(render_report(evidence, results, command="xray-eval --report"))
    with open_browser(folder / "profile") as opened:
        opened.open(page)
        yield opened


def test_heat_over_film_at_its_opacity_is_the_overlay() -> None:
    generator = np.random.default_rng(0)
    pixels, heat = generator.integers(0, 256, (64, 64), np.uint8), generator.random((64, 64), np.float32)
    layer = draw_heat(heat, side=64).astype(np.float64)
    share = OPACITY * layer[..., 3:] / 255
    laid = pixels[..., None] * (1 - share) + layer[..., :3] * share
    np.testing.assert_allclose(laid, draw_overlay(pixels, heat), atol=1.5)


def test_a_map_without_anything_positive_is_transparent() -> None:
    assert draw_heat(-np.ones((4, 4)), side=8)[..., 3].max() == 0


@pytest.mark.parametrize("kind", ["highest positive", "lowest negative"])
def test_an_example_is_called_by_its_label_and_the_operating_point(evidence: Evidence, kind: str) -> None:
    """The operating point of the second finding is a logit of 0.5; the first has none."""
    label, logits = int(kind.endswith("positive")), evidence.predictions.logits[:, 1]
    rows = np.flatnonzero(evidence.predictions.labels[:, 1] == label)
    for row in (rows[logits[rows].argmax()], rows[logits[rows].argmin()]):
        called = "positive" if logits[row] >= 0.5 else "negative"
        expected = f"{'true' if kind.endswith(called) else 'false'} {called}"
        example = Example(int(row), evidence.findings[1], kind, 0.5)  # type: ignore[arg-type]
        assert name_outcome(evidence, example) == expected
    assert name_outcome(evidence, Example(0, evidence.findings[0], kind, 0.5)) == kind  # type: ignore[arg-type]


@pytest.mark.parametrize(("place", "name"), [(0, "ruled in"), (1, "ruled out"), (2, "uncertain")])
@pytest.mark.parametrize("kind", ["highest positive", "lowest negative"])
def test_where_a_triage_decides_an_example_is_called_by_it(
    evidence: Evidence, place: int, name: str, kind: str
) -> None:
    """As in predictions; its operating point, which would call the first and the third positive, decides nothing."""
    logits = evidence.predictions.logits.copy()
    logits[:3, 1] = (2.5, -2.5, 1.0)
    triage = make_triage_output(evidence.findings).triage
    triaged = replace(
        evidence,
        predictions=replace(evidence.predictions, logits=logits),
        stated=replace(make_output(evidence.findings), triage=triage),
    )
    called = name_outcome(triaged, Example(place, evidence.findings[1], kind, 0.5))  # type: ignore[arg-type]
    has_it = kind == "highest positive"
    right = {"ruled in": has_it, "ruled out": not has_it}
    uncertain = f"uncertain, {'with' if has_it else 'without'} it"
    assert called == (f"{'rightly' if right[name] else 'wrongly'} {name}" if name in right else uncertain)


@pytest.mark.parametrize(("shift", "told"), [(0, "strongest in the box"), (1000, "strongest outside the box")])
def test_a_card_says_whether_the_map_is_strongest_in_the_box(evidence: Evidence, shift: float, told: str) -> None:
    points = evidence.peaks.points.copy()
    for place, column in np.ndindex(points.shape[:2]):
        for left, top, width, height in evidence.boxes(place, evidence.findings[column])[:1]:
            points[place, column] = (left + width / 2 + shift, top + height / 2)
    section = analyse_examples(replace(evidence, peaks=replace(evidence.peaks, points=points))).section
    assert section is not None
    cards = [card for _, group in section.values["examples"] for card in group]
    assert {card["peak_placed"] for card in cards if card["boxes"]} == {told}
    assert {card["peak_placed"] for card in cards if not card["boxes"]} == {""}
    for card in (each for each in cards if each["boxes"]):
        left, top, width, height = card["boxes"][0]
        assert card["peak"] == pytest.approx((left + width / 2 + shift, top + height / 2))


def test_a_cross_stands_where_the_map_is_strongest_beside_every_box(browser: Browser) -> None:
    crosses = "[...document.querySelectorAll('.layers svg')].map((each) => each.querySelectorAll('path').length)"
    assert {*browser.run(crosses)} == {1}


def test_the_plain_film_stands_beside_the_coloured_one(browser: Browser) -> None:
    pairs = "[...document.querySelectorAll('.views')].map((each) => [...each.querySelectorAll('img:not(.heat)')])"
    assert browser.run(f"{pairs}.every(([plain, below]) => plain.src === below.src)") is True
    assert browser.run("document.querySelectorAll('.views > :first-child .heat').length") == 0


def test_the_controls_appear_and_all_films_are_shown(browser: Browser, evidence: Evidence) -> None:
    count = len(select_examples(evidence.predictions))
    assert browser.run("document.querySelector('.controls').checkVisibility()")
    assert browser.run(f"{VISIBLE}.length") == count
    assert browser.run("document.querySelector('.controls output').textContent") == f"{count} of {count} films"


def choose(browser: Browser, name: str, value: str) -> None:
    """Chooses an option as a user does: with focus and keys."""
    browser.run(f"document.querySelector('[name={name}]').focus()")
    browser.press("Home")
    steps = browser.run(
        f"[...document.querySelector('[name={name}]').options].findIndex((option) => option.value === '{value}')"
    )
    for _ in range(steps):
        browser.press("ArrowDown")
    assert browser.run(f"document.querySelector('[name={name}]').value") == value


def test_a_finding_alone_can_be_looked_at(browser: Browser, evidence: Evidence) -> None:
    finding = evidence.findings[1]
    choose(browser, "finding", finding)
    shown = browser.run(f"{VISIBLE}.map((film) => film.closest('.group').dataset.finding)")
    assert set(shown) == {finding}
    choose(browser, "finding", "")


def test_a_kind_alone_can_be_looked_at(browser: Browser, evidence: Evidence) -> None:
    section = analyse_examples(evidence).section
    assert section is not None
    assert {"true positive", "highest positive"} <= set(section.values["kinds"])
    choose(browser, "kind", "true positive")
    assert set(browser.run(f"{VISIBLE}.map((film) => film.dataset.kind)")) == {"true positive"}
    choose(browser, "kind", "")


@pytest.mark.parametrize(("order", "sign"), [("falling", -1), ("rising", 1)])
def test_films_are_sorted_by_score_within_their_finding(browser: Browser, order: str, sign: int) -> None:
    choose(browser, "order", order)
    groups = browser.run(
        "[...document.querySelectorAll('.group')].map((group) =>"
        " [...group.querySelectorAll('.film')].map((film) => Number(film.dataset.score)))"
    )
    assert all(scores == sorted(scores, key=lambda score: sign * score) for scores in groups)
    choose(browser, "order", "rule")


def test_the_slider_fades_the_colours(browser: Browser) -> None:
    faded = "Number(getComputedStyle(document.querySelector('.heat')).opacity)"
    score = browser.run("Number(document.querySelector('.film').dataset.score)")
    assert browser.run(faded) == pytest.approx(OPACITY * score, abs=1e-3)
    browser.run("document.querySelector('[name=heat]').focus()")
    browser.press("Home")
    assert browser.run(faded) == 0
    browser.press("End")
    assert browser.run(faded) == pytest.approx(score, abs=1e-3)


def test_the_contents_lead_to_their_sections(browser: Browser) -> None:
    browser.click("nav a[href='#data']")
    assert browser.run("location.hash") == "#data"


def test_pictures_are_there_and_nothing_else_is_asked_for(browser: Browser) -> None:
    assert browser.run("Promise.all([...document.images].map((image) => image.decode())).then(() => true)")
    assert (
        browser.run("performance.getEntriesByType('resource').filter((e) => !e.name.startsWith('data:')).length") == 0
    )


def test_films_are_half_transparent_pictures_of_the_heat(evidence: Evidence, tmp_path: Path) -> None:
    section = analyse_examples(evidence).section
    assert section is not None
    (_, group), *_ = section.values["examples"]
    layer = cv2.imdecode(
        np.frombuffer(base64.b64decode(group[0]["heat"].source.split(",")[1]), np.uint8), cv2.IMREAD_UNCHANGED
    )
    assert layer.shape == (64, 64, 4) and layer[..., 3].max() == 255
