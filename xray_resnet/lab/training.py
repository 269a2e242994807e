"""Small networks that experiments train on the run's own dataset: side by side, each once, and kept for all of them."""

import json
from collections.abc import Hashable, Mapping
from dataclasses import asdict, dataclass
from functools import cached_property, partial
from pathlib import Path
from typing import Any, TypeVar

import torch

import xray_resnet.torch_compat  # noqa: F401  before lightning, whose metrics import torchvision

# isort: split
from lightning.pytorch.callbacks import Callback
from safetensors.torch import load_file, save_file

from xray_resnet.architecture import Architecture
from xray_resnet.errors import UserError
from xray_resnet.files import replacing, write_json
from xray_resnet.fingerprint import fingerprint
from xray_resnet.lab.bench import Bench
from xray_resnet.lab.scores import CHANCE
from xray_resnet.lab.small_networks import EpochLosses, ask, build_settings
from xray_resnet.metrics import macro_auroc
from xray_resnet.models import PreActResNet, build_model
from xray_resnet.scale import Limits, map_in_processes, resolve_workers
from xray_resnet.training.core import fit_network
from xray_resnet.training.task import Task

_SAID = "trained.json"
_LIMITS = Limits(silence_s=24 * 3600, memory_bytes=4 << 30)
"""A worker says nothing while it trains; it is killed when the experiment is interrupted."""
Key = TypeVar("Key", bound=Hashable)


@dataclass(frozen=True)
class Plan:
    """A network to train.

    Attributes:
        parts: The network.
        epochs: How long.
        seed: Of weights and order.
        callbacks: What else happens in training; each says in its `state_key` what it does.
    """

    parts: Architecture
    epochs: int
    seed: int
    callbacks: tuple[Callback, ...] = ()

    def describe(self) -> dict[str, Any]:
        """All that decides what comes of it, but for the task."""
        keys = [callback.state_key for callback in self.callbacks]
        return {"parts": asdict(self.parts), "epochs": self.epochs, "seed": self.seed, "callbacks": keys}

    @property
    def name(self) -> str:
        """Of its folder."""
        return fingerprint(self.describe())

    @property
    def work(self) -> int:
        """Units times epochs, which its time is about proportional to."""
        return sum(self.parts.stages) * self.epochs


@dataclass(frozen=True)
class Trained:
    """A network of an experiment.

    Attributes:
        model: In evaluation mode.
        losses: Training loss by epoch; shorter than asked for if training diverged.
        diverged: Whether it did.
        bench: Whose images judge it.
    """

    model: PreActResNet
    losses: list[float]
    diverged: bool
    bench: Bench

    @cached_property
    def auroc(self) -> float | None:
        """Macro AUROC on the subject's images; None if training diverged."""
        if self.diverged:
            return None
        return macro_auroc(self.bench.small_labels, ask(self.model, self.bench.small_images))

    @property
    def score(self) -> float:
        """The AUROC; chance if training diverged."""
        return CHANCE if self.auroc is None else self.auroc


def list_missing(bench: Bench, plans: Mapping[Key, Plan]) -> list[Plan]:
    """The plans that no experiment on this subject has trained yet, each once, the longest first."""
    wanted = {plan.name: plan for plan in plans.values()}
    missing = [plan for name, plan in wanted.items() if not (bench.networks / name / _SAID).is_file()]
    return sorted(missing, key=lambda plan: -plan.work)


def train_networks(bench: Bench, plans: Mapping[Key, Plan]) -> dict[Key, Trained]:
    """Trains networks on the training split of the subject's dataset, at 32², a process for each processor.

    Without augmentation; otherwise as `small_networks.build_settings` says. What was trained before, by whichever
    experiment, is read.

    Args:
        bench: Keeps them.
        plans: By what the experiment calls them.
    """
    missing = list_missing(bench, plans)
    if missing:
        train = partial(_train, folder=bench.networks, task=bench.task)
        workers = min(len(missing), resolve_workers(0))
        with bench.show("training", "networks") as progress:
            progress(0, len(missing))
            for done, _ in enumerate(map_in_processes(train, missing, workers=workers, limits=_LIMITS), start=1):
                progress(done, len(missing))
    return {key: _read(bench, plan) for key, plan in plans.items()}


def _read(bench: Bench, plan: Plan) -> Trained:
    folder = bench.networks / plan.name
    model = build_model(plan.parts, num_findings=len(bench.task.findings))
    model.load_state_dict(load_file(folder / "weights.safetensors"))
    said = json.loads((folder / _SAID).read_bytes())
    return Trained(model.eval(), said["losses"], bool(said["failure"]), bench)


def _train(plan: Plan, *, folder: Path, task: Task) -> None:
    """Trains and writes the weights, then what is said of them; a training that diverged is a result."""
    losses, failure = EpochLosses(), ""
    settings = build_settings(plan.epochs, plan.seed)
    with torch.random.fork_rng():
        torch.manual_seed(settings.seed)
        model = build_model(plan.parts, num_findings=len(task.findings))
    try:
        fit_network(model, task, settings, [losses, *plan.callbacks])
    except UserError as error:
        failure = str(error)
    place = folder / plan.name
    place.mkdir(parents=True, exist_ok=True)
    with replacing(place / "weights.safetensors") as temporary:
        save_file({key: value.contiguous() for key, value in model.state_dict().items()}, temporary)
    write_json(place / _SAID, {**plan.describe(), "losses": losses.values, "failure": failure})
