"""Training a network on a task: no configuration, no folder; callbacks and a logger keep what should be kept."""

from collections.abc import Callable, Sequence
from pathlib import Path

import torch
from lightning.pytorch.callbacks import Callback
from lightning.pytorch.loggers import Logger
from torch import Tensor

from xray_resnet.models import PreActResNet
from xray_resnet.training.averaging import AverageEpochs, AverageWeights, find_soup, is_soup_better
from xray_resnet.training.loading import build_loaders
from xray_resnet.training.settings import TrainingSettings
from xray_resnet.training.steps import SeedSteps, build_classifier, naming_images
from xray_resnet.training.task import Task
from xray_resnet.training.trainer import build_trainer, interruptible, quiet_lightning, torch_threads
from xray_resnet.training.validation import StopEarly


def fit_network(
    model: PreActResNet,
    task: Task,
    settings: TrainingSettings,
    callbacks: Sequence[Callback] = (),
    *,
    logger: Logger | Sequence[Logger] | None = None,
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
        `model`, with the averaged weights of the last epoch if there is an average; with those of the last epochs if
        they are asked for and validation prefers them.

    Raises:
        UserError: if training diverged.
        KeyboardInterrupt: after Ctrl-C.
    """
    train_loader, val_loader = build_loaders(task, settings)
    average = AverageWeights(settings.ema_decay) if settings.ema_decay else None
    classifier = build_classifier(
        model, task, settings, batches_per_epoch=len(train_loader), teacher=_choose_teacher(settings, average)
    )
    stop = StopEarly(task.monitor, patience=settings.patience, first_epoch=len(settings.first_sizes))
    soup = [AverageEpochs(settings.soup_epochs)] if settings.soup_epochs else []
    kept = [SeedSteps(settings.seed), *filter(None, [average]), stop, *soup, *callbacks]
    with quiet_lightning(), torch_threads(settings.threads), torch.random.fork_rng(devices=[]):
        trainer = build_trainer(settings, callbacks=kept, logger=logger)
        with interruptible(trainer), naming_images(task.dataset, learning_rate=settings.learning_rate):
            trainer.fit(classifier, train_loader, val_loader, ckpt_path=resume_from, weights_only=True)
    if is_soup_better(trainer, task.monitor):
        model.load_state_dict(find_soup(trainer))
    return model


def _choose_teacher(settings: TrainingSettings, average: AverageWeights | None) -> Callable[[Tensor], Tensor] | None:
    """What answers for clean images, if it is not the network itself."""
    if settings.robust != "consistency" or settings.teacher == "clean":
        return None
    assert average is not None, "the average is the teacher, and there is none"
    # A function is not copied with the module that holds it, as a bound method and its average would be.
    return lambda images: average.answer(images)
