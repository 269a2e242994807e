"""Training from a stored dataset to a bundle; read top to bottom."""

from collections.abc import Iterator
from contextlib import nullcontext
from dataclasses import replace
from pathlib import Path

from lightning.pytorch.callbacks import Callback

from xray_resnet.bounds import refuse_mistakes
from xray_resnet.config import Config, TrainConfig
from xray_resnet.models import PreActResNet
from xray_resnet.runs import Run
from xray_resnet.store import Dataset, open_dataset
from xray_resnet.torch_engine import Engine, choose_engine
from xray_resnet.training.checkpoints import KeepCheckpoints, refuse_other_dataset
from xray_resnet.training.core import fit_network
from xray_resnet.training.delivery import deliver, saying_how_to_go_on
from xray_resnet.training.distributed import Processes, find_processes
from xray_resnet.training.from_config import build_settings, build_task_of
from xray_resnet.training.rate_finder import find_rate
from xray_resnet.training.settings import TrainingSettings
from xray_resnet.training.start import Start, build_fresh, build_start
from xray_resnet.training.task import Task
from xray_resnet.training.validation import LOSS
from xray_resnet.training.watching import (
    Announce,
    EpochHistory,
    SayEachMinute,
    ShowOnBoard,
    build_loggers,
    is_watched,
    keep_silent,
    print_now,
)


def train(
    config: Config, *, resume: Path | None = None, dataset: Dataset | None = None, announce: Announce = print_now
) -> Path:
    """Trains on the dataset in `config.data.cache` and writes a run folder.

    Args:
        config: Everything; for a resumed run, the one it was started with.
        resume: Run folder to go on with, from its last checkpoint.
        dataset: Trained on instead, such as the same images under other splits.
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
    processes = find_processes(devices=config.train.devices, nodes=config.train.nodes)
    settings = build_settings(config, engine, processes)
    announce = announce if processes.is_first else keep_silent
    run = Run.open(resume) if resume is not None else None
    if run is not None and run.is_finished:
        announce(f"{run.folder} is finished: it has its bundle; nothing to go on with")
        return run.folder
    task = build_task_of(config, dataset or open_dataset(config.data.folder))
    if run is not None and run.last_checkpoint.is_file():
        refuse_other_dataset(run.last_checkpoint, task.identify_dataset())
    model, start = _resume_start(config, task, run) or build_start(config, task, announce=announce)
    model.recompute_activations(config.model.recompute)
    run = run or _make_run(config, task, start, processes)
    task = replace(task, model_input=start.model_input)
    with saying_how_to_go_on(run) if processes.is_first else nullcontext():
        _fit(config, settings, model, task, run=run, announce=announce)
        if processes.is_first:
            deliver(run, task, start)
    return run.folder


def _make_run(config: Config, task: Task, start: Start, processes: Processes) -> Run:
    """A new run; for all processes but the first, which alone writes, one without a folder."""
    if not processes.is_first:
        return Run(config.train.output)
    run = Run.make(config)
    if start.pretraining:
        start.write(run)
    task.list_patients().write(run.patients_file)
    return run


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


def _resume_start(config: Config, task: Task, run: Run | None) -> tuple[PreActResNet, Start] | None:
    """What a run with a checkpoint, which has the weights, started from; None if its start was not kept."""
    start = Start.read(run) if run is not None and run.last_checkpoint.is_file() else None
    if start is None:
        return None
    return build_fresh(start.architecture, task, seed=config.train.seed), start


def _fit(
    config: Config, settings: TrainingSettings, model: PreActResNet, task: Task, *, run: Run, announce: Announce
) -> None:
    """Trains from the run's last checkpoint, or from the start, to the last epoch."""
    _announce_limits(task, settings.engine, announce)
    announce(f"training on {len(task.rows['train'])} images {settings.describe_place()}")
    fit_network(
        model,
        task,
        settings,
        _build_callbacks(config.train, task, run=run, announce=announce),
        logger=build_loggers(run, name=config.name, mlflow=config.train.mlflow),
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
        ShowOnBoard(task),
        *([] if is_watched() else [SayEachMinute(batch_size=config.batch_size, announce=announce)]),
        KeepCheckpoints(run, monitor=task.monitor, dataset=task.identify_dataset(), minutes=config.checkpoint_minutes),
    ]
