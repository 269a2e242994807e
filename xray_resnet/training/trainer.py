"""Lightning's trainer as a run needs it, quiet."""

import logging
import signal
import threading
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Literal

import lightning
import torch
from lightning.fabric.plugins.environments.cluster_environment import ClusterEnvironment
from lightning.fabric.plugins.environments.slurm import SLURMEnvironment
from lightning.fabric.utilities.warnings import PossibleUserWarning
from lightning.pytorch.callbacks import Callback, Checkpoint
from lightning.pytorch.loggers import Logger
from lightning.pytorch.plugins import CheckpointIO, LayerSync
from lightning.pytorch.strategies import DDPStrategy, FSDPStrategy, Strategy

from xray_resnet.machine import cpus_under_quota
from xray_resnet.precision import Precision
from xray_resnet.training.checkpoints import AtomicCheckpointIO
from xray_resnet.training.distributed import SynchroniseNorms
from xray_resnet.training.settings import TrainingSettings
from xray_resnet.training.watching import ImagesBar, is_watched

_LIGHTNING_NAMES: dict[Precision, Literal["32-true", "bf16-mixed"]] = {"fp32": "32-true", "bf16": "bf16-mixed"}
Plugin = CheckpointIO | ClusterEnvironment | LayerSync


def build_trainer(
    settings: TrainingSettings, *, callbacks: list[Callback], logger: Logger | Sequence[Logger] | None
) -> lightning.Trainer:
    """A trainer that writes what `callbacks` and `logger` write, with a bar on a terminal."""
    engine, processes = settings.engine, settings.processes
    return lightning.Trainer(
        accelerator=engine.device,
        devices=processes.devices,
        num_nodes=processes.nodes,
        strategy=_build_strategy(settings),
        sync_batchnorm=processes.count > 1 and engine.device != "cpu",
        # Ours share the images out, so that a step has the same as in one process.
        use_distributed_sampler=False,
        accumulate_grad_batches=settings.accumulate,
        max_epochs=settings.epochs,
        precision=_LIGHTNING_NAMES[engine.precision],
        plugins=[*_build_plugins(settings)],
        callbacks=[*callbacks, ImagesBar(settings.batch_size)] if is_watched() else callbacks,
        logger=logger or False,
        enable_progress_bar=is_watched(),
        enable_model_summary=False,
        num_sanity_val_steps=0,
        log_every_n_steps=1,
        enable_checkpointing=any(isinstance(callback, Checkpoint) for callback in callbacks),
    )


def _build_strategy(settings: TrainingSettings) -> Strategy | str:
    if settings.processes.count == 1:
        return "auto"
    if settings.sharded:
        return FSDPStrategy(state_dict_type="full")
    return DDPStrategy()


def _build_plugins(settings: TrainingSettings) -> Iterator[Plugin]:
    yield AtomicCheckpointIO()
    if settings.processes.count > 1 and settings.engine.device == "cpu":
        yield SynchroniseNorms()
    if SLURMEnvironment.detect():
        # Its own checkpoints would be others than ours, in another place.
        yield SLURMEnvironment(auto_requeue=False)


@contextmanager
def quiet_lightning() -> Iterator[None]:
    """Keeps Lightning's tips and hardware listings off the console, and three warnings that ask nothing of the user.

    One advises to load in more processes, one to average over processes what each has for all of them already, and one
    is about how Lightning calls torch.
    """
    loggers = [logging.getLogger(name) for name in ("lightning.pytorch", "lightning.fabric")]
    levels = [logger.level for logger in loggers]
    for logger in loggers:
        logger.setLevel(logging.WARNING)
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message=".*does not have many workers", category=PossibleUserWarning)
        warnings.filterwarnings("ignore", message=".*recommended to use `self.log", category=PossibleUserWarning)
        warnings.filterwarnings("ignore", message=".*LeafSpec.* is deprecated", category=FutureWarning)
        try:
            yield
        finally:
            for logger, level in zip(loggers, levels, strict=True):
                logger.setLevel(level)


@contextmanager
def interruptible(trainer: lightning.Trainer) -> Iterator[None]:
    """Turns Lightning's answer to Ctrl-C, an exit, back into KeyboardInterrupt; Ctrl-C works again afterwards."""
    in_main_thread = threading.current_thread() is threading.main_thread()
    handler = signal.getsignal(signal.SIGINT)
    try:
        yield
    except SystemExit:
        if trainer.interrupted:
            raise KeyboardInterrupt from None
        raise
    finally:
        if in_main_thread:
            signal.signal(signal.SIGINT, handler)


@contextmanager
def torch_threads(count: int) -> Iterator[None]:
    """Lets torch compute in `count` threads; 0 leaves its own choice, unless a CPU quota is tighter."""
    former = torch.get_num_threads()
    torch.set_num_threads(count or min(former, cpus_under_quota() or former))
    try:
        yield
    finally:
        torch.set_num_threads(former)
