"""The weights that a training would deliver now: the averaged ones if there is an average, else the current ones."""

import lightning
from lightning.pytorch.strategies import FSDPStrategy
from torch import Tensor

from xray_resnet.training.averaging.moving_average import AverageWeights
from xray_resnet.training.steps import Classifier

_NETWORK = "model."
"""Begins the names of the network's weights within `Classifier`."""


def gather_delivered(trainer: lightning.Trainer, module: lightning.LightningModule) -> dict[str, Tensor]:
    """The network's weights that `find_delivered` finds, by name, put together if each process has a part of them."""
    if not isinstance(trainer.strategy, FSDPStrategy):
        return dict(find_delivered(trainer, module).model.state_dict())
    state = trainer.strategy.lightning_module_state_dict()
    return {name.removeprefix(_NETWORK): weight for name, weight in state.items() if name.startswith(_NETWORK)}


def find_delivered(trainer: lightning.Trainer, module: lightning.LightningModule) -> Classifier:
    """The averaged weights if there is an average, else the current ones."""
    callbacks = trainer.callbacks  # type: ignore[attr-defined]  # a connector sets them, untyped
    averages = [callback for callback in callbacks if isinstance(callback, AverageWeights)]
    classifier = averages[0].averaged if averages else module
    assert isinstance(classifier, Classifier)
    return classifier
