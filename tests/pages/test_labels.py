"""The labels of the pages in other languages."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import get_args

import pytest

import xray_resnet.evaluation
from xray_resnet.evaluation.explanation.sanity import Verdict
from xray_resnet.evaluation.result import Rank
from xray_resnet.evaluation.selection import Kind
from xray_resnet.findings import NIH_CHESTXRAY14, PHANTOM, VOCABULARY
from xray_resnet.pages.labels import LABELS, Language, translate
from xray_resnet.pages.numbers import to_title
from xray_resnet.pages.page import render_page
from xray_resnet.triage import SIDES

FINDINGS = {*map(to_title, VOCABULARY)}
KINDS = {
    *get_args(Kind),
    *(f"{truth} {label}" for truth in ("true", "false") for label in ("positive", "negative")),
    *(f"{how} ruled {side}" for how in ("rightly", "wrongly") for side in SIDES),
    *(f"uncertain, {label} it" for label in ("with", "without")),
    *(f"strongest {place} the box" for place in ("in", "outside")),
}
"""What a film of the gallery is called, and where its map is strongest."""
VERDICTS = get_args(Verdict)
EVALUATION = Path(xray_resnet.evaluation.__file__).parent


def find_labels() -> Iterator[str]:
    """Every label that a template or an analysis of the report names."""
    for template in EVALUATION.glob("**/*.j2"):
        yield from re.findall(r'"([^"]+)" \| label', template.read_text())
    for module in (EVALUATION / "analyses").glob("*.py"):
        yield from re.findall(r'(?:Section|Tile)\(\s*"([^"]+)"', module.read_text())


def test_the_report_names_labels() -> None:
    assert {"Findings", "Finding", "Macro AUROC", "Which region raised the score (coarse)"} <= set(find_labels())


@pytest.mark.parametrize(
    "label", sorted({*find_labels(), *KINDS, *VERDICTS, *map(to_title, (*NIH_CHESTXRAY14, *PHANTOM))})
)
def test_every_label_has_its_german_and_its_korean(label: str) -> None:
    assert label in LABELS
    assert all(LABELS[label])


def test_the_table_has_no_label_that_nobody_names() -> None:
    named = {*find_labels(), *FINDINGS, *KINDS, *VERDICTS, *(to_title(rank.name.lower()) for rank in Rank)}
    assert set(LABELS) - named == set()


@pytest.mark.parametrize(("language", "expected"), [("en", "Finding"), ("de", "Befund"), ("ko", "소견")])
def test_a_page_is_told_in_its_language(tmp_path: Path, language: Language, expected: str) -> None:
    template = tmp_path / "page.html.j2"
    template.write_text('{% extends "base.html.j2" %}{% block main %}{{ "Finding" | label }}{% endblock %}')
    page = render_page(template, {}, language=language)
    assert f'<html lang="{language}">' in page
    assert f"<main>\n{expected}" in page


def test_what_the_table_lacks_stays_english() -> None:
    assert translate("Something of a user's", "de") == "Something of a user's"
