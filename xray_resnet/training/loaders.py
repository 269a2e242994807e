"""Batches of a task: training images shuffled and augmented, validation images in order."""

import torch
from torch.utils.data import DataLoader

from xray_resnet.data import Batch, EpochSampler, LabelledImages
from xray_resnet.training.settings import TrainingSettings
from xray_resnet.training.task import Task


def build_loaders(task: Task, settings: TrainingSettings) -> tuple[DataLoader[Batch], DataLoader[Batch]]:
    """Loaders of the training images, shuffled and augmented, and of the validation images."""
    train = LabelledImages(
        task.dataset,
        task.rows["train"],
        targets=task.targets_of("train"),
        model_input=task.model_input,
        augmentation=settings.augmentation,
        robust=settings.robust,
        sizes=settings.first_sizes,
        seed=settings.seed,
    )
    val = LabelledImages(task.dataset, task.rows["val"], targets=task.targets_of("val"), model_input=task.model_input)
    order = EpochSampler(len(train), shuffle=True, seed=settings.seed, draws=task.draws_of(settings.sampling))
    return _build_loader(train, settings, order), _build_loader(val, settings, EpochSampler(len(val), shuffle=False))


def _build_loader(images: LabelledImages, settings: TrainingSettings, order: EpochSampler) -> DataLoader[Batch]:
    return DataLoader(
        images,
        batch_size=settings.batch_size,
        sampler=order,
        num_workers=settings.workers,
        # A fork would copy the locks of torch's running threads.
        multiprocessing_context="forkserver" if settings.workers else None,
        persistent_workers=settings.workers > 0,
        # A last batch of one image may have no variance to normalise by.
        drop_last=order.shuffle and len(images) > settings.batch_size,
        # Without one, the loader draws from torch's global state, although nothing depends on it.
        generator=torch.Generator(),
    )
