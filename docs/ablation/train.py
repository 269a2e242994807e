"""Training one cell and testing it; the result is kept in a file of its own."""

import json
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import torch

from docs.ablation.cells import Cell
from xray_resnet.errors import UserError
from xray_resnet.files import write_json
from xray_resnet.lab import small_networks
from xray_resnet.lab.small_networks import BATCH_SIZE, SIZE, EpochLosses, ask, read_images
from xray_resnet.metrics import macro_auroc
from xray_resnet.models import PreActResNet, build_model
from xray_resnet.models.pruning import find_silent_units
from xray_resnet.store import open_dataset
from xray_resnet.training.core import fit_network
from xray_resnet.training.settings import TrainingSettings
from xray_resnet.training.task import Task, build_task

EPOCHS = 10


def build_settings(seed: int) -> TrainingSettings:
    """The papers' training, in one thread."""
    return replace(small_networks.build_settings(EPOCHS, seed), threads=1)


def train_cell(cell: Cell, *, dataset: Path, folder: Path) -> None:
    """Trains a cell and writes its result; one that is there is kept.

    Args:
        cell: What to train.
        dataset: The phantoms.
        folder: Gets the result, whole or not at all.
    """
    path = folder / f"{cell.name}.json"
    if path.is_file():
        return
    start = time.perf_counter()
    task = build_task(open_dataset(dataset), image_size=SIZE)
    with torch.random.fork_rng():
        torch.manual_seed(cell.seed)
        model = build_model(cell.architecture, num_findings=len(task.findings))
    result = _fit(model, task, build_settings(cell.seed))
    write_json(path, describe(cell) | result | {"seconds": round(time.perf_counter() - start, 1)})


def describe(cell: Cell) -> dict[str, Any]:
    """What a result says of its cell."""
    parts = cell.architecture
    named = {"depth": parts.depth, "order": parts.order, "shortcut": parts.shortcut, "gate": parts.gate}
    return {"study": cell.study, **named, "seed": cell.seed}


def read_results(folder: Path) -> list[dict[str, Any]]:
    """The results that are there, by name."""
    return [json.loads(path.read_bytes()) for path in sorted(folder.glob("*.json"))]


def _fit(model: PreActResNet, task: Task, settings: TrainingSettings) -> dict[str, Any]:
    """Training loss by epoch and test AUROC; null if training diverged."""
    losses = EpochLosses()
    try:
        fit_network(model, task, settings, [losses])
    except UserError as error:
        return {"train_losses": losses.values, "test_auroc": None, "silent_units": None, "failure": str(error)}
    rows = task.dataset.indices("test")
    images = read_images(task, rows)
    score = macro_auroc(task.targets[rows], ask(model.eval(), images))
    silent = find_silent_units(model, torch.split(images, BATCH_SIZE))
    return {"train_losses": losses.values, "test_auroc": score, "silent_units": len(silent), "failure": ""}
