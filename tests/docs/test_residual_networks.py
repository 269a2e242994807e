"""The guide to residual networks: its code runs, its commands exist, and both languages say the same."""

import re
from pathlib import Path

import pytest
import torch

from xray_resnet.lab.catalogue import EXPERIMENTS

DOCS = Path(__file__).parents[2] / "docs"
ENGLISH, KOREAN = DOCS / "residual-networks.md", DOCS / "residual-networks.ko.md"
BLOCK = re.compile(r"^```python\n(.*?)^```$", re.MULTILINE | re.DOTALL)
FENCE = re.compile(r"^```.*?^```$", re.MULTILINE | re.DOTALL)
NUMBER = re.compile(r"\d+(?:\.\d+)?")


def split_sections(page: Path) -> list[tuple[str, str]]:
    """Heading and text of each section."""
    _, *parts = re.split(r"^## (.*)$", page.read_text("utf-8"), flags=re.MULTILINE)
    return [*zip(parts[::2], parts[1::2], strict=True)]


def list_headings(page: Path) -> list[int]:
    """The level of each heading, in order."""
    return [len(marks) for marks in re.findall(r"^(#+) ", FENCE.sub("", page.read_text("utf-8")), re.MULTILINE)]


def list_numbers_of_rows(page: Path) -> list[list[str]]:
    """The numbers in each row of the page's tables."""
    return [NUMBER.findall(row) for row in page.read_text("utf-8").splitlines() if row.startswith("|")]


@pytest.mark.parametrize(
    "blocks",
    [pytest.param(BLOCK.findall(text), id=heading) for heading, text in split_sections(ENGLISH) if BLOCK.search(text)],
)
def test_the_code_of_a_section_runs(blocks: list[str]) -> None:
    """In order, in a namespace of its own; what the section claims is asserted in it."""
    namespace: dict[str, object] = {}
    with torch.random.fork_rng():
        for block in blocks:
            exec(compile(block, str(ENGLISH), "exec"), namespace)


@pytest.mark.parametrize("page", [ENGLISH, KOREAN], ids=lambda page: page.name)
def test_each_experiment_has_its_command_and_each_command_its_experiment(page: Path) -> None:
    commands = re.findall(r"^xray-lab (\S+)", page.read_text("utf-8"), re.MULTILINE)
    assert sorted(commands) == sorted(experiment.name for experiment in EXPERIMENTS)


def test_both_languages_have_the_same_code() -> None:
    """So that the Korean page's code runs, too."""
    english, korean = ([BLOCK.findall(text) for _, text in split_sections(page)] for page in (ENGLISH, KOREAN))
    assert sum(map(len, english)) > 10
    assert korean == english


def test_both_languages_have_the_same_headings_in_number_and_level() -> None:
    assert list_headings(KOREAN) == list_headings(ENGLISH)


def test_both_languages_have_the_same_numbers_in_their_tables() -> None:
    assert list_numbers_of_rows(KOREAN) == list_numbers_of_rows(ENGLISH)


@pytest.mark.parametrize("page", [ENGLISH, KOREAN], ids=lambda page: page.name)
def test_every_link_leads_to_a_file(page: Path) -> None:
    targets = re.findall(r"\]\(([^)#]+)\)", page.read_text("utf-8"))
    assert [target for target in targets if not (DOCS / target).is_file()] == []
