"""What a training starts from: the network with its first weights, and the input that they were made for."""

import json
from dataclasses import asdict, dataclass, field, replace
from typing import Any

import torch

from xray_resnet.config import Config, ModelConfig
from xray_resnet.files import write_json
from xray_resnet.model_input import ModelInput
from xray_resnet.models import Architecture, PreActResNet, build_model
from xray_resnet.models.pretrained import Weights, load_weights
from xray_resnet.runs import Run
from xray_resnet.training.start.weights import find_weights
from xray_resnet.training.task import Task
from xray_resnet.training.watching import Announce


@dataclass(frozen=True)
class Start:
    """What a training starts from.

    Attributes:
        architecture: Of the network.
        model_input: From stored pixels to the network's input.
        pretraining: Where the first weights came from, and what became of them; empty if they are fresh.
    """

    architecture: Architecture
    model_input: ModelInput
    pretraining: dict[str, Any] = field(default_factory=dict)

    def write(self, run: Run) -> None:
        """Keeps it in the folder of the run: once resumed, it need not find the weights again."""
        write_json(run.start_file, asdict(self) | {"architecture": self.architecture.to_json()})

    @classmethod
    def read(cls, run: Run) -> "Start | None":
        """That of a run; None if nothing was kept, because its weights were fresh."""
        if not run.start_file.is_file():
            return None
        values = json.loads(run.start_file.read_bytes())
        architecture = Architecture.from_json(values["architecture"])
        return cls(architecture, ModelInput(**values["model_input"]), values["pretraining"])


def build_start(config: Config, task: Task, *, announce: Announce) -> tuple[PreActResNet, Start]:
    """A new network with the weights that `config.model.weights` names, or fresh ones that depend on the seed alone.

    The network keeps the normalisation of its input, unless that differs between colours: then the data set's own is
    kept, and the difference goes into the weights.

    Raises:
        UserError: if weights cannot be found, or do not fit.
    """
    architecture = build_architecture(config.model)
    if not config.model.weights:
        return build_fresh(architecture, task, seed=config.train.seed), Start(architecture, task.model_input)
    weights = find_weights(config.model)
    architecture = replace(architecture, ones_channel=weights.needs_ones)
    model = build_fresh(architecture, task, seed=config.train.seed)
    model_input = _take_over(task.model_input, weights)
    loaded = load_weights(
        model,
        weights,
        mean=model_input.mean,
        std=model_input.std,
        findings=task.findings,
        may_differ=config.model.weights_except,
    )
    announce(str(loaded))
    return model, Start(architecture, model_input, loaded.to_json())


def build_fresh(architecture: Architecture, task: Task, *, seed: int) -> PreActResNet:
    """A network with fresh weights that depend on the seed alone."""
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        return build_model(architecture, num_findings=len(task.findings))


def build_architecture(config: ModelConfig) -> Architecture:
    """The architecture that a configuration asks for, for grey images."""
    return Architecture.of_depth(**config.list_parts())


def _take_over(model_input: ModelInput, weights: Weights) -> ModelInput:
    """The normalisation that weights were trained with, if it is one for a grey image."""
    normalisation = weights.normalisation
    if normalisation is None or not normalisation.is_uniform:
        return model_input
    return replace(model_input, mean=normalisation.mean[0], std=normalisation.std[0])
