"""A training that ends within an epoch, by a kill or a full disk, goes on as if it had not; or delivers what it has."""

import re
import resource
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
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
from xray_resnet.training.checkpoints import KeepCheckpoints, read_checkpoint
from xray_resnet.training.delivery import end_run
from xray_resnet.training.fit import train
from xray_resnet.training.loading import ResumableLoader
from xray_resnet.training.loading.batches import EpochBatches
from xray_resnet.training.steps import SeedSteps
from xray_resnet.training.steps.running_mean import RunningMean

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


def test_no_image_of_the_steps_that_are_done_is_loaded_again() -> None:
    loaded: list[int] = []

    class Images:
        def __len__(self) -> int:
            return 10

        def __getitem__(self, index: int) -> int:
            loaded.append(index)
            return index

    loader = ResumableLoader(Images(), EpochBatches(range(10), batch_size=3, drop_last=False))  # type: ignore[arg-type]
    loader.load_state_dict({"batches": 2})
    assert [batch.tolist() for batch in loader] == [[6, 7, 8], [9]]
    assert loaded == [6, 7, 8, 9]
    assert loader.state_dict() == {"batches": 4}
    assert next(iter(loader)).tolist() == [0, 1, 2]


def test_an_iterator_that_is_not_used_takes_no_batch_away() -> None:
    """With loading processes torch asks for two and uses one."""
    batches = EpochBatches(range(10), batch_size=3, drop_last=True)  # type: ignore[arg-type]
    batches.first = 2
    _, used = iter(batches), iter(batches)
    assert [*used] == [[6, 7, 8]]


@pytest.mark.parametrize(("drop_last", "sizes"), [(True, [4, 4]), (False, [4, 4, 2])])
def test_an_incomplete_last_batch_is_left_out_on_request(drop_last: bool, sizes: list[int]) -> None:
    batches = EpochBatches(range(10), batch_size=4, drop_last=drop_last)  # type: ignore[arg-type]
    assert [len(batch) for batch in batches] == sizes
    assert len(batches) == len(sizes)


def test_what_a_network_draws_depends_on_seed_epoch_step_and_process() -> None:
    def draw(seed: int, epoch: int, step: int, rank: int) -> float:
        trainer: Any = SimpleNamespace(current_epoch=epoch, global_rank=rank)
        SeedSteps(seed).on_train_batch_start(trainer, None, None, step)  # type: ignore[arg-type]
        return torch.rand(()).item()

    with torch.random.fork_rng(devices=[]):
        places = [(0, 0, 0, 0), (1, 0, 0, 0), (0, 1, 0, 0), (0, 0, 1, 0), (0, 0, 0, 1)]
        assert len({draw(*place) for place in places}) == len(places)
        assert draw(3, 2, 1, 0) == draw(3, 2, 1, 0)


def test_a_mean_in_two_parts_is_the_mean() -> None:
    first, second = RunningMean(), RunningMean()
    first.update(torch.tensor(1.0), 3)
    second.restore(first.save())
    second.update(torch.tensor(5.0), 1)
    assert second.compute() == (3 * 1.0 + 1 * 5.0) / 4


def test_weights_that_a_step_broke_do_not_replace_the_last_checkpoint(tmp_path: Path) -> None:
    """Beside it, only what is asked of a trainer by the callback."""
    module = torch.nn.Linear(2, 1)
    torch.nn.init.constant_(module.weight, float("nan"))
    keep = KeepCheckpoints(Run(tmp_path), monitor=None, dataset={}, minutes=EVERY_STEP)  # type: ignore[arg-type]

    class Trainer:
        accumulate_grad_batches, num_training_batches, lightning_module = 1, 4, module
        strategy = SimpleNamespace(reduce_boolean_decision=lambda decision, all: decision)

        def save_checkpoint(self, path: Path) -> None:
            path.parent.mkdir(exist_ok=True)
            path.touch()

    trainer: Any = Trainer()
    keep.on_train_batch_end(trainer, None, None, 0)
    assert not Run(tmp_path).last_checkpoint.exists()
    torch.nn.init.zeros_(module.weight)
    keep.on_train_batch_end(trainer, None, None, 0)
    assert Run(tmp_path).last_checkpoint.exists()


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
