"""What the analyses warn of."""

from dataclasses import replace

import numpy as np
import pytest

from tests.datasets import make_dataset
from tests.evaluation.builders import make_evidence
from xray_resnet.evaluation.analyses import ANALYSES, baseline
from xray_resnet.evaluation.analyses.pointing import warn_of_pointing
from xray_resnet.evaluation.evidence import Evidence
from xray_resnet.evaluation.localisation import ALL, TRAINING_BOXES_ON_GRID, Localisation
from xray_resnet.evaluation.report import render_report
from xray_resnet.evaluation.seen import UNKNOWN, Seen
from xray_resnet.evaluation.thumbnails import Baseline
from xray_resnet.metrics import Estimate, PointingGame
from xray_resnet.store import Dataset, open_dataset


@pytest.fixture(scope="module")
def dataset(tmp_path_factory: pytest.TempPathFactory) -> Dataset:
    return open_dataset(make_dataset(tmp_path_factory.mktemp("data") / "tiny", count=120))


def warn(name: str, evidence: Evidence) -> dict[str, str]:
    """Name of a warning → its rank, of one analysis."""
    return {caveat.name: caveat.rank.name for caveat in ANALYSES[name].analyse(evidence).warnings}


@pytest.mark.parametrize(
    ("split", "expected"),
    [
        ("test", {}),
        ("val", {"not_held_out": "CAUTION"}),
        ("train", {"not_held_out": "SERIOUS"}),
        ("all", {"not_held_out": "SERIOUS"}),
    ],
)
def test_images_that_the_model_was_fitted_to_are_warned_of(
    dataset: Dataset, split: str, expected: dict[str, str]
) -> None:
    trained = {"training_data": {"split_sha256": dataset.split_sha256}}
    assert warn("data", make_evidence(dataset, split=split, **trained)) == {"synthetic": "SERIOUS", **expected}


@pytest.mark.parametrize(
    ("name", "expected"), [("tiny", ("other_splits", "SERIOUS")), ("a", ("other_dataset", "NOTE"))]
)
def test_another_split_of_the_same_dataset_is_graver_than_another_dataset(
    dataset: Dataset, name: str, expected: tuple[str, str]
) -> None:
    trained = {"training_data": {"split_sha256": "1" * 64, "name": name}}
    assert expected in warn("data", make_evidence(dataset, **trained)).items()


@pytest.mark.parametrize(
    ("seen", "rank", "words"),
    [
        (UNKNOWN, "NOTE", "is not known"),
        (Seen(0), "NOTE", "seen none of these patients"),
        (Seen(3, left_out=True), "NOTE", "images of 3 patients that it was fitted to were left out"),
        (Seen(3), "SERIOUS", "was fitted to 3 of these patients"),
    ],
)
def test_patients_that_the_model_knows_are_told(dataset: Dataset, seen: Seen, rank: str, words: str) -> None:
    trained = {"training_data": {"split_sha256": "1" * 64, "name": "a"}}
    evidence = replace(make_evidence(dataset, **trained), seen=seen)
    (told,) = (w for w in ANALYSES["data"].analyse(evidence).warnings if w.name == "other_dataset")
    assert told.rank.name == rank
    assert words in told.text


def test_a_finding_that_only_one_side_has_is_noted(dataset: Dataset) -> None:
    evidence = make_evidence(dataset, findings=["Cardiomegaly", "Hernia"])
    texts = [w.text for w in ANALYSES["data"].analyse(evidence).warnings if w.name == "unmatched_findings"]
    assert [text.split(": ")[1] for text in texts] == ["Hernia.", "Effusion."]


def test_few_patients_and_undefined_findings_are_warned_of(dataset: Dataset) -> None:
    evidence = make_evidence(dataset)
    states = np.array(evidence.predictions.states)
    states[:, 0] = 0
    undefined = replace(evidence, predictions=replace(evidence.predictions, states=states))
    assert warn("findings", undefined).items() >= {"undefined_findings": "CAUTION", "few_patients": "CAUTION"}.items()
    assert "undefined_findings" not in warn("findings", evidence)


def test_guessing_is_warned_of_and_good_ranking_is_not(dataset: Dataset) -> None:
    assert "no_better_than_chance" in warn("findings", make_evidence(dataset, separation=0))
    assert "no_better_than_chance" not in warn("findings", make_evidence(dataset, separation=5))


def test_a_baseline_that_reaches_the_model_is_warned_of(dataset: Dataset) -> None:
    """Thumbnails show the squares of these images without a mistake."""
    own = {"training_data": {"split_sha256": dataset.split_sha256}}
    assert warn("baseline", make_evidence(dataset, separation=0, **own)) == {"baseline_reaches_model": "SERIOUS"}
    assert warn("baseline", make_evidence(dataset, separation=0)) == {"baseline_reaches_model": "CAUTION"}


def test_a_baseline_that_is_barely_beaten_is_warned_of_with_the_interval(
    dataset: Dataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The baseline has the model's logits with some noise."""
    evidence = make_evidence(dataset, separation=1)
    logits = evidence.predictions.logits + np.random.default_rng(0).normal(0, 0.4, evidence.predictions.logits.shape)
    monkeypatch.setattr(baseline, "fit_baseline", lambda *_, **__: Baseline(logits, 1, 1e-3))
    result = ANALYSES["baseline"].analyse(evidence)
    gain = result.figures["baseline"]["macro"]["model_less_baseline"]
    assert gain["value"] > 0 and gain["low"] < baseline.MARGIN
    texts = {caveat.name: caveat.text for caveat in result.warnings}
    assert (
        f"all findings ({gain['value']:+.3f}, 95 % {gain['low']:.3f} to {gain['high']:.3f})"
        in texts["baseline_barely_beaten"]
    )
    page = render_report(evidence, {"findings": ANALYSES["findings"].analyse(evidence), "baseline": result}, command="")
    assert f'{gain["value"]:+.3f}<div class="muted">'.replace("-", "−") in page


@pytest.mark.parametrize(("margin", "expected"), [(0.02, set()), (0.9, {"baseline_barely_beaten"})])
def test_a_baseline_is_barely_beaten_by_less_than_the_margin(
    dataset: Dataset, monkeypatch: pytest.MonkeyPatch, margin: float, expected: set[str]
) -> None:
    evidence = make_evidence(dataset, separation=6)
    noise = np.random.default_rng(0).normal(size=evidence.predictions.logits.shape)
    monkeypatch.setattr(baseline, "fit_baseline", lambda *_, **__: Baseline(noise, 1, 1e-3))
    monkeypatch.setattr(baseline, "MARGIN", margin)
    assert {*warn("baseline", evidence)} == expected


@pytest.mark.parametrize("split", ["train", "val", "all"])
def test_a_baseline_is_not_asked_about_images_that_it_saw(dataset: Dataset, split: str) -> None:
    result = ANALYSES["baseline"].analyse(make_evidence(dataset, split=split))
    assert (result.tile, dict(result.figures)) == (None, {})


def test_a_baseline_that_stays_behind_is_not(dataset: Dataset) -> None:
    evidence = make_evidence(dataset, separation=0)
    states = np.random.default_rng(1).integers(0, 2, evidence.predictions.states.shape).astype(np.int8)
    logits = (10.0 * states).astype(np.float32)
    assert (
        warn("baseline", replace(evidence, predictions=replace(evidence.predictions, states=states, logits=logits)))
        == {}
    )


def test_maps_that_point_no_better_than_a_fixed_cell_are_warned_of(dataset: Dataset) -> None:
    assert warn("pointing", make_evidence(dataset)) == {"maps_no_better_than_fixed_point": "CAUTION"}


@pytest.mark.parametrize(
    ("low", "high", "words"),
    [(-0.09, -0.02, "point at findings less often than"), (-0.05, 0.03, "are not shown to point"), (0.01, 0.2, "")],
)
def test_the_caution_of_the_maps_says_no_less_than_the_interval(low: float, high: float, words: str) -> None:
    game = PointingGame(50, Estimate(0.3), Estimate(0.35), Estimate((low + high) / 2, low, high))
    localisation = Localisation({TRAINING_BOXES_ON_GRID: {ALL: game}}, (4, 4), {ALL: 0.8})
    assert words in "".join(caveat.text for caveat in warn_of_pointing(localisation))
    assert bool(warn_of_pointing(localisation)) == bool(words)


def test_bf16_is_noted(dataset: Dataset) -> None:
    assert warn("model", make_evidence(dataset, precision="bf16")) == {"bf16": "NOTE"}
    assert warn("model", make_evidence(dataset)) == {}


def test_an_analysis_changes_nothing_and_gives_the_same_again(dataset: Dataset) -> None:
    evidence = make_evidence(dataset)
    before = evidence.predictions.logits.copy()
    for name, analysis in ANALYSES.items():
        first, second = analysis.analyse(evidence), analysis.analyse(evidence)
        assert (name, first.figures, first.warnings) == (name, second.figures, second.warnings)
        assert first.files == second.files
    np.testing.assert_array_equal(evidence.predictions.logits, before)
