"""The analyses of scope and shift: planted films are found, and where nothing was made the reason is told."""

from dataclasses import replace
from unittest.mock import patch

import numpy as np
import pytest
from matplotlib.axes import Axes

from tests.datasets import make_dataset
from tests.evaluation.builders import FEATURES, make_evidence
from xray_resnet.basis import Basis
from xray_resnet.evaluation.analyses.scope import analyse_scope, bound_false_alarms
from xray_resnet.evaluation.analyses.shift import analyse_shift
from xray_resnet.evaluation.evidence import Evidence
from xray_resnet.evaluation.plots import NEGATIVE, POSITIVE
from xray_resnet.evaluation.report import render_report
from xray_resnet.evaluation.shift_plot import plot_shift
from xray_resnet.evaluation.shift_reference import make_shift_reference
from xray_resnet.model_output import ModelOutput
from xray_resnet.scope import Scope, choose_threshold, fit_space
from xray_resnet.shift import Movement, Shift
from xray_resnet.store import open_dataset


@pytest.fixture(scope="module")
def evidence(tmp_path_factory: pytest.TempPathFactory) -> Evidence:
    """400 images of 200 patients, a tenth of them validation; features are normal, and one per cent is beyond."""
    dataset = open_dataset(make_dataset(tmp_path_factory.mktemp("data") / "tiny", count=800))
    space = fit_space(np.random.default_rng(1).normal(size=(2000, FEATURES)))
    threshold = float(np.quantile(space.measure(np.random.default_rng(2).normal(size=(4000, FEATURES))), 0.99))
    scope = Scope(Basis("tiny", "val", 500, "torch", "fp32"), space, threshold, 0.01)
    findings = dataset.findings
    return make_evidence(dataset, split="all", stated=ModelOutput(findings, scope=scope))


def move(evidence: Evidence, step: float) -> Evidence:
    return replace(evidence, features=evidence.features + np.float32(step))


def test_films_like_the_training_films_are_not_warned_of(evidence: Evidence) -> None:
    result = analyse_scope(evidence)
    assert not result.warnings
    assert result.figures["scope"]["out_of_scope"]["value"] < 0.03


def test_films_unlike_them_are_counted_and_warned_of(evidence: Evidence) -> None:
    moved = move(evidence, 2.0)
    result = analyse_scope(moved)
    (caveat,) = result.warnings
    assert evidence.output.scope is not None
    share = float(evidence.output.scope.is_beyond(moved.features).mean())
    assert share > 0.9
    assert (caveat.name, caveat.rank.name, caveat.concern.name) == ("out_of_scope", "CAUTION", "TRANSFER")
    assert result.figures["scope"]["out_of_scope"]["value"] == pytest.approx(share)
    assert f"{100 * share:.1f} % of the images" in caveat.text
    assert "unlike the training films" in render_report(moved, {"scope": result}, command="xray-eval")


def test_what_few_patients_of_validation_leave_open_is_not_warned_of(evidence: Evidence) -> None:
    """One film in 25 is beyond, more than 1 %; but of films alike, 99 patients leave up to 3.7 %."""
    scope = evidence.output.scope
    assert scope is not None
    features = np.zeros_like(evidence.features)
    features[::25] = 9
    for patients, warned in ((99, False), (5000, True)):
        chosen = replace(scope, basis=replace(scope.basis, patients=patients))
        stated = replace(evidence.output, scope=chosen)
        assert bool(analyse_scope(replace(evidence, features=features, stated=stated)).warnings) == warned


@pytest.mark.parametrize("patients", [99, 400])
def test_as_many_films_like_those_of_validation_as_are_allowed_for_are_rarely_more(
    evidence: Evidence, patients: int
) -> None:
    scope = evidence.output.scope
    assert scope is not None
    bound = bound_false_alarms(replace(scope, basis=replace(scope.basis, patients=patients)))
    generator = np.random.default_rng(0)
    beyond = [1 - (choose_threshold(generator.random(patients)) or 1) for _ in range(4000)]
    assert np.mean(np.array(beyond) > bound) == pytest.approx(0.025, abs=0.008)
    assert np.mean(beyond) <= 0.0105


def test_without_a_scope_neither_is_shown_and_both_say_why(evidence: Evidence) -> None:
    none = replace(evidence, stated=ModelOutput(evidence.findings))
    scope, shift = analyse_scope(none), analyse_shift(none)
    assert (scope.section, shift.section) == (None, None)
    assert "xray-eval --split val makes one" in scope.figures["scope"]["why_null"]
    assert "xray-eval --split val makes it" in shift.figures["shift"]["why_null"]
    assert [caveat.name for caveat in (*scope.warnings, *shift.warnings)] == ["no_scope"]


def with_reference(evidence: Evidence) -> Evidence:
    """Held against the same films, kept as those of another data set."""
    scope = evidence.output.scope
    assert scope is not None
    reference = make_shift_reference(evidence, scope)
    kept = replace(reference, basis=Basis("own", "val", 80, "torch", "fp32"))
    return replace(evidence, stated=replace(evidence.output, shift=kept))


def test_the_same_films_have_not_moved(evidence: Evidence) -> None:
    result = analyse_shift(with_reference(evidence))
    assert result.section is not None
    assert (result.figures["shift"]["cause"], list(result.warnings)) == (None, [])


def test_more_films_with_a_finding_are_named_as_prevalence(evidence: Evidence) -> None:
    held = with_reference(evidence)
    logits = held.predictions.logits.copy()
    logits[:, 0] = np.abs(logits[:, 0]) + 1
    moved = replace(held, predictions=replace(held.predictions, logits=logits))
    result = analyse_shift(moved)
    (caveat,) = result.warnings
    assert (caveat.name, caveat.concern.name) == ("shift", "TRANSFER")
    assert any(name in caveat.text for name in evidence.findings)
    with patch.object(Axes, "barh", autospec=True) as bars:
        result.plots["gaps"].draw()
    movements = result.figures["shift"]["movements"].values()
    assert bars.call_args.args[2] == [each["gap"] for each in movements]
    assert bars.call_args.kwargs["color"] == [POSITIVE if each["moved"] else NEGATIVE for each in movements]
    assert "Gap to the films of validation" in render_report(moved, {"shift": result}, command="xray-eval")


def test_a_fact_that_nobody_tells_is_no_bar_and_no_number(evidence: Evidence) -> None:
    unknown = Movement("ap", 0.0, None, None, 1.0)
    shift = Shift(80, (unknown, Movement("noise", 0.4, 0.2, 0.1, 0.01)), "noise", {})
    with patch.object(Axes, "barh", autospec=True) as bars:
        plot_shift(shift)
    assert bars.call_args.args[2] == [0.4]
    with patch("xray_resnet.evaluation.analyses.shift.find_shift", lambda *_: shift):
        result = analyse_shift(with_reference(evidence))
    assert result.figures["shift"]["movements"]["ap"]["here"] is None
    page = render_report(evidence, {"shift": result}, command="xray-eval")
    assert '<th scope="row">AP</th><td class="why" colspan="4">not known</td></tr>' in page


def test_the_images_that_films_are_held_against_are_not_held_against_themselves(evidence: Evidence) -> None:
    held = with_reference(evidence)
    assert held.output.shift is not None
    own = replace(held.output.shift, basis=Basis("tiny", "all", 80, "torch", "fp32"))
    same = replace(held, stated=replace(held.output, shift=own))
    assert "these very images" in analyse_shift(same).figures["shift"]["why_null"]
