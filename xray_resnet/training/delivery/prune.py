"""Leaving out what a trained network does not use: the units that strict identity silences on all of its images."""

from collections.abc import Iterator

import numpy as np
import torch
from torch import Tensor

from xray_resnet.models import PreActResNet
from xray_resnet.models.pruning import find_silent_units, remove_units
from xray_resnet.training.task import Task

_BATCH = 32


def prune(model: PreActResNet, task: Task) -> PreActResNet:
    """The network without the units that no training or validation image needs; `model` if it has no strict identity.

    Args:
        model: In evaluation mode, on the CPU.
        task: Has the images.
    """
    if not model.architecture.list_removable():
        return model
    return remove_units(model, find_silent_units(model, _read_batches(task)))


def _read_batches(task: Task) -> Iterator[Tensor]:
    rows = np.concatenate([task.rows["train"], task.rows["val"]])
    for start in range(0, len(rows), _BATCH):
        images = [task.model_input(task.dataset.pixels(int(row))) for row in rows[start : start + _BATCH]]
        yield torch.from_numpy(np.stack(images)[:, None])
