"""From plain values to a network in training: its labels described, its loss and its schedule built."""

import math
from collections.abc import Callable

from torch import Tensor

from xray_resnet.models import PreActResNet
from xray_resnet.training.loading import count_draws
from xray_resnet.training.losses import LOSSES, describe_labels, start_at_base_rates
from xray_resnet.training.settings import TrainingSettings
from xray_resnet.training.steps.classifier import Classifier
from xray_resnet.training.steps.optimiser import Schedule
from xray_resnet.training.task import Task


def build_classifier(
    model: PreActResNet,
    task: Task,
    settings: TrainingSettings,
    *,
    batches_per_epoch: int,
    teacher: Callable[[Tensor], Tensor] | None = None,
) -> Classifier:
    """A network in training; a fresh head of `model` starts at the base rates of the task, in place.

    Args:
        model: With a logit for each finding of the task.
        task: Has the labels.
        settings: How it is trained.
        batches_per_epoch: From which the length of the schedule follows.
        teacher: As of `Classifier`.
    """
    labels = describe_labels(
        task.targets_of("train"), weigh=settings.positive_weighting, draws=count_draws(task, settings.sampling)
    )
    start_at_base_rates(model, labels.base_rates)
    return Classifier(
        model,
        findings=task.findings,
        schedule=build_schedule(settings, steps_per_epoch=math.ceil(batches_per_epoch / settings.accumulate)),
        loss=LOSSES[settings.loss](labels, **settings.loss_numbers),
        clip_norm=settings.clip_norm,
        consistency_weight=settings.consistency_weight,
        teacher=teacher,
        auxiliary_norm=settings.auxiliary_norm,
        mixup=settings.mixup,
        seed=settings.seed,
    )


def build_schedule(settings: TrainingSettings, *, steps_per_epoch: int) -> Schedule:
    """The optimiser and its learning rate over all epochs."""
    total = steps_per_epoch * settings.epochs
    return Schedule(
        settings.learning_rate,
        settings.weight_decay,
        warmup_steps=round(settings.warmup * total),
        total_steps=total,
        optimiser=settings.optimiser,
        momentum=settings.momentum,
    )
