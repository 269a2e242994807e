"""Training as a user sees it: from a dataset to a run folder, interrupted, resumed, refused."""

import csv
import random
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from tests.datasets import make_dataset
from xray_resnet.bundle import load_model, read_bundle
from xray_resnet.config import Config, DataConfig, ModelConfig, TrainConfig
from xray_resnet.config_files import read_saved
from xray_resnet.dicom import Reading
from xray_resnet.errors import UserError
from xray_resnet.findings import resolve_targets
from xray_resnet.metrics import macro_auroc
from xray_resnet.processor import name_instruction_set
from xray_resnet.runs import Run
from xray_resnet.store import open_dataset
from xray_resnet.trained_patients import TrainedPatients
from xray_resnet.training.delivery import TrainingInterruptedError
from xray_resnet.training.fit import train
from xray_resnet.training.trainer import torch_threads

TIMES = ("seconds", "images_per_second", "data_wait")
READING = Reading(size=64)


class KilledError(BaseException):
    """Stands for a process that ends at this moment."""


def make_data(folder: Path, **options: Any) -> Path:
    return make_dataset(
        folder, **({"count": 120, "reading": READING.to_json(), "reading_fingerprint": READING.fingerprint()} | options)
    )


def make_config(data: Path, output: Path, **options: Any) -> Config:
    settings = {"epochs": 3, "batch_size": 16, "learning_rate": 3e-3, "precision": "fp32", "threads": 1} | options
    return Config(
        name="tiny",
        data=DataConfig(cache=data),
        model=ModelConfig(depth=18, base_width=8, image_size=64),
        train=TrainConfig(output=output, **settings),
    )


def ends_at(epoch: int, error: type[BaseException]) -> Callable[[str], None]:
    """An announcement that ends training with `error` after the given epoch, before that epoch is saved."""

    def announce(line: str) -> None:
        if line.startswith(f"epoch {epoch}/"):
            raise error("by the test")

    return announce


def read_metrics(run: Path) -> list[dict[str, str]]:
    with (run / "metrics.csv").open() as file:
        return [{name: value for name, value in row.items() if name not in TIMES} for row in csv.DictReader(file)]


def global_random_states() -> tuple[Any, ...]:
    numpy_state = np.random.get_state()[1]  # noqa: NPY002  what must not be used is what is looked at
    return torch.get_rng_state().tolist(), numpy_state.tolist(), random.getstate()


def only_run(output: Path) -> Path:
    (run,) = output.iterdir()
    return run


@pytest.fixture(scope="module")
def config(tmp_path_factory: pytest.TempPathFactory) -> Config:
    folder = tmp_path_factory.mktemp("fit")
    return make_config(make_data(folder / "data"), folder / "runs")


@pytest.fixture(scope="module")
def said() -> list[str]:
    """The lines that the finished run announced."""
    return []


@pytest.fixture(scope="module")
def run(config: Config, said: list[str]) -> Path:
    """A finished run."""
    return train(config, announce=said.append)


def test_a_tiny_network_learns_the_bright_squares(run: Path) -> None:
    assert float(read_metrics(run)[-1]["val_macro_auroc"]) > 0.95


def test_a_run_says_one_line_per_epoch(run: Path, said: list[str]) -> None:
    assert f"training on 72 images in fp32 ({name_instruction_set()})" in said
    assert [line.split()[:2] for line in said if line.startswith("epoch")] == [
        ["epoch", f"{epoch}/3"] for epoch in (1, 2, 3)
    ]


def test_a_run_keeps_its_configuration_metrics_events_and_bundle(run: Path, config: Config) -> None:
    assert read_saved(Config, run / "config.yaml") == config
    assert [row["epoch"] for row in read_metrics(run)] == ["1", "2", "3"]
    assert [*run.glob("tensorboard/events.out.tfevents.*")]
    assert read_bundle(run).metadata.training_data["counts"]["training images"] == 72
    assert not [*run.rglob("*.part")]


def test_a_run_keeps_whom_it_was_fitted_to(run: Path, config: Config) -> None:
    dataset, kept = open_dataset(config.data.folder), TrainedPatients.read(Run(run).patients_file)
    expected = {split: sorted(set(dataset.patient_ids[dataset.indices(split)])) for split in ("train", "val")}
    assert kept == TrainedPatients(dataset.description.hash_key_id, expected)


def test_checkpoints_load_without_unpickling(run: Path) -> None:
    last, best = (torch.load(run / "checkpoints" / name, weights_only=True) for name in ("last.ckpt", "best.ckpt"))
    assert last["dataset"]["reading fingerprint"] == READING.fingerprint()
    assert set(best["state_dict"]) == set(load_model(read_bundle(run)).state_dict())


def test_the_bundle_has_the_averaged_weights_that_were_validated(run: Path, config: Config) -> None:
    bundle, dataset = read_bundle(run), open_dataset(config.data.cache)
    rows = dataset.indices("val")
    images = np.stack([bundle.model_input(dataset.pixels(int(row))) for row in rows])[:, None]
    with torch.inference_mode():
        logits = load_model(bundle)(torch.from_numpy(images))
    targets = torch.from_numpy(resolve_targets(dataset.states[rows]))
    loss = torch.nn.functional.binary_cross_entropy_with_logits(logits, targets).item()
    best = max(read_metrics(run), key=lambda row: float(row["val_macro_auroc"]))
    assert macro_auroc(targets.numpy(), logits.numpy()) == pytest.approx(float(best["val_macro_auroc"]))
    assert loss == pytest.approx(float(best["val_loss"]), rel=1e-4)


def test_killed_and_resumed_is_as_never_killed(run: Path, config: Config, tmp_path: Path) -> None:
    started = replace(config, train=replace(config.train, output=tmp_path))
    with pytest.raises(KilledError, match="by the test"):
        train(started, announce=ends_at(2, KilledError))
    resumed = train(started, resume=only_run(tmp_path), announce=lambda _: None)
    assert read_metrics(resumed) == read_metrics(run)
    states = [load_model(read_bundle(folder)).state_dict() for folder in (resumed, run)]
    torch.testing.assert_close(*states, rtol=1e-5, atol=1e-6)


@pytest.mark.slow
@pytest.mark.parametrize(
    "methods",
    [
        {"robust": "half_clean", "auxiliary_norm": True, "sampling": "class_balanced", "loss": "auc_margin"},
        {"robust": "consistency", "teacher": "average", "mixup": 0.2, "soup_epochs": 2, "accumulate": 2},
    ],
)
def test_a_robust_training_is_resumed_as_if_never_killed(methods: Any, config: Config, tmp_path: Path) -> None:
    trained = replace(config.train, **methods)
    whole, cut = (replace(config, train=replace(trained, output=tmp_path / name)) for name in ("whole", "cut"))
    uninterrupted = train(whole, announce=lambda _: None)
    with pytest.raises(KilledError, match="by the test"):
        train(cut, announce=ends_at(2, KilledError))
    resumed = train(cut, resume=only_run(tmp_path / "cut"), announce=lambda _: None)
    assert read_metrics(resumed) == read_metrics(uninterrupted)
    assert float(read_metrics(resumed)[-1]["val_macro_auroc"]) > 0.9


def test_ctrl_c_names_the_command_to_go_on_with(config: Config, tmp_path: Path) -> None:
    started = replace(config, train=replace(config.train, output=tmp_path))
    with pytest.raises(TrainingInterruptedError, match="xray-train --resume") as interrupted:
        train(started, announce=ends_at(2, KeyboardInterrupt))
    assert str(only_run(tmp_path)) in str(interrupted.value)
    assert interrupted.value.exit_code == 130
    assert (only_run(tmp_path) / "checkpoints" / "last.ckpt").is_file()


def test_a_finished_run_is_not_trained_again(run: Path, config: Config) -> None:
    before = (run / "checkpoints" / "last.ckpt").stat().st_mtime_ns
    said: list[str] = []
    assert train(config, resume=run, announce=said.append) == run
    assert (run / "checkpoints" / "last.ckpt").stat().st_mtime_ns == before
    assert said == [f"{run} is finished: it has its bundle; nothing to go on with"]


def test_a_run_does_not_go_on_with_another_dataset(run: Path, config: Config, tmp_path: Path) -> None:
    other = Reading(size=64, dtype="uint16")
    data = make_data(tmp_path / "data", reading=other.to_json(), reading_fingerprint=other.fingerprint())
    unfinished = tmp_path / "run"
    shutil.copytree(run, unfinished, ignore=shutil.ignore_patterns("bundle"))
    with pytest.raises(UserError, match=f"{other.fingerprint()}.*{READING.fingerprint()}"):
        train(replace(config, data=DataConfig(cache=data)), resume=unfinished)


def test_training_stops_when_the_score_no_longer_rises(config: Config, tmp_path: Path) -> None:
    patient = replace(config.train, output=tmp_path, epochs=9, patience=1, learning_rate=1e-12, ema_decay=0.0)
    said: list[str] = []
    train(replace(config, train=patient), announce=said.append)
    assert not any(line.startswith("epoch 9/") for line in said)


def test_training_leaves_threads_and_random_states_alone(config: Config, tmp_path: Path) -> None:
    threads, seen = torch.get_num_threads(), []
    before = global_random_states()

    def stop(line: str) -> None:
        if line.startswith("epoch"):
            seen.append(torch.get_num_threads())
            raise KilledError("by the test")

    with pytest.raises(KilledError, match="by the test"):
        train(replace(config, train=replace(config.train, output=tmp_path, threads=1)), announce=stop)
    assert (seen, torch.get_num_threads()) == ([1], threads)
    assert global_random_states() == before


def test_torchs_own_choice_of_threads_keeps_within_a_cpu_quota(monkeypatch: pytest.MonkeyPatch) -> None:
    former = torch.get_num_threads()
    monkeypatch.setattr("xray_resnet.training.trainer.cpus_under_quota", lambda: 1)
    with torch_threads(0):
        assert torch.get_num_threads() == 1
    monkeypatch.setattr("xray_resnet.training.trainer.cpus_under_quota", lambda: None)
    with torch_threads(0):
        assert torch.get_num_threads() == former


def test_without_both_classes_in_validation_the_loss_chooses(tmp_path: Path) -> None:
    data = make_data(tmp_path / "data", count=5, images_per_patient=1)
    assert len(open_dataset(data).indices("val")) == 1
    said: list[str] = []

    def stop_at_the_first_epoch(line: str) -> None:
        said.append(line)
        if line.startswith("epoch"):
            raise KilledError("by the test")

    with pytest.raises(KilledError, match="by the test"):
        train(make_config(data, tmp_path / "runs"), announce=stop_at_the_first_epoch)
    assert any("val_loss chooses the epoch" in line for line in said)


def test_a_diverged_training_says_what_to_lower(config: Config, tmp_path: Path) -> None:
    hasty = replace(config, train=replace(config.train, output=tmp_path, learning_rate=1e30))
    with pytest.raises(UserError, match=r"training diverged in epoch 1.*lower train.learning_rate"):
        train(hasty, announce=lambda _: None)
