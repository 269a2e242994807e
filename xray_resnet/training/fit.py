"""Training from a stored dataset to a bundle; read top to bottom."""

import errno
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path

from lightning.pytorch.callbacks import Callback
from lightning.pytorch.loggers import TensorBoardLogger

from xray_resnet.bounds import refuse_mistakes
from xray_resnet.config import Config, TrainConfig
from xray_resnet.errors import UserError
from xray_resnet.models import PreActResNet
from xray_resnet.runs import Run
from xray_resnet.store import open_dataset
from xray_resnet.torch_engine import Engine, choose_engine
from xray_resnet.training.checkpoints import KeepCheckpoints, read_checkpoint, refuse_other_dataset
from xray_resnet.training.core import fit_network
from xray_resnet.training.deliver import deliver
from xray_resnet.training.from_config import build_settings, build_task_of
from xray_resnet.training.history import Announce, EpochHistory
from xray_resnet.training.minutes import SayEachMinute
from xray_resnet.training.rate_finder import find_rate
from xray_resnet.training.start import Start, build_architecture, build_fresh, build_start
from xray_resnet.training.stopping import LOSS
from xray_resnet.training.task import Task
from xray_resnet.training.trainer import is_watched

print_now: Announce = partial(print, flush=True)
_NO_ROOM = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


class TrainingInterruptedError(UserError):
    """Ctrl-C during training; names the command to go on with."""

    exit_code = 130


def train(config: Config, *, resume: Path | None = None, announce: Announce = print_now) -> Path:
    """Trains on the dataset in `config.data.cache` and writes a run folder.

    Args:
        config: Everything; for a resumed run, the one it was started with.
        resume: Run folder to go on with, from its last checkpoint.
        announce: Gets what the user should see, line by line.

    Returns:
        The run folder: config.yaml, checkpoints/, metrics.csv, TensorBoard events, bundle/.

    Raises:
        UserError: where the dataset cannot be trained on, is not the one of the resumed run, the disk is full, or
            training diverged; the last checkpoint is kept, and named.
        ConfigurationError: every value that cannot be trained with.
        TrainingInterruptedError: after Ctrl-C; the last checkpoint is kept.
    """
    refuse_mistakes(config)
    engine = choose_engine(config.train.precision, accelerator=config.train.accelerator)
    run = Run.open(resume) if resume is not None else None
    if run is not None and run.is_finished:
        announce(f"{run.folder} is finished: it has its bundle; nothing to go on with")
        return run.folder
    task = build_task_of(config, open_dataset(config.data.folder))
    if run is not None and run.last_checkpoint.is_file():
        refuse_other_dataset(run.last_checkpoint, task.identify_dataset())
    model, start = _resume_start(config, task, run) or build_start(config, task, announce=announce)
    run = run or Run.make(config)
    if start.pretraining:
        start.write(run)
    task = replace(task, model_input=start.model_input)
    with _saying_how_to_go_on(run):
        _fit(config, model, task, engine=engine, run=run, announce=announce)
        deliver(run, task, start)
    return run.folder


def end_run(config: Config, folder: Path, *, announce: Announce = print_now) -> Path:
    """Ends an interrupted run with its best weights so far: writes its bundle.

    Args:
        config: The one that the run was started with.
        folder: The run folder.
        announce: Gets what the user should see, line by line.

    Returns:
        The run folder.

    Raises:
        UserError: if no epoch is finished, or the dataset is not the one of the run.
    """
    run = Run.open(folder)
    if run.is_finished:
        announce(f"{run.folder} is finished: it has its bundle; nothing to deliver")
        return run.folder
    if not run.best_checkpoint.is_file():
        raise UserError(
            f"{run.best_checkpoint}: not there yet, for no epoch is finished; "
            f"train at least one: xray-train --resume {run.folder}"
        )
    task = build_task_of(config, open_dataset(config.data.folder))
    refuse_other_dataset(run.last_checkpoint, task.identify_dataset())
    start = Start.read(run) or Start(build_architecture(config.model), task.model_input)
    epoch = read_checkpoint(run.best_checkpoint)["epoch"]
    announce(f"delivering the best weights so far, those after epoch {epoch} of {config.train.epochs}")
    deliver(run, replace(task, model_input=start.model_input), start)
    return run.folder


def find_learning_rate(config: Config, *, announce: Announce = print_now) -> Iterator[str]:
    """Losses at rising learning rates, line by line, and the rate that they suggest; writes nothing.

    Raises:
        UserError: where the dataset cannot be trained on.
        ConfigurationError: every value that cannot be trained with.
    """
    refuse_mistakes(config)
    engine = choose_engine(config.train.precision, accelerator=config.train.accelerator)
    task = build_task_of(config, open_dataset(config.data.folder))
    model, start = build_start(config, task, announce=announce)
    task = replace(task, model_input=start.model_input)
    return find_rate(model, task, build_settings(config, engine)).list_lines()


@contextmanager
def _saying_how_to_go_on(run: Run) -> Iterator[None]:
    """Adds to what ends a training what is kept of it, and the command to go on with."""
    go_on = f"go on with: xray-train --resume {run.folder}"
    try:
        yield
    except KeyboardInterrupt:
        raise TrainingInterruptedError(f"interrupted; the last checkpoint is kept, {go_on}") from None
    except UserError as error:
        kept = f"; the last good checkpoint is {run.last_checkpoint}" if run.last_checkpoint.is_file() else ""
        raise type(error)(f"{error}{kept}") from error
    except OSError as error:
        if error.errno not in _NO_ROOM:
            raise
        full = f"{error.filename or run.folder}: {error.strerror}"
        raise UserError(f"{full}; the last checkpoint is kept, free some space, then {go_on}") from error


def _resume_start(config: Config, task: Task, run: Run | None) -> tuple[PreActResNet, Start] | None:
    """What a run with a checkpoint, which has the weights, started from; None if its start was not kept."""
    start = Start.read(run) if run is not None and run.last_checkpoint.is_file() else None
    if start is None:
        return None
    return build_fresh(start.architecture, task, seed=config.train.seed), start


def _fit(config: Config, model: PreActResNet, task: Task, *, engine: Engine, run: Run, announce: Announce) -> None:
    """Trains from the run's last checkpoint, or from the start, to the last epoch."""
    _announce_limits(task, engine, announce)
    announce(f"training on {len(task.rows['train'])} images in {engine.precision} ({engine.instruction_set})")
    fit_network(
        model,
        task,
        build_settings(config, engine),
        _build_callbacks(config.train, task, run=run, announce=announce),
        logger=TensorBoardLogger(run.folder, name="", version=run.events.name),
        resume_from=run.last_checkpoint if run.last_checkpoint.is_file() else None,
    )


def _announce_limits(task: Task, engine: Engine, announce: Announce) -> None:
    if slow := engine.explain_slowness():
        announce(f"slow here: {slow}")
    for sentence in task.describe_gaps():
        announce(f"warning: {sentence}")
    if task.monitor == LOSS:
        announce("warning: no finding has both positive and negative validation images; val_loss chooses the epoch")


def _build_callbacks(config: TrainConfig, task: Task, *, run: Run, announce: Announce) -> list[Callback]:
    return [
        EpochHistory(run.metrics, batch_size=config.batch_size, announce=announce),
        *([] if is_watched() else [SayEachMinute(batch_size=config.batch_size, announce=announce)]),
        KeepCheckpoints(run, monitor=task.monitor, dataset=task.identify_dataset(), minutes=config.checkpoint_minutes),
    ]
