"""Small networks that experiments train on the run's own dataset, each once; what is trained is kept."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

import xray_resnet.torch_compat  # noqa: F401  before lightning, whose metrics import torchvision

# isort: split
from lightning.pytorch.callbacks import Callback
from safetensors.torch import load_file, save_file

from xray_resnet.architecture import Architecture
from xray_resnet.errors import UserError
from xray_resnet.files import replacing, write_json
from xray_resnet.lab.bench import Bench
from xray_resnet.metrics import macro_auroc
from xray_resnet.models import PreActResNet, build_model
from xray_resnet.torch_engine import Engine
from xray_resnet.training.core import fit_network
from xray_resnet.training.settings import TrainingSettings
from xray_resnet.training.task import Task, build_task

SIZE, WIDTH = 32, 8


@dataclass(frozen=True)
class Trained:
    """A network of an experiment.

    Attributes:
        model: In evaluation mode.
        losses: Training loss by epoch; shorter than asked for if training diverged.
        auroc: Macro AUROC on the subject's images; None if training diverged.
    """

    model: PreActResNet
    losses: list[float]
    auroc: float | None


def describe_network(depth: int, **parts: Any) -> Architecture:
    """A network of 6n + 2 layers as He et al. 2016a, section 4.2, builds it, with other parts where they are named."""
    return Architecture.of_depth(
        depth, stem="small", base_width=WIDTH, shape_change="padding", first_activation="before_split", zero_init=False,
        **parts,
    )  # fmt: skip


def train_network(
    bench: Bench, name: str, parts: Architecture, *, epochs: int, seed: int, callbacks: Sequence[Callback] = ()
) -> Trained:
    """Trains a network on the training split of the subject's dataset, at 32², or reads what was trained before.

    SGD of momentum 0.9, rate 0.1 with warm-up and cosine, decay 1e-4, batches of 32 (He et al. 2016b, appendix); no
    augmentation, average or clipping.

    Args:
        bench: Keeps it under the name.
        name: Says all that matters.
        parts: The network.
        epochs: How long.
        seed: Of weights and order.
        callbacks: What else happens in training.
    """
    folder = bench.folder / "networks" / name
    task = read_task(bench)
    if not (folder / "trained.json").is_file():
        folder.mkdir(parents=True, exist_ok=True)
        _train(folder, parts, task, _settings(epochs, bench.seed + seed), callbacks)
    model = build_model(parts, num_findings=len(task.findings))
    model.load_state_dict(load_file(folder / "weights.safetensors"))
    said = json.loads((folder / "trained.json").read_bytes())
    auroc = None if said["failure"] else macro_auroc(read_labels(bench), ask(model.eval(), read_images(bench)))
    return Trained(model.eval(), said["losses"], auroc)


def read_task(bench: Bench) -> Task:
    """The findings that such networks learn."""
    return build_task(bench.subject.dataset, image_size=SIZE, findings=bench.subject.findings)


def read_images(bench: Bench) -> torch.Tensor:
    """The subject's images as input of such networks, (N, 1, 32, 32)."""
    task = read_task(bench)
    pixels = [task.dataset.pixels(int(row)) for row in bench.subject.rows]
    return torch.from_numpy(np.stack([task.model_input(image) for image in pixels])[:, None])


def read_labels(bench: Bench) -> NDArray[np.float32]:
    """The subject's labels, (N, F) of 1, 0 or NaN."""
    return read_task(bench).targets[bench.subject.rows]


@torch.inference_mode()
def ask(model: PreActResNet, images: torch.Tensor) -> NDArray[np.float32]:
    """(N, F) logits."""
    answers: NDArray[np.float32] = torch.cat([model(batch) for batch in torch.split(images, 200)]).numpy()
    return answers


def _settings(epochs: int, seed: int) -> TrainingSettings:
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
        seed=seed,
    )


class _Losses(Callback):
    def __init__(self) -> None:
        self.values: list[float] = []

    def on_train_epoch_end(self, trainer: Any, pl_module: Any) -> None:
        """Takes the loss of an epoch that is done."""
        self.values.append(float(trainer.callback_metrics["train_loss"]))


def _train(
    folder: Path, parts: Architecture, task: Task, settings: TrainingSettings, callbacks: Sequence[Callback]
) -> None:
    """Trains and writes the weights, then what is said of them; a training that diverged is a result."""
    losses, failure = _Losses(), ""
    with torch.random.fork_rng():
        torch.manual_seed(settings.seed)
        model = build_model(parts, num_findings=len(task.findings))
    try:
        fit_network(model, task, settings, [losses, *callbacks])
    except UserError as error:
        failure = str(error)
    with replacing(folder / "weights.safetensors") as temporary:
        save_file({key: value.contiguous() for key, value in model.state_dict().items()}, temporary)
    write_json(folder / "trained.json", {"losses": losses.values, "failure": failure})
