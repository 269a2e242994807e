"""The dose plan in an evaluation: its figures, the page, its warnings, its options, and that it resumes."""

import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.datasets import make_dataset
from tests.evaluation.builders import make_evidence, make_grid
from tests.evaluation.test_evaluate import make_run
from xray_resnet.bounds import refuse_mistakes
from xray_resnet.data.doses import lower_dose
from xray_resnet.detector import Detector, FilmCurve
from xray_resnet.errors import ConfigurationError, UserError
from xray_resnet.evaluation.analyses.dose import analyse_dose, describe_answer, measure_noise
from xray_resnet.evaluation.answers import Answers
from xray_resnet.evaluation.dose_options import DOSES, DoseOptions
from xray_resnet.evaluation.evaluate import evaluate
from xray_resnet.evaluation.evidence import Chance, Evidence
from xray_resnet.evaluation.exposures import expose
from xray_resnet.evaluation.network import Network, Peaks, Response
from xray_resnet.evaluation.request import Request
from xray_resnet.metrics.dose_limit import DoseLimit
from xray_resnet.model_input import resample
from xray_resnet.pages.numbers import to_title
from xray_resnet.store import Dataset, open_dataset

OPTIONS = DoseOptions(margin=0.1, doses=(0.5, 0.1), repeats=2)


@pytest.fixture(scope="module")
def dataset(tmp_path_factory: pytest.TempPathFactory) -> Dataset:
    return open_dataset(make_dataset(tmp_path_factory.mktemp("data") / "many", count=300, images_per_patient=1))


def with_answers(dataset: Dataset, signs: Mapping[str, tuple[int, int]]) -> Evidence:
    """Evidence whose answers are kept already: perfect ones, turned round (-1) at a dose for a finding."""
    evidence = make_evidence(dataset, split="all")
    truth = evidence.predictions.labels

    class Known(Answers):
        def recall(self, name: str, ask: Any) -> np.ndarray:
            _, _, dose, *_ = name.split("-")
            return truth * np.array(signs.get(dose, (1, 1)), np.float32)

    return replace(evidence, answers=Known(), asked=Request(dose=OPTIONS))


def test_figures_have_what_is_shown_of_each_finding_and_of_all(dataset: Dataset) -> None:
    figures = analyse_dose(with_answers(dataset, {"0.1": (1, -1)})).figures["dose"]
    assert (figures["schema_version"], figures["margin"], figures["doses"]) == (1, 0.1, [0.5, 0.1])
    first, second = figures["findings"].values()
    assert (first["safe"], first["not_safe"], first["verdict"], first["auroc"]) == (0.1, None, "safe", 1)
    assert (second["safe"], second["not_safe"], second["verdict"]) == (0.5, 0.1, "safe")
    assert [step["difference"]["value"] for step in second["doses"]] == [0, -1]
    assert second["limit"]["value"] == pytest.approx(0.5 * 5**-0.1)
    assert (figures["safe"], figures["verdict"]) == (0.5, "safe")
    json.dumps(figures, allow_nan=False)


def test_noise_is_of_counted_quanta_and_averaged_by_the_network() -> None:
    draws = np.random.default_rng(0).poisson(10_000 * 0.02, (256, 512, 16)).astype(np.float64)
    averaged = draws.reshape(64, 4, 128, 4, 16).mean(axis=(1, 3))
    expected = (draws.std() / draws.mean(), averaged.std() / averaged.mean())
    assert measure_noise(0.02, 128) == pytest.approx(expected, rel=0.02)
    assert measure_noise(0.02, 1024)[1] == measure_noise(0.02, 512)[0]


def test_what_is_not_safe_for_one_finding_is_not_for_all(dataset: Dataset) -> None:
    result = analyse_dose(with_answers(dataset, {"0.5": (1, -1), "0.1": (1, -1)}))
    assert result.figures["dose"]["safe"] is None
    assert result.tile and result.tile.value == "not 0.5"
    (lost,) = [caveat for caveat in result.warnings if caveat.name == "dose_not_safe"]
    assert lost.rank.name == "CAUTION" and lost.text.endswith(f"more than 0.1 lower: {to_title('Effusion')}.")


def test_a_lowest_dose_that_is_safe_is_said_to_be_the_lowest_that_was_tried(dataset: Dataset) -> None:
    tile = analyse_dose(with_answers(dataset, {})).tile
    assert tile and (tile.value, "of the films, the lowest tried;" in tile.note) == ("0.1", True)
    higher = analyse_dose(with_answers(dataset, {"0.1": (1, -1)})).tile
    assert higher and (higher.value, "tried" in higher.note) == ("0.5", False)


def test_too_few_films_are_told_of_with_the_patients_needed(dataset: Dataset) -> None:
    evidence = with_answers(dataset, {})
    strict = replace(evidence, asked=Request(dose=replace(OPTIONS, margin=0.002)))
    result = analyse_dose(strict)
    assert result.tile and result.tile.value == "cannot tell"
    (few,) = [caveat for caveat in result.warnings if caveat.name == "dose_cannot_tell"]
    assert f"cannot tell whether 0.5 of the dose is safe: {to_title('Cardiomegaly')} (about " in few.text
    assert "patients with it are needed" in few.text


def test_the_page_says_that_noise_alone_is_simulated_and_whose_detector_is_assumed(dataset: Dataset) -> None:
    warnings = {caveat.name: caveat.text for caveat in analyse_dose(with_answers(dataset, {})).warnings}
    assert "quantum noise alone" in warnings["dose_is_simulated"]
    assert "300 of 300 films is not known and assumed" in warnings["dose_is_simulated"]


def test_without_both_classes_no_dose_is_planned(dataset: Dataset) -> None:
    evidence = with_answers(dataset, {})
    nothing = replace(evidence.predictions, states=np.zeros_like(evidence.predictions.states))
    with pytest.raises(UserError, match=r"many, all: no finding has both a positive and a negative image, so no dose"):
        analyse_dose(replace(evidence, predictions=nothing))


def test_answers_in_words() -> None:
    assert describe_answer(DoseLimit((0, 9), why_null="no positive image")) == "cannot tell: no positive image"
    assert describe_answer(DoseLimit((9, 9), 0.9)) == "cannot tell"


def test_the_network_sees_each_exposure_of_the_film_at_512_by_its_own_detector(
    dataset: Dataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[np.ndarray] = []

    def look(self: Network, images: Any, *, known: object = None, progress: object = None) -> Response:
        seen.append(images[3])
        count = len(images)
        peaks = Peaks(np.zeros((count, 2, 2), np.float32), make_grid((2, 2)))
        return Response(np.full((count, 2), len(seen), np.float32), peaks, np.zeros((count, 1), np.float32))

    detector = Detector(FilmCurve(latitude=2.0))
    monkeypatch.setattr(Network, "predict", look)
    monkeypatch.setattr(Dataset, "detector", lambda self, row: detector)
    evidence = make_evidence(dataset)
    exposures = expose(evidence, OPTIONS)
    image, clean = str(evidence.predictions.image_ids[3]), resample(dataset.pixels(int(evidence.rows[3])), 512)
    np.testing.assert_array_equal(seen[0], clean)
    for place, (repetition, dose) in enumerate([(0, 0.5), (0, 0.1), (1, 0.5), (1, 0.1)], 1):
        shown = lower_dose(clean, dose, image=image, repetition=repetition, detector=detector)
        np.testing.assert_array_equal(seen[place], shown)
    assert (exposures.full == 1).all()
    np.testing.assert_array_equal(exposures.reduced[:, :, 0, 0], [[2, 4], [3, 5]])


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run whose dose was planned, with its report."""
    run = make_run(tmp_path_factory.mktemp("work"))
    evaluate(run, precision="fp32", asked=Request(report=True, only=["dose"], dose=OPTIONS), chance=Chance(20))
    return run


def test_metrics_and_report_have_the_plan_and_the_command_asks_for_it(run: Path) -> None:
    folder = run / "eval/tiny-test"
    metrics, report = json.loads((folder / "metrics.json").read_text()), (folder / "report.html").read_text()
    assert metrics["dose"]["repeats"] == 2
    assert "Lower dose" in report
    assert "--only dose --dose-margin 0.1 --dose-grid 0.5 0.1" in report


def test_an_evaluation_again_asks_nothing_again_and_gives_the_same_figures(
    run: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = (run / "eval/tiny-test/metrics.json").read_bytes()

    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("the network was asked about changed images again")

    monkeypatch.setattr(Evidence, "predict_on", refuse)
    evaluate(run, precision="fp32", asked=Request(only=["dose"], dose=OPTIONS), chance=Chance(20))
    assert (run / "eval/tiny-test/metrics.json").read_bytes() == before


def test_the_command_names_only_what_differs_from_the_defaults() -> None:
    assert DoseOptions().list_words() == []
    assert DoseOptions(repeats=3).list_words() == ["--dose-repeats", "3"]


def test_the_command_gives_every_digit() -> None:
    words = DoseOptions(margin=0.01234567, doses=(0.5, 0.12345678)).list_words()
    assert words == ["--dose-margin", "0.01234567", "--dose-grid", "0.5", "0.12345678"]


def test_doses_that_differ_late_have_answers_of_their_own(dataset: Dataset) -> None:
    names: list[str] = []

    class Named:
        def recall(self, name: str, ask: Any) -> np.ndarray:
            names.append(name)
            return np.zeros((len(evidence.rows), 2), np.float32)

    evidence = replace(make_evidence(dataset), answers=Named())
    expose(evidence, DoseOptions(doses=(0.1, 0.10000001, 0.05), repeats=2))
    assert len({*names}) == 1 + 2 * 3


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"margin": 0.0}, r"--dose-margin is 0, expected more than 0 and less than 0\.5"),
        ({"margin": 0.5}, r"--dose-margin is 0\.5, expected"),
        ({"doses": (1.0, 0.5)}, r"--dose-grid has 1, expected fractions of the dose, more than 0 and less than 1"),
        ({"doses": (0.5, 0.0)}, r"--dose-grid has 0, expected"),
        ({"repeats": 0}, r"--dose-repeats is 0, expected at least 1"),
    ],
)
def test_options_that_cannot_be_are_refused(options: dict[str, Any], words: str) -> None:
    with pytest.raises(ConfigurationError, match=words):
        refuse_mistakes(DoseOptions(**options))


def test_doses_fall() -> None:
    assert [*DOSES] == sorted(DOSES, reverse=True)
