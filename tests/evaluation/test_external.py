"""Other data beside the model's own held-out images."""

from dataclasses import replace

import numpy as np
import pytest

from tests.datasets import make_dataset
from tests.evaluation.builders import make_evidence
from xray_resnet.evaluation import evidence as evidence_module
from xray_resnet.evaluation import external as external_module
from xray_resnet.evaluation.analyses.external import analyse_external
from xray_resnet.evaluation.evidence import Evidence
from xray_resnet.evaluation.external import External, compare_with_own
from xray_resnet.evaluation.external_plot import plot_external
from xray_resnet.evaluation.groups import UNKNOWN
from xray_resnet.evaluation.internal import Internal
from xray_resnet.evaluation.population import describe_population
from xray_resnet.evaluation.predictions import Predictions
from xray_resnet.evaluation.ranking import rank
from xray_resnet.metrics.unpaired import subtract_unpaired
from xray_resnet.store import Dataset, open_dataset


@pytest.fixture(scope="module")
def own(tmp_path_factory: pytest.TempPathFactory) -> Dataset:
    folder = tmp_path_factory.mktemp("own") / "own"
    return open_dataset(make_dataset(folder, count=300, findings=("Effusion", "Cardiomegaly"), name="own"))


@pytest.fixture(scope="module")
def other(tmp_path_factory: pytest.TempPathFactory) -> Dataset:
    return open_dataset(make_dataset(tmp_path_factory.mktemp("other") / "other", count=300, seed=1, name="other"))


def ask(dataset: Dataset, *, separation: float) -> Evidence:
    return make_evidence(dataset, separation=separation)


def compare(own: Dataset, other: Dataset, *, separations: tuple[float, float]) -> External:
    internal = Internal("own", ask(own, separation=separations[0]).predictions, own)
    external = compare_with_own(ask(other, separation=separations[1]), internal)
    assert external is not None
    return external


def test_findings_are_matched_by_name(own: Dataset, other: Dataset) -> None:
    external = compare(own, other, separations=(3, 0))
    assert [(a.name, b.name) for a, b, _ in external.rows] == [(name, name) for name in other.findings]
    for a, b, drop in external.rows:
        assert drop.value == pytest.approx(a.auroc.value - b.auroc.value)  # type: ignore[operator]


def test_a_planted_drop_is_found_and_warned_of(own: Dataset, other: Dataset) -> None:
    external = compare(own, other, separations=(3, 0))
    assert external.macro.low is not None and external.macro.low > 0.2
    internal = Internal("own", ask(own, separation=3).predictions, own)
    evidence = replace(ask(other, separation=0), internal=internal)
    model = {**evidence.model, "training_data": {"about": {"patients": "children of one ward"}}}
    warnings = analyse_external(replace(evidence, model=model)).warnings
    (warning,) = (each for each in warnings if each.name == "external_drop")
    assert (warning.name, warning.rank.name) == ("external_drop", "SERIOUS")
    assert f"{external.macro.value:.3f} lower" in warning.text
    assert "There: children of one ward; age" in warning.text and "Here: age" in warning.text


def test_where_nothing_drops_nothing_is_warned_of(own: Dataset, other: Dataset) -> None:
    internal = Internal("own", ask(own, separation=2).predictions, own)
    result = analyse_external(replace(ask(other, separation=2), internal=internal))
    assert [warning.name for warning in result.warnings] == ["label_definitions_unknown"]
    low, high = (result.figures["external"]["macro_drop"][end] for end in ("low", "high"))
    assert low < 0 < high


def test_the_macro_drop_is_over_the_findings_that_both_can_rank(own: Dataset, other: Dataset) -> None:
    evidence = ask(other, separation=1)
    states = evidence.predictions.states.copy()
    states[:, 0] = 0
    evidence = replace(evidence, predictions=replace(evidence.predictions, states=states))
    external = compare_with_own(evidence, Internal("own", ask(own, separation=3).predictions))
    assert external is not None
    assert external.drops[0].value is None
    assert external.macro.value == pytest.approx(external.drops[1].value)


def test_either_side_is_ranked_once(own: Dataset, other: Dataset, monkeypatch: pytest.MonkeyPatch) -> None:
    ranked: list[Predictions] = []
    for module in (external_module, evidence_module):
        monkeypatch.setattr(module, "rank", lambda predictions: ranked.append(predictions) or rank(predictions))
    evidence, internal = ask(other, separation=1), Internal("own", ask(own, separation=3).predictions, own)
    assert evidence.ranking.macro.value is not None
    external = compare_with_own(evidence, internal)
    assert external is not None and external.macro.value is not None
    assert [len(each.image_ids) for each in ranked] == [len(evidence.rows), len(own.indices("test"))]


def test_the_macro_drop_is_that_of_the_means_of_the_same_findings(own: Dataset, other: Dataset) -> None:
    sides = [ask(own, separation=3).predictions, ask(other, separation=0).predictions]
    there, here = (rank(side.choose([*other.findings])).macro for side in sides)
    expected = subtract_unpaired(there, here)
    found = compare(own, other, separations=(3, 0)).macro
    assert (found.value, found.low, found.high) == pytest.approx((expected.value, expected.low, expected.high))


@pytest.mark.parametrize(
    ("there", "here", "name", "rank"),
    [
        ("boxed by radiologists", "boxed by radiologists", None, None),
        ("clinical diagnoses", "boxed by radiologists", "label_definitions_differ", "CAUTION"),
        ("clinical diagnoses", "", "label_definitions_unknown", "NOTE"),
        ("", "boxed by radiologists", "label_definitions_unknown", "NOTE"),
        ("", "", "label_definitions_unknown", "NOTE"),
    ],
)
def test_labels_that_mean_something_else_or_may_are_warned_of(
    own: Dataset, other: Dataset, monkeypatch: pytest.MonkeyPatch, there: str, here: str, name: str | None, rank: str
) -> None:
    monkeypatch.setattr(Dataset, "about", {"labels": here})
    evidence = make_evidence(other, separation=2, training_data={"name": "own", "about": {"labels": there}})
    internal = Internal("own", ask(own, separation=2).predictions, own)
    warnings = analyse_external(replace(evidence, internal=internal)).warnings
    found = [(each.name, each.rank.name) for each in warnings]
    assert found == ([] if name is None else [(name, rank)])
    for warning in warnings:
        assert f"here: {here or 'not known'}." in warning.text and f"here: {there or 'not known'}" in warning.text


def test_without_the_own_evaluation_the_page_says_what_to_run(other: Dataset) -> None:
    result = analyse_external(ask(other, separation=1))
    assert [warning.name for warning in result.warnings] == ["no_internal_evaluation"]
    assert result.section is None and not result.figures


def test_without_a_common_finding_there_is_nothing_to_compare(own: Dataset, other: Dataset) -> None:
    predictions = replace(ask(own, separation=1).predictions, findings=("Hernia", "Edema"))
    assert compare_with_own(ask(other, separation=1), Internal("own", predictions)) is None


def test_the_own_data_are_not_held_against_themselves(own: Dataset) -> None:
    evidence = make_evidence(own, training_data={"split_sha256": own.split_sha256})
    result = analyse_external(evidence)
    assert (result.section, result.warnings) == (None, ())


def test_without_the_own_dataset_the_drop_is_told_and_the_rest_is_not(own: Dataset, other: Dataset) -> None:
    external = compare_with_own(ask(other, separation=1), Internal("own", ask(own, separation=1).predictions))
    assert external is not None
    assert external.populations is None
    assert external.to_json()["populations"] is None


def test_a_population_is_counted_from_its_rows(own: Dataset) -> None:
    rows = own.indices("test")
    found = describe_population(own, rows, own.findings)
    states = own.states[rows]
    assert (found.n_images, found.n_patients) == (len(rows), len(set(own.patient_ids[rows])))
    assert [*found.prevalences.values()] == pytest.approx([*(states == 1).mean(axis=0)])
    assert sum(found.people.views.values()) == pytest.approx(1)
    shares = np.stack([own.pixels(int(row)) for row in rows]) / 255
    assert found.brightness == pytest.approx(shares.mean())
    assert found.contrast == pytest.approx(shares.std(axis=(1, 2)).mean())


def test_a_view_without_training_images_is_out_of_scope(
    own: Dataset, other: Dataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    views = {own.name: ["PA"] * len(own), other.name: ["PA", "LATERAL", None] * (len(other) // 3)}
    column = Dataset.column
    monkeypatch.setattr(
        Dataset, "column", lambda self, name: views[self.name] if name == "view" else column(self, name)
    )
    evidence = ask(other, separation=2)
    expected = sum(views["other"][row] == "LATERAL" for row in evidence.rows)
    external = compare_with_own(evidence, Internal("own", ask(own, separation=2).predictions, own))
    assert external is not None
    assert external.unseen_views == {"LATERAL": expected}
    assert external.populations is not None
    assert set(external.populations[1].people.views) == {"PA", "LATERAL", UNKNOWN}


def test_the_picture_has_a_mark_for_each_side_of_each_finding(own: Dataset, other: Dataset) -> None:
    svg = plot_external(compare(own, other, separations=(2, 1)))
    assert svg.count("<use xlink:href") >= 4
    assert "<!-- Pleural effusion -->" in svg
