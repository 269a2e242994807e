"""The analysis of shortcuts: a planted one stands on the first screen; facts that tell nothing are not warned of."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from tests.evaluation.analyses.films import FINDINGS, make_films
from tests.evaluation.builders import make_evidence
from xray_resnet.evaluation import shortcuts
from xray_resnet.evaluation.analyses.shortcuts import analyse_shortcuts
from xray_resnet.evaluation.evidence import Evidence
from xray_resnet.evaluation.groups import Grouping
from xray_resnet.evaluation.report import render_report
from xray_resnet.evaluation.shortcuts import FindingShortcuts, group_by_facts, measure_shortcuts
from xray_resnet.evaluation.telling import Telling
from xray_resnet.metrics import Estimate, auroc
from xray_resnet.metrics.strata import compare_within
from xray_resnet.store import Dataset

OWN = "The model may have learned them."


def judge(evidence: Evidence, score: Callable[[Evidence], np.ndarray]) -> Evidence:
    """The evidence of a model that gives all findings this score."""
    logits = np.stack([score(evidence)] * len(FINDINGS), axis=1).astype(np.float32)
    return replace(evidence, predictions=replace(evidence.predictions, logits=logits))


def looks_at_the_view(evidence: Evidence) -> np.ndarray:
    noise = np.random.default_rng(0).normal(size=len(evidence.rows))
    return 3.0 * (np.array(evidence.fact("view")) == "AP") + noise


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> Evidence:
    """Films of which the view tells a Mass."""
    dataset = make_films(tmp_path_factory.mktemp("data") / "films", told=0.5, count=1000)
    trained = {"training_data": {"split_sha256": dataset.split_sha256}}
    return make_evidence(dataset, separation=3.0, **trained)


def test_a_planted_shortcut_is_named_with_its_auroc_and_anchor(told: Evidence) -> None:
    caveat = analyse_shortcuts(told).warnings[0]
    assert (caveat.rank.name, caveat.name, caveat.concern.name) == ("CAUTION", "facts_tell_labels", "LEAK")
    assert "(view: films taken AP, often at the bedside, are mostly of sicker patients" in caveat.text
    together = measure_shortcuts(told).findings[0].telling.together
    interval = f"{together.low:.2f} to {together.high:.2f}"
    assert f"tell Lung mass with AUROC {together.value:.2f} ({interval}; above all view" in caveat.text
    assert caveat.text.endswith(OWN) and "Nodule" not in caveat.text
    assert caveat.anchor == "shortcuts-mass"


def test_facts_that_reach_the_model_are_graver(told: Evidence) -> None:
    caveat = analyse_shortcuts(judge(told, lambda evidence: np.arange(len(evidence.rows)))).warnings[0]
    assert (caveat.rank.name, caveat.name) == ("SERIOUS", "facts_reach_model")
    assert "They rank as well as the model, or better." in caveat.text


def test_of_other_data_it_is_not_said_that_the_model_learned_them(told: Evidence) -> None:
    caveat = analyse_shortcuts(replace(told, model={**told.model, "training_data": {}})).warnings[0]
    assert caveat.name == "facts_tell_labels" and OWN not in caveat.text


def test_a_model_that_looks_at_the_view_is_worth_nothing_among_films_of_one_view(told: Evidence) -> None:
    result = analyse_shortcuts(judge(told, looks_at_the_view))
    mass = result.figures["shortcuts"]["findings"]["Mass"]
    assert mass["strongest"][0] == "view"
    assert mass["model"]["value"] > 0.65
    assert abs(mass["model_within_strata"]["value"] - 0.5) < 0.08
    assert mass["lost_within_strata"]["low"] > 0
    assert "model_gains_by_facts" in {caveat.name for caveat in result.warnings}


def test_within_strata_pairs_are_those_alike_in_the_strongest_facts(told: Evidence) -> None:
    mass = measure_shortcuts(told).findings[0]
    facts = [np.array([str(value) for value in told.fact(name)]) for name in mass.telling.strongest]
    names, strata = np.unique(np.stack(facts, axis=1), axis=0, return_inverse=True)
    assert mass.telling.strongest == ("view",) and len(names) == 2
    found = compare_within(
        told.predictions.labels[:, 0], told.predictions.logits[:, 0], strata, patients=told.predictions.patient_ids
    )
    assert found is not None
    positives = int((told.predictions.labels[:, 0] == 1).sum())
    assert mass.within.value == pytest.approx(found.area)
    assert mass.share_of_pairs == pytest.approx(found.n_pairs / (positives * (len(told.rows) - positives)))
    assert mass.lost.value == pytest.approx(
        (auroc(told.predictions.labels[:, 0], told.predictions.logits[:, 0]) or 0) - found.area
    )


@pytest.mark.parametrize("seed", range(4))
def test_where_facts_tell_nothing_there_is_no_warning(tmp_path: Path, seed: int) -> None:
    dataset = make_films(tmp_path / "films", count=400, seed=seed)
    names = {caveat.name for caveat in analyse_shortcuts(make_evidence(dataset)).warnings}
    assert not names & {"facts_reach_model", "facts_tell_labels"}


def test_a_border_that_tells_is_found(tmp_path: Path) -> None:
    finding = measure_shortcuts(make_evidence(make_films(tmp_path / "films", bright=0.2, count=400))).findings[0]
    assert finding.is_told and "border" in finding.telling.strongest[0]


@pytest.mark.parametrize(("low", "is_told"), [(0.6, False), (0.601, True), (None, False)])
def test_facts_tell_a_label_from_a_lower_end_above_six_tenths(low: float | None, is_told: bool) -> None:
    telling = Telling(Estimate(0.7, low, 0.8))
    assert FindingShortcuts("Mass", telling, Estimate(0.9), Estimate(None), None, Estimate(None)).is_told == is_told


def test_facts_of_one_value_drop_out_and_are_said(told: Evidence) -> None:
    found = measure_shortcuts(told)
    assert {"view", "sex", "age", "source", "modality", "brightness of the border"} <= set(found.facts)
    assert found.same["image size"] == "0.001024" and found.same["scanner"] == "not known"
    assert not set(found.facts) & set(found.same)


def test_facts_are_judged_on_all_splits_and_the_model_on_its_own(told: Evidence) -> None:
    found = measure_shortcuts(told)
    assert (found.n_images, found.n_patients, len(told.rows)) == (1000, 500, 500)
    assert found.findings[0].model == told.ranking.findings[0].auroc


def test_of_very_many_images_whole_patients_are_drawn(told: Evidence, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shortcuts, "MOST_IMAGES", 301)
    found = measure_shortcuts(told)
    assert (found.n_images, found.n_patients) == (302, 151)  # the last patient makes it enough


@pytest.mark.parametrize("count", [4, 40])
def test_few_patients_are_not_judged_and_say_so(tmp_path: Path, count: int) -> None:
    evidence = make_evidence(make_films(tmp_path / "films", count=count))
    result = analyse_shortcuts(evidence)
    assert result.tile is None and result.plots == {} and result.warnings == []
    page = render_report(evidence, {"shortcuts": result}, command="xray-eval")
    assert "not judged: " in page and "expected 20 of each" in page


def test_every_border_is_measured_once_and_belongs_to_its_image(
    told: Evidence, monkeypatch: pytest.MonkeyPatch
) -> None:
    measured: list[int] = []
    seen: dict[tuple[int, ...], np.ndarray] = {}

    def measure(dataset: Dataset, rows: np.ndarray) -> np.ndarray:
        measured.extend(rows.tolist())
        return np.stack([rows, rows], axis=1).astype(float)

    def group(dataset: Dataset, rows: np.ndarray, borders: np.ndarray) -> list[Grouping]:
        seen[tuple(rows)] = borders[:, 0]
        return group_by_facts(dataset, rows, borders)

    monkeypatch.setattr(shortcuts, "measure_borders", measure)
    monkeypatch.setattr(shortcuts, "group_by_facts", group)
    measure_shortcuts(told)
    assert sorted(measured) == [*range(len(told.dataset))]
    assert tuple(told.rows) in seen
    assert all((np.array(rows) == borders).all() for rows, borders in seen.items())


def test_unknown_sizes_are_not_known(tmp_path: Path) -> None:
    dataset = make_films(tmp_path / "films", count=4)
    groupings = group_by_facts(dataset, np.arange(4), np.zeros((4, 2)))
    sizes = {grouping.name: grouping.groups for grouping in groupings}
    assert sizes["pixel spacing"] == ("not known",)
    assert sizes["image shape"] == ("1",)


def test_the_first_screen_names_the_shortcut_and_leads_to_its_row(told: Evidence) -> None:
    page = render_report(told, {"shortcuts": analyse_shortcuts(told)}, command="xray-eval")
    body = page.split("</style>")[1]
    assert body.index("Facts that show no finding tell Lung mass") < body.index("<section")
    assert 'href="#shortcuts-mass"' in body and 'id="shortcuts-mass"' in body
    assert "Facts alone, Lung mass" in body.split("<section")[0]
    assert ">None<" not in body
