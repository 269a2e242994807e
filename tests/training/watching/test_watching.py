"""What can be watched of a training: its pace, its waits for data, and what TensorBoard and MLflow show."""

import csv
import time
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

from tests.training.test_fit import make_config, make_data
from xray_resnet.config import Config
from xray_resnet.runs import Run
from xray_resnet.training import fit
from xray_resnet.training.watching import EpochHistory, ImagesBar
from xray_resnet.training.watching.history import describe_epoch
from xray_resnet.training.watching.pace import Pace


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """What the time is."""
    now = [0.0]
    for name in ("monotonic", "perf_counter"):
        monkeypatch.setattr(time, name, lambda: now[0])
    return now


def test_the_pace_of_an_epoch_that_is_resumed_within_counts_what_it_has_done_itself(clock: list[float]) -> None:
    """Two epochs of 10 batches of 8 images; from the sixth batch on, a batch takes 4 s."""
    pace, trainer = Pace(8), SimpleNamespace(max_epochs=2, current_epoch=0, num_training_batches=10)
    pace.begin(None)
    for batch in (5, 6):
        clock[0] += 4.0
        pace.note(batch)
    assert pace.images_per_second() == 2 * 8 / 8
    assert pace.time_left(trainer) == timedelta(seconds=13 * 4)  # type: ignore[arg-type]


def test_the_bar_shows_images_a_second_and_the_time_left(clock: list[float], monkeypatch: pytest.MonkeyPatch) -> None:
    trainer: Any = SimpleNamespace(max_epochs=1, current_epoch=0, num_training_batches=10)
    monkeypatch.setattr(
        "lightning.pytorch.callbacks.RichProgressBar.get_metrics", lambda *_: {"train_loss": 0.5, "v_num": 1}
    )
    bar = ImagesBar(16)
    bar._pace.begin()
    clock[0] += 2.0
    bar._pace.note(0)
    assert bar.get_metrics(trainer, trainer) == {"train_loss": 0.5, "images/s": 8.0, "left": "0:00:18"}


def test_the_share_of_an_epoch_that_waited_for_data_is_measured_and_said(clock: list[float], tmp_path: Path) -> None:
    """Four steps of 3 s, each after 1 s of waiting."""
    said: list[str] = []
    trainer: Any = SimpleNamespace(
        num_training_batches=4,
        callback_metrics={},
        current_epoch=0,
        global_step=4,
        max_epochs=1,
        is_global_zero=True,
        optimizers=[SimpleNamespace(param_groups=[{"lr": 1e-3}])],
    )
    history = EpochHistory(tmp_path / "metrics.csv", batch_size=8, announce=said.append)
    history.on_train_start(trainer, trainer)
    history.on_train_epoch_start(trainer, trainer)
    for _ in range(4):
        clock[0] += 1.0
        history.on_train_batch_start()
        clock[0] += 3.0
        history.on_train_batch_end()
    history.on_train_epoch_end(trainer, trainer)
    with (tmp_path / "metrics.csv").open() as file:
        (row,) = csv.DictReader(file)
    assert (row["data_wait"], row["images_per_second"]) == ("0.25", "2.0")
    assert said == ["epoch 1/1    (16 s, 2 images/s, 25% waiting for data)"]


def test_an_epoch_is_described_in_one_line() -> None:
    row = {"epoch": 2, "seconds": 61.0, "images_per_second": 120.4, "data_wait": 0.034, "train_loss": 0.25}
    assert describe_epoch(row, epochs=9) == ("epoch 2/9  train_loss 0.2500  (61 s, 120 images/s, 3% waiting for data)")


@pytest.fixture(scope="module")
def config(tmp_path_factory: pytest.TempPathFactory) -> Config:
    folder = tmp_path_factory.mktemp("watching")
    return make_config(make_data(folder / "data"), folder / "runs", epochs=2)


@pytest.fixture(scope="module")
def events(config: Config) -> EventAccumulator:
    """TensorBoard's events of a run."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(fit, "deliver", lambda *_: None)
        run = Run(fit.train(config, announce=lambda _: None))
    return EventAccumulator(str(run.events)).Reload()


def test_tensorboard_has_losses_scores_of_each_finding_and_the_rate(events: EventAccumulator) -> None:
    wanted = {"train_loss", "val_loss", "val_auroc_cardiomegaly", "val_auroc_effusion", "learning_rate"}
    assert wanted <= {*events.Tags()["scalars"]}
    assert [event.step for event in events.Scalars("learning_rate")] == [4, 8]


def test_tensorboard_shows_augmented_images_and_a_map_of_each_finding(events: EventAccumulator) -> None:
    assert {*events.Tags()["images"]} == {"augmented", "map of Cardiomegaly", "map of Effusion"}
    (augmented,) = events.Images("augmented")
    assert (augmented.width, augmented.height) == (8 * 64, 2 * 64)
    assert [image.step for image in events.Images("map of Effusion")] == [4, 8]


def test_mlflow_gets_the_metrics_if_it_is_asked_to(
    config: Config, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = pytest.importorskip("mlflow.tracking", reason="needs the extra 'mlflow'").MlflowClient
    monkeypatch.setattr(fit, "deliver", lambda *_: None)
    monkeypatch.setenv("MLFLOW_ALLOW_FILE_STORE", "true")  # a folder stands for a server
    address = f"file:{tmp_path / 'mlflow'}"
    fit.train(replace(config, train=replace(config.train, output=tmp_path, mlflow=address)), announce=lambda _: None)
    server = client(address)
    (run,) = server.search_runs([server.get_experiment_by_name("tiny").experiment_id])
    assert {"train_loss", "val_macro_auroc"} <= {*run.data.metrics}
