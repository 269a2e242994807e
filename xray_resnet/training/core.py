"""Training a network on a task: no configuration, no folder; callbacks and a logger keep what should be kept."""

from collections.abc import Callable, Sequence
from pathlib import Path

import torch
from lightning.pytorch.callbacks import Callback
from lightning.pytorch.loggers import Logger
from torch import Tensor

from xray_resnet.models import PreActResNet
from xray_resnet.training.averaging import AverageWeights
from xray_resnet.training.head import start_at_base_rates
from xray_resnet.training.loaders import build_loaders
from xray_resnet.training.losses import LOSSES, describe_labels
from xray_resnet.training.module import Classifier
from xray_resnet.training.optimiser import Schedule
from xray_resnet.training.randomness import SeedSteps
from xray_resnet.training.settings import TrainingSettings
from xray_resnet.training.stopping import StopEarly
from xray_resnet.training.task import Task
from xray_resnet.training.trainer import build_trainer, interruptible, quiet_lightning, torch_threads


def fit_network(
    model: PreActResNet,
    task: Task,
    settings: TrainingSettings,
    callbacks: Sequence[Callback] = (),
    *,
    logger: Logger | None = None,
    resume_from: Path | None = None,
) -> PreActResNet:
    """Trains `model` in place, from a checkpoint or from the start, to the last epoch or an early stop.

    Args:
        model: With a logit for each finding of the task.
        task: Images, targets and network input.
        settings: How.
        callbacks: Lightning's, called after those of the average and of early stopping.
        logger: Gets the metrics.
        resume_from: A checkpoint of a training with the same arguments.

    Returns:
        `model`, with the averaged weights of the last epoch if there is an average.

    Raises:
        UserError: if training diverged.
        KeyboardInterrupt: after Ctrl-C.
    """
    train_loader, val_loader = build_loaders(task, settings)
    labels = describe_labels(
        task.targets_of("train"), weigh=settings.positive_weighting, draws=task.draws_of(settings.sampling)
    )
    start_at_base_rates(model, labels.base_rates)
    average = AverageWeights(settings.ema_decay) if settings.ema_decay else None
    classifier = Classifier(
        model,
        findings=task.findings,
        schedule=_build_schedule(settings, steps_per_epoch=len(train_loader)),
        loss=LOSSES[settings.loss](labels, **settings.loss_numbers),
        clip_norm=settings.clip_norm,
        consistency_weight=settings.consistency_weight,
        teacher=_choose_teacher(settings, average),
        auxiliary_norm=settings.auxiliary_norm,
    )
    stop = StopEarly(task.monitor, patience=settings.patience, first_epoch=len(settings.first_sizes))
    averages = [] if average is None else [average]
    kept = [SeedSteps(settings.seed), *averages, stop, *callbacks]
    with quiet_lightning(), torch_threads(settings.threads), torch.random.fork_rng(devices=[]):
        trainer = build_trainer(settings.engine, settings.epochs, callbacks=kept, logger=logger)
        with interruptible(trainer):
            trainer.fit(classifier, train_loader, val_loader, ckpt_path=resume_from, weights_only=True)
    return model


def _build_schedule(settings: TrainingSettings, *, steps_per_epoch: int) -> Schedule:
    total = steps_per_epoch * settings.epochs
    return Schedule(settings.learning_rate, settings.weight_decay, round(settings.warmup * total), total)


def _choose_teacher(settings: TrainingSettings, average: AverageWeights | None) -> Callable[[Tensor], Tensor] | None:
    """What answers for clean images, if it is not the network itself."""
    if settings.robust != "consistency" or settings.teacher == "clean":
        return None
    assert average is not None, "the average is the teacher, and there is none"
    # A function is not copied with the module that holds it, as a bound method and its average would be.
    return lambda images: average.answer(images)
