"""The analysis of explanations: the table on the page, figures, and what is said of a map that fails."""

import json
from dataclasses import replace

import pytest

from tests.datasets import make_dataset
from tests.evaluation.builders import make_evidence
from xray_resnet.evaluation.analyses import run_analyses
from xray_resnet.evaluation.evidence import Evidence
from xray_resnet.evaluation.explanation import cases
from xray_resnet.evaluation.report import render_report
from xray_resnet.evaluation.request import Request
from xray_resnet.evaluation.result import Result
from xray_resnet.explain.methods import TITLES
from xray_resnet.store import open_dataset

ASKED = ("explanation", "examples")


@pytest.fixture(scope="module")
def evidence(tmp_path_factory: pytest.TempPathFactory) -> Evidence:
    dataset = open_dataset(make_dataset(tmp_path_factory.mktemp("data") / "tiny", count=100))
    return make_evidence(dataset, cells=(2, 2))


@pytest.fixture(scope="module")
def results(evidence: Evidence) -> dict[str, Result]:
    """Of an evaluation that shows EigenCAM, which does not ask the head."""
    with pytest.MonkeyPatch.context() as monkeypatch:
        monkeypatch.setattr(cases, "MOST_CASES", 12)
        return run_analyses(replace(evidence, asked=Request(only=ASKED, cam="eigencam")))


def test_it_runs_only_by_name(evidence: Evidence) -> None:
    assert "explanation" not in run_analyses(replace(evidence, asked=Request(report=True, skip=["examples"])))


def test_every_method_has_its_figures(results: dict[str, Result]) -> None:
    figures = results["explanation"].figures["explanation"]
    assert figures["schema_version"] == 1
    assert (figures["n_cases"], figures["cells"]) == (12, [2, 2])
    assert [*figures["methods"]] == [*TITLES]
    for method in figures["methods"].values():
        assert {*method} == {
            "title", "sanity", "faithfulness", "curves", "occlusion", "occlusion_by_finding", "cost",
        }  # fmt: skip
        assert method["cost"] > 0
    json.dumps(figures, allow_nan=False)


def test_a_map_that_fails_is_warned_of_and_marked_in_the_gallery(
    evidence: Evidence, results: dict[str, Result]
) -> None:
    caveat = results["explanation"].warnings[0]
    assert (caveat.rank.name, caveat.name) == ("CAUTION", "map_fails_sanity")
    assert caveat.text.startswith(
        "EigenCAM, shown over the examples: This map stays much the same whatever was learnt in: head"
    )
    page = render_report(replace(evidence, asked=Request(cam="eigencam")), results, command="xray-eval")
    gallery = page.split('<section id="examples"')[1].split("</section>")[0]
    assert "This map stays much the same whatever was learnt in: head" in gallery


def test_the_remedy_is_a_map_that_passed(evidence: Evidence, results: dict[str, Result]) -> None:
    methods = results["explanation"].figures["explanation"]["methods"]
    passed = [name for name, method in methods.items() if method["sanity"]["verdict"] == "passed"]
    expected = f"xray-eval --report --explanation --cam {passed[0]}" if passed else ""
    assert results["explanation"].warnings[0].remedy == expected


def test_without_the_checks_the_gallery_says_that_there_were_none(
    evidence: Evidence, results: dict[str, Result]
) -> None:
    page = render_report(evidence, {"examples": results["examples"]}, command="xray-eval")
    assert "was not checked; <code>--explanation</code> does" in page


def test_the_page_has_one_row_a_method(evidence: Evidence, results: dict[str, Result]) -> None:
    page = render_report(replace(evidence, asked=Request(cam="eigencam")), results, command="xray-eval")
    section = page.split('<section id="explanation"')[1].split("</section>")[0]
    for title in TITLES.values():
        assert section.count(f'<th scope="row">{title}</th>') == 1
    assert '<tr class="total"><th scope="row">EigenCAM</th>' in section
    assert "None" not in section and "nan" not in section


def test_a_split_without_findings_has_nothing_to_check_and_says_so(evidence: Evidence) -> None:
    none = replace(evidence.predictions, states=0 * evidence.predictions.states)
    result = run_analyses(replace(evidence, predictions=none, asked=Request(only=["explanation"])))["explanation"]
    assert result.section is None and result.figures["explanation"] == {"why_null": "no image has a finding"}
    assert [caveat.name for caveat in result.warnings] == ["no_explanation"]
