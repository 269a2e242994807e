"""Small networks for images of 32², and how He et al. trained theirs: what experiments and the ablation train."""

from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

import xray_resnet.torch_compat  # noqa: F401  before lightning, whose metrics import torchvision

# isort: split
from lightning.pytorch.callbacks import Callback

from xray_resnet.architecture import Architecture
from xray_resnet.models import PreActResNet
from xray_resnet.torch_engine import Engine
from xray_resnet.training.settings import TrainingSettings
from xray_resnet.training.task import Task

SIZE, WIDTH = 32, 8
EPOCHS = 8
"""Of an experiment's trainings, where the quick form needs no fewer."""
BATCH_SIZE = 200


def describe_network(depth: int, **parts: Any) -> Architecture:
    """A network of 6n + 2 layers as He et al. 2016a, section 4.2, builds it, with other parts where they are named.

    Padding where the shape changes, the stem activated before the first split, no branch that starts at zero.
    """
    return Architecture.of_depth(
        depth, stem="small", base_width=WIDTH, shape_change="padding", first_activation="before_split", zero_init=False,
        **parts,
    )  # fmt: skip


def build_settings(epochs: int, seed: int) -> TrainingSettings:
    """SGD of momentum 0.9, rate 0.1 and decay 1e-4 as in He et al. 2016b, appendix; nothing that helps besides.

    One thread: such networks are too small for two, and there is another to train beside each.
    """
    return TrainingSettings(
        engine=Engine("cpu", "fp32"),
        epochs=epochs,
        batch_size=32,
        optimiser="sgd",
        learning_rate=0.1,
        weight_decay=1e-4,
        positive_weighting=False,
        ema_decay=0.0,
        clip_norm=0.0,
        patience=epochs,
        threads=1,
        seed=seed,
    )


class EpochLosses(Callback):
    """Keeps the training loss of each epoch."""

    def __init__(self) -> None:
        self.values: list[float] = []

    def on_train_epoch_end(self, trainer: Any, pl_module: Any) -> None:
        """Takes the loss of an epoch that is done."""
        self.values.append(float(trainer.callback_metrics["train_loss"]))


def read_images(task: Task, rows: NDArray[np.int64]) -> torch.Tensor:
    """Images of the task's dataset as network input, (N, 1, S, S)."""
    return torch.from_numpy(np.stack([task.model_input(task.dataset.pixels(int(row))) for row in rows])[:, None])


@torch.inference_mode()
def ask(model: PreActResNet, images: torch.Tensor) -> NDArray[np.float32]:
    """(N, F) logits."""
    answers: NDArray[np.float32] = torch.cat([model(batch) for batch in torch.split(images, BATCH_SIZE)]).numpy()
    return answers
