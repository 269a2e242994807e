"""The analysis of subgroups: a group that is ranked worse is named, and every image is in a group."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from tests.evaluation.analyses.films import FINDINGS, make_films
from tests.evaluation.builders import make_evidence
from xray_resnet.evaluation.analyses.subgroups import analyse_subgroups, warn_of_worse
from xray_resnet.evaluation.evidence import Evidence
from xray_resnet.evaluation.report import render_report
from xray_resnet.evaluation.request import Request
from xray_resnet.evaluation.subgroups import measure_subgroups
from xray_resnet.metrics import auroc


@pytest.fixture(scope="module")
def evidence(tmp_path_factory: pytest.TempPathFactory) -> Evidence:
    return make_evidence(make_films(tmp_path_factory.mktemp("data") / "films", count=800), split="all", separation=2.0)


def blind_to_ap(evidence: Evidence) -> Evidence:
    """A model that guesses a Mass in AP films."""
    logits = evidence.predictions.logits.copy()
    is_ap = np.array(evidence.fact("view")) == "AP"
    logits[is_ap, 0] = np.random.default_rng(1).normal(size=is_ap.sum())
    return replace(evidence, predictions=replace(evidence.predictions, logits=logits))


def test_a_group_that_is_ranked_worse_is_warned_of_with_its_anchor(evidence: Evidence) -> None:
    caveat, _ = analyse_subgroups(blind_to_ap(evidence)).warnings
    assert (caveat.rank.name, caveat.name, caveat.concern.name) == ("CAUTION", "worse_in_subgroups", "TRANSFER")
    assert "Lung mass in view AP −0.3" in caveat.text and "Nodule" not in caveat.text and "PA" not in caveat.text
    assert caveat.anchor == "subgroups-view"


def test_a_group_in_which_the_model_guesses_is_warned_of(evidence: Evidence) -> None:
    caveat = next(each for each in analyse_subgroups(blind_to_ap(evidence)).warnings if "guessing" in each.text)
    assert (caveat.rank.name, caveat.name, caveat.anchor) == ("CAUTION", "chance_in_subgroups", "subgroups-view")
    row = next(
        row for row in measure_subgroups(blind_to_ap(evidence)).rows if (row.group, row.finding) == ("AP", "Mass")
    )
    assert f"Lung mass in view AP, AUROC {row.contrast.inside.value:.3f} (95 % " in caveat.text
    assert "Nodule" not in caveat.text and "PA" not in caveat.text


def test_films_that_two_facts_divide_alike_are_named_once(evidence: Evidence) -> None:
    worse = blind_to_ap(evidence)
    rows = measure_subgroups(worse).rows
    again = [replace(row, fact="bedside") for row in rows if row.fact == "view"]
    (caveat,) = warn_of_worse([*rows, *again])
    assert "Lung mass in view AP" in caveat.text and "bedside" not in caveat.text


def test_a_model_that_is_as_good_everywhere_is_not(evidence: Evidence) -> None:
    assert analyse_subgroups(evidence).warnings == []


def test_figures_are_those_of_the_groups_own_images(evidence: Evidence) -> None:
    figures = analyse_subgroups(evidence).figures["subgroups"]["facts"]["source"]["theirs"]["Nodule"]
    members = np.array(evidence.fact("source")) == "theirs"
    labels, logits = evidence.predictions.labels[:, 1], evidence.predictions.logits[:, 1]
    inside, outside = (auroc(labels[side], logits[side]) for side in (members, ~members))
    assert inside is not None and outside is not None
    assert figures["auroc"]["value"] == pytest.approx(inside)
    assert figures["auroc_of_the_rest"]["value"] == pytest.approx(outside)
    assert figures["difference"]["value"] == pytest.approx(inside - outside)
    counts = [figures[name] for name in ("n_images", "n_patients", "n_positive")]
    assert counts == [members.sum(), members.sum() // 2, (labels[members] == 1).sum()]
    assert figures["auroc"]["low"] < inside < figures["auroc"]["high"]


def test_each_fact_has_all_images_and_not_known_is_a_group(evidence: Evidence) -> None:
    subgroups = measure_subgroups(evidence)
    assert [grouping.name for grouping in subgroups.groupings] == ["view", "sex", "age", "source"]
    for grouping in subgroups.groupings:
        rows = [row for row in subgroups.rows if row.fact == grouping.name and row.finding == FINDINGS[0]]
        assert sum(row.n_images for row in rows) == 800
    assert "not known" in {row.group for row in subgroups.rows_of("age")}
    assert subgroups.same == {"scanner": "not known"}


def test_a_group_and_its_complement_are_one_test(evidence: Evidence) -> None:
    """Two findings and three facts of two groups, and six groups of age."""
    subgroups = measure_subgroups(evidence)
    assert len({row.group for row in subgroups.rows_of("age")}) == 6
    assert subgroups.n_tests == 2 * (3 + 6)
    male, female = ({row.group: row for row in subgroups.rows_of("sex")[:2]}[sex].contrast for sex in "MF")
    assert male.p_value == pytest.approx(female.p_value) and male.corrected == female.corrected


def test_named_columns_are_compared_too_and_usual_ones_once(evidence: Evidence) -> None:
    named = measure_subgroups(replace(evidence, asked=Request(subgroups=("Modality", "view", "file_size"))))
    assert [grouping.name for grouping in named.groupings] == ["view", "sex", "age", "source", "Modality"]
    assert named.same["file_size"] == "32 × 32"


def test_what_is_not_assessed_is_in_no_count(evidence: Evidence) -> None:
    states = evidence.predictions.states.copy()
    states[:500] = 3
    rows = measure_subgroups(replace(evidence, predictions=replace(evidence.predictions, states=states))).rows_of(
        "view"
    )
    assert sum(row.n_images for row in rows if row.finding == "Mass") == 300


def test_a_small_group_says_why_it_is_not_compared(tmp_path: Path) -> None:
    evidence = make_evidence(make_films(tmp_path / "films", count=80), split="all")
    rows = {(row.group, row.finding): row.contrast for row in measure_subgroups(evidence).rows_of("age")}
    small = rows["80 and older", "Mass"]
    assert small.p_value is None and small.difference.value is None
    assert str(small.difference.why_null).endswith("without it in the group, expected 10 of each") or (
        small.difference.why_null == "no AUROC in the group"
    )


def test_the_page_has_every_row_and_the_plot(evidence: Evidence) -> None:
    page = render_report(evidence, {"subgroups": analyse_subgroups(blind_to_ap(evidence))}, command="xray-eval")
    body = page.split("</style>")[1]
    assert body.count("<tr>") == 4 + len(measure_subgroups(evidence).rows)
    assert 'id="subgroups-view"' in body and "Holm" in body
    assert "Not known of any image: scanner." in body
    assert "<b>&lt; 0.001</b>" in body
    assert ">None<" not in body and "nan" not in body.split("data:")[0]


def test_the_plot_has_one_of_two_groups_and_all_of_more(evidence: Evidence) -> None:
    text = analyse_subgroups(evidence).plots["forest"].text
    assert "in view PA" in text and "in view AP" not in text
    assert all(f"Lung mass in age {band}" in text for band in ("under 18", "18 to 39", "40 to 59", "60 to 79"))


def test_nothing_to_compare_is_no_plot(tmp_path: Path) -> None:
    evidence = make_evidence(make_films(tmp_path / "films", count=12), split="all")
    result = analyse_subgroups(evidence)
    assert result.plots == {}
    assert "These images do not say" in render_report(evidence, {"subgroups": result}, command="xray-eval")
