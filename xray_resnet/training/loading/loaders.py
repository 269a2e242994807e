"""Batches of a task: training images shuffled and augmented, validation images in order."""

from typing import Any

import torch
from torch.utils.data import DataLoader

from xray_resnet.data import Batch, EpochSampler, LabelledImages
from xray_resnet.errors import UserError
from xray_resnet.scale.process import end_with_parent, keep_freed_memory, use_one_thread
from xray_resnet.training.loading.balance import count_draws
from xray_resnet.training.loading.batches import EpochBatches, ResumableLoader, SharedOrder
from xray_resnet.training.settings import TrainingSettings
from xray_resnet.training.task import Task


def build_loaders(task: Task, settings: TrainingSettings) -> tuple[ResumableLoader, DataLoader[Batch]]:
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
        known=task.known_of("train"),
        hide_facts=settings.hide_facts,
    )
    val = LabelledImages(
        task.dataset,
        task.rows["val"],
        targets=task.targets_of("val"),
        model_input=task.model_input,
        known=task.known_of("val"),
    )
    _refuse_too_few(len(train), settings)
    # A last batch of one image may have no variance to normalise by.
    drop_last = len(train) > settings.batch_size
    order = EpochSampler(len(train), shuffle=True, seed=settings.seed, draws=count_draws(task, settings.sampling))
    share = {"rank": settings.processes.rank, "processes": settings.processes.count}
    batches = EpochBatches(order, batch_size=settings.batch_size, drop_last=drop_last, **share)
    in_order = SharedOrder(EpochSampler(len(val), shuffle=False), **share)
    options = _choose_options(settings.workers)
    return (
        ResumableLoader(train, batches, **options),
        DataLoader(val, batch_size=settings.images_at_once, sampler=in_order, **options),
    )


def _refuse_too_few(images: int, settings: TrainingSettings) -> None:
    """Several processes must all have images of a batch."""
    if images < settings.batch_size and settings.processes.count > 1:
        raise UserError(
            f"there are {images} training images, fewer than the {settings.batch_size} of a batch that "
            f"{settings.processes.count} processes share; lower train.batch_size"
        )


def _choose_options(workers: int) -> dict[str, Any]:
    return {
        "num_workers": workers,
        # A fork would copy the locks of torch's running threads.
        "multiprocessing_context": "forkserver" if workers else None,
        "persistent_workers": workers > 0,
        "worker_init_fn": _prepare_worker,
        # Without one, the loader draws from torch's global state, although nothing depends on it.
        "generator": torch.Generator(),
    }


def _prepare_worker(_: int) -> None:
    """A loading process has one thread, keeps the memory of one image for the next, and ends when training does."""
    end_with_parent()
    use_one_thread()
    keep_freed_memory()
