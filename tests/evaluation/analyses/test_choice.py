"""Which analyses run."""

import pytest

from xray_resnet.cli import evaluate
from xray_resnet.errors import ConfigurationError
from xray_resnet.evaluation.analyses import ANALYSES, choose_analyses
from xray_resnet.evaluation.request import Request

USUAL = [name for name, analysis in ANALYSES.items() if not analysis.only_by_name]


def test_a_report_shows_all_but_what_runs_by_name() -> None:
    assert [*choose_analyses(Request(report=True))] == USUAL
    assert [*choose_analyses(Request(report=True, also=["explanation", "ladder", "dose", "audit"]))] == [*ANALYSES]
    assert "curves" not in choose_analyses(Request()) and "shortcuts" in choose_analyses(Request())


def test_what_is_skipped_is_left_out() -> None:
    chosen = choose_analyses(Request(report=True, skip=["examples", "localisation"]))
    assert [*chosen] == [name for name in USUAL if name not in ("examples", "localisation")]


def test_what_is_named_runs_alone_in_the_order_of_the_page_also_without_a_report() -> None:
    assert [*choose_analyses(Request(report=False, only=["curves", "findings"]))] == ["findings", "curves"]
    assert [*choose_analyses(Request(report=True, only=["ladder"]))] == ["ladder"]
    assert [*choose_analyses(Request(report=True, only=["data"], also=["ladder"]))] == ["ladder", "data"]


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"only": ["findings"], "skip": ["data"]}, "--only and --skip are both given, expected one"),
        ({"skip": ["shortcut"]}, "--skip shortcut: there is no such analysis; there are findings, external, baseline"),
        ({"only": ["data", "x"]}, "--only x: there is no such analysis; there are findings, external, baseline"),
        ({"also": ["ladder"], "skip": ["ladder"]}, "--ladder and --skip ladder are both given, expected one"),
    ],
)
def test_names_that_cannot_be_are_refused(options: dict[str, list[str]], words: str) -> None:
    with pytest.raises(ConfigurationError, match=words):
        choose_analyses(Request(report=True, **options))


def test_the_command_offers_every_analysis() -> None:
    """It names them itself, so that --help loads nothing heavy."""
    assert tuple(ANALYSES) == evaluate.ANALYSES
