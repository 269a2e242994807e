"""The page of a comparison and its figures."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from tests.evaluation.builders import make_predictions, write_evaluation
from xray_resnet.evaluation.compare import Comparison, compare
from xray_resnet.evaluation.comparison_page import write_comparison
from xray_resnet.evaluation.comparison_plot import plot_differences


@pytest.fixture
def folders(tmp_path: Path) -> tuple[Path, Path]:
    worse, better = (make_predictions(patients=60, separation=value) for value in (0.3, 2.0))
    return write_evaluation(tmp_path / "a", worse), write_evaluation(tmp_path / "b", better)


@pytest.fixture
def comparison(folders: tuple[Path, Path]) -> Comparison:
    return compare(*folders)


def test_the_figures_are_those_of_the_comparison(
    comparison: Comparison, folders: tuple[Path, Path], tmp_path: Path
) -> None:
    write_comparison(comparison, tmp_path / "new" / "out", folders=folders, command="xray-compare a b")
    figures = json.loads((tmp_path / "new" / "out" / "comparison.json").read_text())
    assert figures["n_images"] == 120
    assert [*figures["findings"]] == ["Cardiomegaly", "Pleural_Thickening"]
    assert figures["macro"]["difference"]["value"] == comparison.difference.macro.value
    assert [each["p_value"] for each in figures["findings"].values()] == [*comparison.p_values]
    assert figures["folders"] == [str(folder) for folder in folders]


def test_the_page_shows_both_models_the_difference_and_the_command(
    comparison: Comparison, folders: tuple[Path, Path], tmp_path: Path
) -> None:
    (folders[1] / "metrics.json").write_text(json.dumps({"model": {"name": "<b>better</b>", "depth": 50}}))
    page = write_comparison(comparison, tmp_path / "out", folders=folders, command="xray-compare a b").read_text()
    assert "Pleural Thickening" in page
    assert f"{comparison.difference.macro.value:+.3f}" in page
    assert "&lt;b&gt;better&lt;/b&gt;" in page and "<b>better</b>" not in page
    assert "<pre>xray-compare a b</pre>" in page
    assert 'src="http' not in page


def test_an_undefined_finding_says_why_on_the_page_and_in_the_plot(folders: tuple[Path, Path], tmp_path: Path) -> None:
    one = make_predictions()
    one = replace(one, states=one.states * [0, 1])
    pair = write_evaluation(tmp_path / "c", one), write_evaluation(tmp_path / "d", one)
    undefined = compare(*pair)
    page = write_comparison(undefined, tmp_path / "out", folders=pair, command="xray-compare c d").read_text()
    assert "undefined: no positive" in page
    assert "undefined: no positive" in plot_differences(undefined)
