"""The ladder in an evaluation: figures of every rung, the page, the warning, and that it resumes."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.datasets import make_dataset
from tests.evaluation.builders import make_evidence, make_grid
from tests.evaluation.test_evaluate import make_run
from xray_resnet.cli.evaluate import NAMED
from xray_resnet.data.ladder import SEVERITIES, Rung, corrupt
from xray_resnet.evaluation import ladder
from xray_resnet.evaluation.analyses import ANALYSES, run_analyses
from xray_resnet.evaluation.analyses.ladder import analyse_ladder
from xray_resnet.evaluation.answers import Answers
from xray_resnet.evaluation.evaluate import evaluate
from xray_resnet.evaluation.evidence import Chance, Evidence
from xray_resnet.evaluation.ladder import Climb, RungResult, climb_ladder
from xray_resnet.evaluation.network import Network, Peaks, Response
from xray_resnet.evaluation.request import Request
from xray_resnet.evaluation.sample import draw_patients
from xray_resnet.evaluation.subject import open_subject
from xray_resnet.metrics import Estimate
from xray_resnet.model_input import ModelInput, Pixels, resample
from xray_resnet.progress import Progress
from xray_resnet.store import Dataset, open_dataset

FRAGILE = ("collimation-3", "exposure-1")
FEW = (
    *(Rung("quantum_noise", severity) for severity in SEVERITIES),
    *(Rung("jpeg", severity) for severity in SEVERITIES),
)
"""Rungs of the tests that ask a network."""


@pytest.fixture(scope="module")
def dataset(tmp_path_factory: pytest.TempPathFactory) -> Dataset:
    return open_dataset(make_dataset(tmp_path_factory.mktemp("data") / "tiny", count=60))


@pytest.fixture(scope="module")
def many(tmp_path_factory: pytest.TempPathFactory) -> Dataset:
    """So many that intervals exist."""
    return open_dataset(make_dataset(tmp_path_factory.mktemp("data") / "many", count=400))


def with_answers(dataset: Dataset, folder: Path, *, lost: Sequence[str] = FRAGILE) -> Evidence:
    """Evidence whose answers are kept already: perfect ones, but for the rungs in `lost`, which are turned round."""
    evidence = make_evidence(dataset)
    truth = evidence.predictions.labels

    class Known(Answers):
        def recall(self, name: str, ask: Any) -> np.ndarray:
            return -truth if name.endswith(tuple(lost)) else truth

    return replace(evidence, answers=Known())


def test_it_runs_only_by_name(dataset: Dataset, tmp_path: Path) -> None:
    assert [name for name, analysis in ANALYSES.items() if analysis.only_by_name] == [*NAMED]
    evidence = with_answers(dataset, tmp_path)
    assert "ladder" not in run_analyses(evidence)
    assert "ladder" in run_analyses(replace(evidence, asked=Request(also=["ladder"])))


def test_every_rung_has_its_loss_against_the_clean_images(dataset: Dataset, tmp_path: Path) -> None:
    figures = analyse_ladder(with_answers(dataset, tmp_path)).figures["robustness"]
    losses = {f"{rung['corruption']}-{rung['severity']}": rung["lost"] for rung in figures["rungs"]}
    assert len(losses) == 55
    assert {name for name, lost in losses.items() if lost} == set(FRAGILE)
    assert figures["clean"] == 1
    assert figures["mean_loss"] == pytest.approx(2 / 55)
    assert (figures["mean_loss_trained"], figures["mean_loss_held_out"]) == (pytest.approx(2 / 35), 0)
    json.dumps(figures, allow_nan=False)


def test_mild_rungs_that_cost_much_are_warned_of_the_worst_first(many: Dataset, tmp_path: Path) -> None:
    (caveat,) = analyse_ladder(with_answers(many, tmp_path)).warnings
    assert (caveat.rank.name, caveat.name) == ("CAUTION", "fragile")
    assert "Tone curve 1 (1.000)" in caveat.text and "Collimation 3 (1.000)" in caveat.text


def test_the_tile_begins_with_the_worst_rung(many: Dataset, tmp_path: Path) -> None:
    tile = analyse_ladder(with_answers(many, tmp_path, lost=["jpeg-5"])).tile
    assert tile is not None
    assert tile.value == "1.000"
    assert tile.note.startswith("JPEG 5, the worst of 55 (95 % ") and tile.note.endswith("; 0.018 on average")


def test_what_may_be_chance_is_not_warned_of(many: Dataset, tmp_path: Path) -> None:
    evidence = with_answers(many, tmp_path)
    climb = climb_ladder(evidence)
    assert climb is not None
    doubtful = tuple(replace(each, difference=replace(each.difference, high=0.01)) for each in climb.rungs)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(ladder, "climb_ladder", lambda _: replace(climb, rungs=doubtful))
        assert not analyse_ladder(evidence).warnings
    assert analyse_ladder(evidence).warnings


def test_the_finding_that_loses_most_is_named_for_each_corruption() -> None:
    lost = Estimate(-0.1, -0.2, 0.0)
    rung = RungResult(Rung("jpeg", 3), (0.7, None, 0.6), 0.65, lost)
    climb = Climb(0.75, (0.8, None, 0.9), (rung,), 10, 10)
    assert climb.find_worst(rung) == (2, pytest.approx(0.3))
    assert climb.find_worst(replace(rung, findings=(0.7, None, 0.95))) == (0, pytest.approx(0.1))


def test_grave_rungs_are_not_warned_of(dataset: Dataset, tmp_path: Path) -> None:
    assert not analyse_ladder(with_answers(dataset, tmp_path, lost=["collimation-4", "jpeg-5"])).warnings


def test_a_sample_of_whole_patients_climbs_and_is_told_of(dataset: Dataset, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ladder, "RUNGS", FEW)
    evidence = make_evidence(dataset)
    asked: list[list[int]] = []

    def ask(self: Evidence, change: object, places: Sequence[int], *, progress: Progress) -> Response:
        asked.append([*places])
        peaks = Peaks(np.zeros((len(places), 2, 2), np.float32), (2, 2))
        return Response(self.predictions.logits[np.asarray(places)], peaks, self.features[np.asarray(places)])

    monkeypatch.setattr(Evidence, "predict_on", ask)
    result = analyse_ladder(replace(evidence, asked=Request(ladder_images=10)))
    places = draw_patients(evidence.predictions.patient_ids, 10, generator=evidence.chance.generator())
    assert asked == [[*places]] * (1 + len(FEW))
    figures = result.figures["robustness"]
    patients = evidence.predictions.patient_ids
    assert (figures["n_images"], figures["n_patients"]) == (len(places), len({*patients[places]}))
    assert result.section is not None and result.section.values["is_sample"]
    assert not {*patients[places]} & {*np.delete(patients, places)}


def test_without_both_classes_nothing_can_be_lost_and_that_is_said(dataset: Dataset) -> None:
    evidence = make_evidence(dataset)
    nothing = replace(evidence.predictions, states=np.zeros_like(evidence.predictions.states))
    assert climb_ladder(replace(evidence, predictions=nothing)) is None
    result = analyse_ladder(replace(evidence, predictions=nothing))
    assert result.section is None and "both a positive and a negative" in result.figures["robustness"]["why_null"]
    assert [caveat.name for caveat in result.warnings] == ["no_ladder"]


def test_the_network_sees_each_rung_of_the_image_at_512(dataset: Dataset, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[np.ndarray] = []

    def look(
        self: Network, images: Sequence[Pixels], *, known: object = None, progress: Progress | None = None
    ) -> Response:
        seen.append(np.stack([images[place] for place in range(len(images))]))
        count = len(images)
        peaks = Peaks(np.zeros((count, 2, 2), np.float32), make_grid((2, 2)))
        return Response(np.zeros((count, 2), np.float32), peaks, np.zeros((count, 1), np.float32))

    monkeypatch.setattr(Network, "predict", look)
    monkeypatch.setattr(ladder, "RUNGS", FEW)
    evidence = make_evidence(dataset)
    climb_ladder(evidence)
    row = int(evidence.rows[3])
    clean = resample(dataset.pixels(row), 512)
    np.testing.assert_array_equal(seen[0][3], clean)
    for place, rung in enumerate(FEW, 1):
        np.testing.assert_array_equal(seen[place][3], corrupt(clean, rung, image=str(dataset.image_ids[row])))
    assert len(seen) == 1 + len(FEW)


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A run that was evaluated on the ladder, with its report."""
    run, monkeypatch = make_run(tmp_path_factory.mktemp("work")), pytest.MonkeyPatch()
    monkeypatch.setattr(ladder, "RUNGS", FEW)
    evaluate(run, precision="fp32", asked=Request(report=True, also=["ladder"]), chance=Chance(20))
    yield run
    monkeypatch.undo()


def test_metrics_and_report_have_the_ladder_and_the_command_asks_for_it(run: Path) -> None:
    folder = run / "eval/tiny-test"
    metrics, report = json.loads((folder / "metrics.json").read_text()), (folder / "report.html").read_text()
    assert len(metrics["robustness"]["rungs"]) == len(FEW)
    assert "Bad films" in report and "--ladder" in report
    assert report.count('<tr><th scope="row">JPEG *</th>') == 1


def test_an_evaluation_again_asks_nothing_again_and_gives_the_same_figures(
    run: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = (run / "eval/tiny-test/metrics.json").read_bytes()

    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("the network was asked about changed images again")

    monkeypatch.setattr(Evidence, "predict_on", refuse)
    evaluate(run, precision="fp32", asked=Request(report=True, also=["ladder"]), chance=Chance(20))
    assert (run / "eval/tiny-test/metrics.json").read_bytes() == before


def test_other_images_are_asked_about_anew(run: Path) -> None:
    subjects = [open_subject(run, dataset=run.parent / "data", split=split, precision="fp32")
                for split in ("test", "val")]  # fmt: skip
    assert subjects[0].fingerprint() != subjects[1].fingerprint()


def test_a_larger_store_is_shrunk_for_the_network_as_before() -> None:
    image = np.random.default_rng(0).random((512, 512)).astype(np.float32)
    model_input = ModelInput(size=64, mean=0.0, std=1.0)
    np.testing.assert_array_equal(model_input(image), resample(image, 64))
