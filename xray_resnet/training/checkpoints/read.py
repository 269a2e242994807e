"""Checkpoints read again, with `weights_only=True`; a run goes on with its own dataset only."""

from pathlib import Path
from typing import Any

import torch

from xray_resnet.errors import UserError

IDENTITY = "dataset"
"""Key of what identifies the dataset that a checkpoint was trained on."""


def read_checkpoint(path: Path) -> dict[str, Any]:
    """A checkpoint on the CPU, without unpickling code.

    Raises:
        UserError: if it cannot be read.
    """
    try:
        content: dict[str, Any] = torch.load(path, map_location="cpu", weights_only=True, mmap=True)
    except (OSError, RuntimeError, ValueError, KeyError) as error:
        raise UserError(f"{path}: not a whole checkpoint ({error}); start a new run") from None
    return content


def refuse_other_dataset(path: Path, dataset: dict[str, str]) -> None:
    """Refuses to go on with other data than the checkpoint was trained on.

    Raises:
        UserError: if they differ; names both.
    """
    trained_on = read_checkpoint(path)[IDENTITY]
    differences = [
        f"its {name} is {dataset[name]}, the run was trained with {trained_on[name]}"
        for name in dataset
        if dataset[name] != trained_on.get(name)
    ]
    if differences:
        raise UserError(f"{path}: the dataset is another one now: {'; '.join(differences)}; start a new run")
