"""The laboratory's results in the documentation: pages say what the results say, and the results what was measured."""

import json
from pathlib import Path
from xml.etree import ElementTree

import pytest

from docs.lab.tables import GUIDES, MODELS, fill_guide, read_result, write_page
from xray_resnet.lab.catalogue import EXPERIMENTS
from xray_resnet.metrics import Estimate

DOCS = Path(__file__).parents[2] / "docs"
LAB = DOCS / "lab"
each_result = pytest.mark.parametrize("experiment", EXPERIMENTS, ids=lambda experiment: experiment.name)
each_model = pytest.mark.parametrize("model", MODELS)


@pytest.mark.parametrize("page", GUIDES)
def test_the_guides_table_has_the_results(page: str) -> None:
    text = (DOCS / page).read_text("utf-8")
    assert fill_guide(text, LAB, GUIDES[page]) == text


def test_the_page_has_the_results() -> None:
    assert (DOCS / "lab.md").read_text("utf-8") == write_page(LAB)


@each_result
@each_model
def test_a_result_says_where_it_comes_from(model: str, experiment) -> None:  # type: ignore[no-untyped-def]
    result = read_result(LAB / model, experiment.name)
    assert result["command"].startswith("xray-lab all --run ")
    assert not result["quick"]
    assert result["model"]["instruction_set"]
    assert isinstance(result["seed"], int)


@each_result
@each_model
def test_a_verdict_follows_from_its_interval_and_todays_claim(model: str, experiment) -> None:  # type: ignore[no-untyped-def]
    result = read_result(LAB / model, experiment.name)
    assert result["claim"]["text"] == experiment.claim.text
    assert result["verdict"] == experiment.claim.judge(Estimate(**result["estimate"]))


@each_result
@each_model
def test_a_figure_is_a_picture_and_names_no_machine(model: str, experiment) -> None:  # type: ignore[no-untyped-def]
    figure = LAB / model / experiment.name / "figure.svg"
    assert ElementTree.parse(figure).getroot().tag.endswith("svg")
    said = json.dumps(read_result(LAB / model, experiment.name)) + figure.read_text("utf-8")
    assert str(Path.home()) not in said
    assert str(Path.cwd()) not in said


def test_a_row_keeps_its_claim_and_gets_both_results(tmp_path: Path) -> None:
    for model, value in zip(MODELS, (0.25, None), strict=True):
        folder = tmp_path / model / "paths"
        folder.mkdir(parents=True)
        low = None if value is None else 0.2
        estimate = {"value": 0.25, "low": low, "high": 0.3, "why_null": "interval: too few"}
        result = {"estimate": estimate, "verdict": "holds" if low else "cannot_tell"}
        (folder / "result.json").write_text(json.dumps(result))
    row = "| `paths`: a | b | old | old |\n| other | c |\n"
    filled = fill_guide(row, tmp_path, GUIDES["residual-networks.md"])
    assert filled == "| `paths`: a | b | 0.25 (0.2 … 0.3): holds | 0.25 (no interval): cannot tell |\n| other | c |\n"
