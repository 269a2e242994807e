"""Small networks that experiments train on the run's own dataset, each once; what is trained is kept."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import torch

import xray_resnet.torch_compat  # noqa: F401  before lightning, whose metrics import torchvision

# isort: split
from lightning.pytorch.callbacks import Callback
from safetensors.torch import load_file, save_file

from xray_resnet.architecture import Architecture
from xray_resnet.errors import UserError
from xray_resnet.files import replacing, write_json
from xray_resnet.lab.bench import Bench
from xray_resnet.lab.scores import CHANCE
from xray_resnet.lab.small_networks import EpochLosses, ask, build_settings
from xray_resnet.metrics import macro_auroc
from xray_resnet.models import PreActResNet, build_model
from xray_resnet.training.core import fit_network
from xray_resnet.training.settings import TrainingSettings
from xray_resnet.training.task import Task


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

    @property
    def score(self) -> float:
        """The AUROC; chance if training diverged."""
        return CHANCE if self.auroc is None else self.auroc


def train_network(
    bench: Bench, name: str, parts: Architecture, *, epochs: int, seed: int, callbacks: Sequence[Callback] = ()
) -> Trained:
    """Trains a network on the training split of the subject's dataset, at 32², or reads what was trained before.

    Without augmentation; otherwise as `small_networks.build_settings` says.

    Args:
        bench: Keeps it under the name.
        name: Says all that matters.
        parts: The network.
        epochs: How long.
        seed: Of weights and order.
        callbacks: What else happens in training.
    """
    folder = bench.folder / "networks" / name
    if not (folder / "trained.json").is_file():
        folder.mkdir(parents=True, exist_ok=True)
        _train(folder, parts, bench.task, build_settings(epochs, bench.seed + seed), callbacks)
    model = build_model(parts, num_findings=len(bench.task.findings))
    model.load_state_dict(load_file(folder / "weights.safetensors"))
    said = json.loads((folder / "trained.json").read_bytes())
    auroc = None if said["failure"] else macro_auroc(bench.small_labels, ask(model.eval(), bench.small_images))
    return Trained(model.eval(), said["losses"], auroc)


def _train(
    folder: Path, parts: Architecture, task: Task, settings: TrainingSettings, callbacks: Sequence[Callback]
) -> None:
    """Trains and writes the weights, then what is said of them; a training that diverged is a result."""
    losses, failure = EpochLosses(), ""
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
