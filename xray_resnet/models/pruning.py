"""Removing the units that strict identity has silenced, after training (ε-ResNet, Yu et al. 2018)."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack
from dataclasses import replace

import torch
from torch import Tensor

from xray_resnet.models.gates import StrictIdentity
from xray_resnet.models.preact_resnet import PreActResNet
from xray_resnet.models.units import Unit


@torch.inference_mode()
def find_silent_units(model: PreActResNet, batches: Iterable[Tensor]) -> tuple[int, ...]:
    """Numbers of the units whose branch no image needs: every response stays below ε.

    Args:
        model: In evaluation mode, with strict identity; without it no unit is silent.
        batches: Images (B, in_channels, H, W).
    """
    silent = {unit.place.number for unit, _ in _list_gates(model)}
    with ExitStack() as hooks:
        for unit, gate in _list_gates(model):
            hooks.callback(gate.register_forward_pre_hook(_listen(unit.place.number, silent)).remove)
        for batch in batches:
            model.forward_features(batch)
    return tuple(sorted(silent))


def _listen(number: int, silent: set[int]) -> Callable[[StrictIdentity, tuple[Tensor, Tensor, Tensor]], None]:
    """A hook of a gate, before its call: takes the unit's number from those that are silent if it is not."""

    def hear(gate: StrictIdentity, signals: tuple[Tensor, Tensor, Tensor]) -> None:
        if gate.lets_through(signals[1]).any():
            silent.discard(number)

    return hear


def remove_units(model: PreActResNet, numbers: Iterable[int]) -> PreActResNet:
    """The network without these units, with the weights of the others; equal to `model` where they are silent.

    Raises:
        ValueError: for a unit that is no identity when it is silent.
    """
    removed = tuple(sorted({*model.architecture.removed, *numbers}))
    pruned = PreActResNet(replace(model.architecture, removed=removed), num_findings=model.head.out_features)
    state = model.state_dict()
    pruned.load_state_dict({name: state[name] for name in pruned.state_dict()})
    return pruned.train(model.training)


def _list_gates(model: PreActResNet) -> Iterator[tuple[Unit, StrictIdentity]]:
    for unit in model.modules():
        if isinstance(unit, Unit):
            yield from ((unit, gate) for gate in unit.merge.steps if isinstance(gate, StrictIdentity))
