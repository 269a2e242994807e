"""Training from a stored dataset to a bundle; read top to bottom."""

from functools import partial
from pathlib import Path

import numpy as np
import torch
from lightning.pytorch.callbacks import Callback

from xray_resnet.bounds import refuse_mistakes
from xray_resnet.config import Config, TrainConfig
from xray_resnet.errors import UserError
from xray_resnet.models import PreActResNet, build_model
from xray_resnet.runs import Run
from xray_resnet.store import open_dataset
from xray_resnet.torch_engine import Engine, choose_engine
from xray_resnet.training.averaging import AverageWeights
from xray_resnet.training.checkpoints import KeepCheckpoints, refuse_other_dataset
from xray_resnet.training.deliver import deliver, describe_model
from xray_resnet.training.history import Announce, EpochHistory
from xray_resnet.training.losses import compute_positive_weights
from xray_resnet.training.minutes import SayEachMinute
from xray_resnet.training.module import Classifier
from xray_resnet.training.optimiser import Schedule
from xray_resnet.training.stopping import LOSS, Monitor, StopEarly, choose_monitor
from xray_resnet.training.task import Task, build_loaders, build_task
from xray_resnet.training.trainer import (
    build_trainer,
    interruptible,
    is_watched,
    quiet_lightning,
    torch_threads,
)

print_now: Announce = partial(print, flush=True)


class TrainingInterruptedError(UserError):
    """Ctrl-C during training; names the command to go on with."""

    exit_code = 130


def train(config: Config, *, resume: Path | None = None, announce: Announce = print_now) -> Path:
    """Trains on the dataset in `config.data.cache` and writes a run folder.

    Args:
        config: Everything; for a resumed run, the one it was started with.
        resume: Run folder to go on with, from its last finished epoch.
        announce: Gets what the user should see, line by line.

    Returns:
        The run folder: config.yaml, checkpoints/, metrics.csv, TensorBoard events, bundle/.

    Raises:
        UserError: where the dataset cannot be trained on, is not the one of the resumed run, or training diverged.
        ConfigurationError: every value that cannot be trained with.
        TrainingInterruptedError: after Ctrl-C; the checkpoint of the last finished epoch is kept.
    """
    refuse_mistakes(config)
    engine = choose_engine(config.train.precision, accelerator=config.train.accelerator)
    run = Run.open(resume) if resume is not None else None
    if run is not None and run.is_finished:
        announce(f"{run.folder} is finished: it has its bundle; nothing to go on with")
        return run.folder
    task = build_task(config, open_dataset(config.data.folder))
    if run is not None and run.last_checkpoint.is_file():
        refuse_other_dataset(run.last_checkpoint, task.identify_dataset())
    run = run or Run.make(config)
    try:
        _fit(config, task, engine=engine, run=run, announce=announce)
        deliver(run, task, config.model)
    except KeyboardInterrupt:
        raise TrainingInterruptedError(
            f"interrupted; finished epochs are kept, go on with: xray-train --resume {run.folder}"
        ) from None
    return run.folder


def _fit(config: Config, task: Task, *, engine: Engine, run: Run, announce: Announce) -> None:
    """Trains from the run's last checkpoint, or from the start, to the last epoch."""
    monitor = choose_monitor(task.targets_of("val"))
    _announce_limits(task, engine, monitor, announce)
    train_loader, val_loader = build_loaders(config, task)
    classifier = Classifier(
        _build_model(config, task),
        findings=task.findings,
        schedule=_build_schedule(config.train, steps_per_epoch=len(train_loader)),
        positive_weights=_weigh_positives(config.train, task.targets_of("train")),
    )
    callbacks = _build_callbacks(config.train, task, run=run, monitor=monitor, announce=announce)
    last = run.last_checkpoint if run.last_checkpoint.is_file() else None
    with quiet_lightning(), torch_threads(config.train.threads):
        announce(f"training on {len(task.rows['train'])} images in {engine.precision} ({engine.instruction_set})")
        trainer = build_trainer(config.train, engine=engine, run=run, callbacks=callbacks)
        with interruptible(trainer):
            trainer.fit(classifier, train_loader, val_loader, ckpt_path=last, weights_only=True)


def _announce_limits(task: Task, engine: Engine, monitor: Monitor, announce: Announce) -> None:
    if slow := engine.explain_slowness():
        announce(f"slow here: {slow}")
    for sentence in task.describe_gaps():
        announce(f"warning: {sentence}")
    if monitor == LOSS:
        announce("warning: no finding has both positive and negative validation images; val_loss chooses the epoch")


def _build_model(config: Config, task: Task) -> PreActResNet:
    """A network with fresh weights that depend on the seed alone."""
    with torch.random.fork_rng():
        torch.manual_seed(config.train.seed)
        return build_model(num_findings=len(task.findings), **describe_model(config.model))


def _build_schedule(config: TrainConfig, *, steps_per_epoch: int) -> Schedule:
    total = steps_per_epoch * config.epochs
    return Schedule(config.learning_rate, config.weight_decay, round(config.warmup * total), total)


def _weigh_positives(config: TrainConfig, targets: np.ndarray) -> torch.Tensor:
    if config.positive_weighting:
        return torch.from_numpy(compute_positive_weights(targets))
    return torch.ones(targets.shape[1])


def _build_callbacks(
    config: TrainConfig, task: Task, *, run: Run, monitor: Monitor, announce: Announce
) -> list[Callback]:
    average = AverageWeights(config.ema_decay) if config.ema_decay > 0 else None
    return [
        *([average] if average else []),
        EpochHistory(run.metrics, batch_size=config.batch_size, announce=announce),
        *([] if is_watched() else [SayEachMinute(batch_size=config.batch_size, announce=announce)]),
        StopEarly(monitor, patience=config.patience),
        KeepCheckpoints(run, monitor=monitor, dataset=task.identify_dataset(), average=average),
    ]
