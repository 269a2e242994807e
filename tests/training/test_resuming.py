"""A training that ends within an epoch, by a kill or a full disk, goes on as if it had not; or delivers what it has."""

import re
import resource
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch

from tests.training.kill import compare, run_kills
from tests.training.test_fit import KilledError, ends_at, make_config, make_data, only_run
from xray_resnet.bundle import load_model, read_bundle
from xray_resnet.cli.train import train as train_command
from xray_resnet.config import Config
from xray_resnet.errors import ConfigurationError, UserError
from xray_resnet.runs import Run
from xray_resnet.training import fit
from xray_resnet.training.checkpoints import read_checkpoint
from xray_resnet.training.delivery import end_run
from xray_resnet.training.fit import train
from xray_resnet.training.steps import SeedSteps

EVERY_STEP = 1e-9
EPOCHS, STEPS = 3, 4


def silent(_: str) -> None:
    """An announcement that nobody hears."""


@pytest.fixture(scope="module")
def config(tmp_path_factory: pytest.TempPathFactory) -> Config:
    """Small inputs in the first of three epochs of four steps."""
    folder = tmp_path_factory.mktemp("resuming")
    return make_config(
        make_data(folder / "data"), folder / "runs", smaller_first={32: 0.4}, checkpoint_minutes=EVERY_STEP
    )


@pytest.fixture(scope="module")
def whole(config: Config) -> Run:
    """The run that nobody ends early."""
    return Run(train(config, announce=silent))


@pytest.fixture
def started(config: Config, tmp_path: Path) -> Config:
    return replace(config, train=replace(config.train, output=tmp_path / "runs"))


@pytest.fixture
def kill_at() -> Iterator[Callable[[int, int], None]]:
    """Lets the next training end as if it were killed, before a step of an epoch."""

    def arrange(epoch: int, step: int) -> None:
        def end_at(self: SeedSteps, trainer: Any, module: Any, batch: Any, batch_idx: int) -> None:
            if (trainer.current_epoch, batch_idx) == (epoch, step):
                patch.undo()
                raise KilledError("by the test")

        patch.setattr(SeedSteps, "on_train_batch_start", end_at)

    with pytest.MonkeyPatch.context() as patch:
        yield arrange


@pytest.fixture
def no_bundle(monkeypatch: pytest.MonkeyPatch) -> None:
    """Spares the time of making one."""
    monkeypatch.setattr(fit, "deliver", lambda *_: None)


@pytest.mark.usefixtures("no_bundle")
@pytest.mark.parametrize(("epoch", "step"), [(0, 2), (1, 1), (2, STEPS - 1)])
def test_killed_within_an_epoch_and_resumed_is_as_never_killed(
    started: Config, whole: Run, kill_at: Callable[[int, int], None], epoch: int, step: int
) -> None:
    """Weights, average, optimiser, schedule and metrics, bit for bit."""
    kill_at(epoch, step)
    with pytest.raises(KilledError, match="by the test"):
        train(started, announce=silent)
    run = Run(only_run(started.train.output))
    assert read_checkpoint(run.last_checkpoint)["global_step"] == epoch * STEPS + step
    train(started, resume=run.folder, announce=silent)
    assert [*compare(run, whole)] == []


@pytest.mark.usefixtures("no_bundle")
def test_a_step_of_several_batches_is_resumed_whole(started: Config, kill_at: Callable[[int, int], None]) -> None:
    """A kill within a step, after the first of its two batches."""
    config = replace(started, train=replace(started.train, accumulate=2))
    whole = Run(
        train(replace(config, train=replace(config.train, output=started.train.output / "whole")), announce=silent)
    )
    kill_at(1, 3)
    with pytest.raises(KilledError, match="by the test"):
        train(config, announce=silent)
    (folder,) = started.train.output.glob("tiny-*")
    assert read_checkpoint(Run(folder).last_checkpoint)["global_step"] == STEPS // 2 + 1
    train(config, resume=folder, announce=silent)
    assert [*compare(Run(folder), whole)] == []


@pytest.mark.slow
def test_killed_by_the_system_and_resumed_is_as_never_killed(tmp_path: Path) -> None:
    (outcome,) = run_kills(1, 0, tmp_path)
    assert outcome.differences == []


def test_a_training_that_diverges_names_the_last_good_checkpoint(started: Config) -> None:
    hasty = replace(started, train=replace(started.train, learning_rate=1e30, warmup=0.0, ema_decay=0.0))
    with pytest.raises(UserError, match=r"training diverged.*the last good checkpoint is \S+last\.ckpt") as diverged:
        train(hasty, announce=silent)
    named = Path(re.search(r"checkpoint is (\S+)", str(diverged.value)).group(1))  # type: ignore[union-attr]
    weights = read_checkpoint(named)["state_dict"].values()
    assert all(torch.isfinite(weight).all() for weight in weights)


@pytest.fixture
def fill_the_disk() -> Iterator[Callable[[str], None]]:
    """An announcement after which the system refuses larger files, as a full disk does, from the second epoch on."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)

    def announce(line: str) -> None:
        if line.startswith("epoch 2/"):
            resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, hard))

    yield announce
    resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


@pytest.mark.usefixtures("no_bundle")
def test_a_disk_that_fills_up_while_a_checkpoint_is_written_loses_nothing(
    started: Config, whole: Run, fill_the_disk: Callable[[str], None]
) -> None:
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    with pytest.raises(UserError, match=r"ckpt: File too large; .*free some space.*xray-train --resume"):
        train(started, announce=fill_the_disk)
    resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    run = Run(only_run(started.train.output))
    assert not [*run.folder.rglob("*.part")]
    assert read_checkpoint(run.last_checkpoint)["global_step"] == 2 * STEPS - 1
    train(started, resume=run.folder, announce=silent)
    assert [*compare(run, whole)] == []


@pytest.fixture
def interrupted(started: Config) -> Run:
    """A run that was killed after its second epoch, before that was saved."""
    with pytest.raises(KilledError, match="by the test"):
        train(started, announce=ends_at(2, KilledError))
    return Run(only_run(started.train.output))


def test_an_interrupted_run_is_ended_with_its_best_weights(interrupted: Run, started: Config) -> None:
    said: list[str] = []
    end_run(started, interrupted.folder, announce=said.append)
    assert said == ["delivering the best weights so far, those after epoch 1 of 3"]
    best = read_checkpoint(interrupted.best_checkpoint)["state_dict"]
    delivered = load_model(read_bundle(interrupted.folder)).state_dict()
    assert all(torch.equal(delivered[name], best[name]) for name in best)


def test_a_finished_run_is_not_ended_again(whole: Run, config: Config) -> None:
    said: list[str] = []
    end_run(config, whole.folder, announce=said.append)
    assert said == [f"{whole.folder} is finished: it has its bundle; nothing to deliver"]


def test_a_run_without_a_finished_epoch_has_nothing_to_deliver(
    started: Config, kill_at: Callable[[int, int], None]
) -> None:
    kill_at(0, 2)
    with pytest.raises(KilledError, match="by the test"):
        train(started, announce=silent)
    run = only_run(started.train.output)
    with pytest.raises(UserError, match=rf"best.ckpt: not there yet.*xray-train --resume {run}"):
        end_run(started, run)


def test_deliver_without_a_run_names_the_option_that_is_missing() -> None:
    with pytest.raises(ConfigurationError, match="name it with --resume RUN"):
        train_command(["--deliver"])
