"""Training one cell and testing it; the result is kept in a file of its own."""

import json
import time
from pathlib import Path
from typing import Any

import numpy as np
import torch

import xray_resnet.torch_compat  # noqa: F401  before lightning, whose metrics import torchvision

# isort: split
from lightning.pytorch.callbacks import Callback

from docs.ablation.cells import Cell
from xray_resnet.errors import UserError
from xray_resnet.files import write_json
from xray_resnet.metrics import macro_auroc
from xray_resnet.models import PreActResNet, build_model
from xray_resnet.models.pruning import find_silent_units
from xray_resnet.store import open_dataset
from xray_resnet.torch_engine import Engine
from xray_resnet.training.core import fit_network
from xray_resnet.training.settings import TrainingSettings
from xray_resnet.training.task import Task, build_task

SIZE = 32
EPOCHS = 10
_BATCH = 200


class _Losses(Callback):
    """Keeps the training loss of each epoch."""

    def __init__(self) -> None:
        self.values: list[float] = []

    def on_train_epoch_end(self, trainer: Any, pl_module: Any) -> None:
        """Takes the loss of an epoch that is done."""
        self.values.append(float(trainer.callback_metrics["train_loss"]))


def build_settings(seed: int) -> TrainingSettings:
    """SGD of momentum 0.9, rate 0.1 and decay 1e-4 as in He et al. 2016b, appendix; nothing that helps besides."""
    return TrainingSettings(
        engine=Engine("cpu", "fp32"),
        epochs=EPOCHS,
        batch_size=32,
        optimiser="sgd",
        learning_rate=0.1,
        weight_decay=1e-4,
        positive_weighting=False,
        ema_decay=0.0,
        clip_norm=0.0,
        patience=EPOCHS,
        threads=1,
        seed=seed,
    )


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
    losses = _Losses()
    try:
        fit_network(model, task, settings, [losses])
    except UserError as error:
        return {"train_losses": losses.values, "test_auroc": None, "silent_units": None, "failure": str(error)}
    images = _read_test_images(task)
    with torch.inference_mode():
        logits = torch.cat([model.eval()(batch) for batch in images.split(_BATCH)]).numpy()
    silent = find_silent_units(model, images.split(_BATCH))
    score = macro_auroc(task.targets[task.dataset.indices("test")], logits)
    return {"train_losses": losses.values, "test_auroc": score, "silent_units": len(silent), "failure": ""}


def _read_test_images(task: Task) -> torch.Tensor:
    rows = task.dataset.indices("test")
    return torch.from_numpy(np.stack([task.model_input(task.dataset.pixels(int(row))) for row in rows])[:, None])
