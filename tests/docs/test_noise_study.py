"""The noise study: what is trained, what is kept, and how the recipes are compared."""

from pathlib import Path

import cv2
import numpy as np
import pytest

from docs import noise_study
from docs.noise_study import DOSE_FRACTIONS, RECIPES, Study, compare, format_table, plot, render, train, write_aurocs
from tests.evaluation.builders import make_predictions
from xray_resnet.evaluation.predictions import Predictions
from xray_resnet.metrics import macro_auroc


def make_answers(trainings: int, *, strength: float) -> list[list[Predictions]]:
    """Trainings whose answers are worse at each lower dose."""
    doses = range(len(DOSE_FRACTIONS))
    return [
        [make_predictions(separation=strength / (1 + dose), seed=10 * training + dose) for dose in doses]
        for training in range(trainings)
    ]


@pytest.fixture
def study() -> Study:
    answers = {"without": make_answers(2, strength=2.0), "with": make_answers(3, strength=4.0)}
    return compare(answers, resamples=40)


@pytest.fixture
def called(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, ...]]:
    """The commands that the study calls in an empty folder; a training leaves its bundle."""
    commands: list[tuple[str, ...]] = []

    def call(*command: str) -> None:
        commands.append(command)
        if "--name" in command:
            (Path("runs") / f"{command[command.index('--name') + 1]}-20260101-000000" / "bundle").mkdir(parents=True)

    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(noise_study, "call", call)
    return commands


def test_each_recipe_and_seed_is_trained_once(called: list[tuple[str, ...]]) -> None:
    runs = [train(name, seed, "coarse") for name in RECIPES for seed in (0, 1)]
    assert [train(name, seed, "coarse") for name in RECIPES for seed in (0, 1)] == runs
    assert len(called) == len(set(runs)) == 4
    assert [command[command.index("--train.seed") + 1] for command in called] == ["0", "1", "0", "1"]


def test_a_training_that_was_interrupted_goes_on(called: list[tuple[str, ...]]) -> None:
    run = Path("runs/coarse-with-0-20260101-000000")
    run.mkdir(parents=True)
    assert train("with", 0, "coarse") == run
    assert called == [("xray-train", "--resume", str(run))]


def test_fine_lesions_are_rendered_stored_and_trained_on_at_512(called: list[tuple[str, ...]]) -> None:
    train("with", 0, "fine")
    render(0.1, "fine")
    for command in called:
        options = dict(zip(command[1::2], command[2::2], strict=True))
        assert options["--data.phantom.lesions"] == "fine"
        assert options["--data.phantom.size"] == options["--prep.size"] == "512"
    assert "512" in called[0][called[0].index("--model.image_size") :]


def test_the_difference_is_that_of_the_means_over_the_trainings(study: Study) -> None:
    answers = {"without": make_answers(2, strength=2.0), "with": make_answers(3, strength=4.0)}
    for dose in (0, 3):
        means = [
            np.mean([macro_auroc(training[dose].labels, training[dose].logits) for training in answers[name]])
            for name in RECIPES
        ]
        assert study.difference(dose).value == pytest.approx(means[1] - means[0])


def test_the_price_is_what_noise_costs_at_full_dose(study: Study) -> None:
    assert "Trainings: 2 without and 3 with. Price at full dose -" in format_table(study)
    assert "reached." in format_table(study)
    answers = {"without": make_answers(2, strength=4.0), "with": make_answers(2, strength=2.0)}
    assert "missed." in format_table(compare(answers, resamples=20))


def test_table_and_plot_have_every_training(study: Study, tmp_path: Path) -> None:
    write_aurocs(tmp_path / "noise.csv", study)
    assert len((tmp_path / "noise.csv").read_text().splitlines()) == 1 + 5 * len(DOSE_FRACTIONS)
    plot(study, tmp_path / "noise.png")
    assert cv2.imread(str(tmp_path / "noise.png")).shape[1] == 660
