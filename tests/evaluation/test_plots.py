"""Plots: the same bytes for the same data, and a word where a curve does not exist."""

from dataclasses import replace
from unittest.mock import patch
from xml.etree import ElementTree

import numpy as np
import pytest
from matplotlib.axes import Axes

from tests.evaluation.builders import make_predictions, make_ranking
from xray_resnet.evaluation.decision_plot import plot_decision_curves
from xray_resnet.evaluation.decisions import Decisions, FindingDecisions
from xray_resnet.evaluation.plots import plot_intervals, plot_pr_curves, plot_roc_curves, plot_scores
from xray_resnet.metrics.net_benefit import DecisionCurve


def test_plots_are_svg_and_the_same_each_time() -> None:
    predictions = make_predictions()
    ranking = make_ranking(predictions)
    for plot in (plot_roc_curves, plot_pr_curves, plot_scores):
        assert plot(predictions, ranking) == plot(predictions, ranking)
        assert ElementTree.fromstring(plot(predictions, ranking)).tag.endswith("svg")


def test_the_roc_curve_has_a_dot_at_the_operating_point() -> None:
    predictions = make_predictions(findings=["Nodule"])
    truth, logits = predictions.labels[:, 0], predictions.logits[:, 0]
    with patch.object(Axes, "scatter", autospec=True) as scatter:
        plot_roc_curves(predictions, make_ranking(predictions), points={"Nodule": 0.3})
    _, (x,), (y,) = scatter.call_args.args
    assert (x, y) == ((logits[truth == 0] >= 0.3).mean(), (logits[truth == 1] >= 0.3).mean())


def test_the_decision_curve_shows_harm_and_where_the_model_acts_from() -> None:
    thresholds = np.array([0.1, 0.5, 0.9])
    flat = np.zeros(3)
    curve = DecisionCurve(thresholds, np.array([0.4, 0.2, -0.2]), flat, flat, np.array([0.3, -0.4, -9.0]))
    found = FindingDecisions("Nodule", None, None, None, None, None, None, curve, acts_from=0.7)
    ranking = make_ranking(make_predictions(findings=["Nodule"]))
    with patch.object(Axes, "scatter", autospec=True) as dots, patch.object(Axes, "set_ylim", autospec=True) as limits:
        plot_decision_curves(Decisions(None, False, (found,)), ranking)
    assert dots.call_args.args[1:] == ([0.7], [pytest.approx(0.0)])
    bottom, top = next(each.args[1:] for each in limits.call_args_list if len(each.args) == 3)
    assert bottom < -0.2 and top > 0.4
    assert bottom > -0.5  # the line of acting on every film does not press the others flat


@pytest.mark.parametrize("count", [1, 14])
def test_any_number_of_findings_is_drawn(count: int) -> None:
    predictions = make_predictions(findings=[f"Finding {number}" for number in range(count)])
    ranking = make_ranking(predictions)
    assert plot_intervals(ranking, baseline=[0.6] * (count + 1)).count("<svg") == 1
    assert plot_roc_curves(predictions, ranking).count("<svg") == 1


@pytest.mark.parametrize("name", ["$x_{$", "a$b$c \\frac{", "<script>alert(1)</script>", "=1+1"])
def test_a_finding_is_named_as_it_is_written(name: str) -> None:
    predictions = make_predictions(findings=[name])
    ranking = make_ranking(predictions)
    for svg in (plot_intervals(ranking, baseline=[None] * 2), plot_roc_curves(predictions, ranking)):
        assert ElementTree.fromstring(svg).tag.endswith("svg")
        assert "<script" not in svg


def test_an_undefined_finding_is_drawn_as_its_reason() -> None:
    predictions = make_predictions()
    states = np.zeros_like(predictions.states)
    nothing = replace(predictions, states=states)
    ranking = make_ranking(nothing)
    for svg in (plot_intervals(ranking, baseline=[None] * 3), plot_roc_curves(nothing, ranking)):
        assert "no positive image" in svg
