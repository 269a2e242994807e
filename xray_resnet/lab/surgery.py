"""Operations on a network's units that are undone afterwards: deleting, permuting, and choosing a way through each."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from typing import Literal

import torch
from torch import Tensor, nn

from xray_resnet.lab.experiment import NothingToStudyError
from xray_resnet.models import PreActResNet
from xray_resnet.models.shortcuts import Nothing
from xray_resnet.models.units import Merge, Unit

Way = Literal["branch", "shortcut"]
_Signals = tuple[Tensor, Tensor, Tensor]
"""A unit's input, its branch and its shortcut, as its merge gets them."""


def list_units(model: PreActResNet) -> list[Unit]:
    """The units in order.

    Raises:
        NothingToStudyError: if there is none.
    """
    units = [unit for unit in model.modules() if isinstance(unit, Unit)]
    if not units:
        raise NothingToStudyError("the network has no residual unit: there is nothing to study; give another run")
    return units


def list_stages(model: PreActResNet) -> list[list[Unit]]:
    """The units in order, stage by stage."""
    return [[unit for unit in stage.children() if isinstance(unit, Unit)] for stage in model.stages]


def keeps_shape(unit: Unit) -> bool:
    """Whether the unit's output has the shape of its input, so that the network can do without it."""
    layers = [layer for layer in nn.ModuleList(unit.branch).modules() if isinstance(layer, nn.Conv2d)]
    strides = all(layer.stride == (1, 1) for layer in layers)
    return strides and layers[0].in_channels == layers[-1].out_channels


def is_residual(unit: Unit) -> bool:
    """Whether something stands beside the branch."""
    return not isinstance(unit.projection, Nothing)


@contextmanager
def deleting(units: Iterable[Unit]) -> Iterator[None]:
    """While it lasts, these units give their shortcut alone; a plain unit gives its input (Veit et al. 2016, 4.1).

    What follows the sum, in orders where something does, stays.

    Raises:
        ValueError: for a plain unit that changes the shape.
    """
    with ExitStack() as hooks:
        for unit in units:
            if not is_residual(unit) and not keeps_shape(unit):
                raise ValueError(f"unit {unit.place.number} is plain and changes the shape: nothing can stand for it")
            change = _drop_branch if is_residual(unit) else _pass_input
            hooks.callback(unit.merge.register_forward_pre_hook(change).remove)
        yield


def _drop_branch(merge: Merge, signals: _Signals) -> _Signals:
    x, branch, shortcut = signals
    return x, torch.zeros_like(branch), shortcut


def _pass_input(merge: Merge, signals: _Signals) -> _Signals:
    x, _, shortcut = signals
    return x, x, shortcut


@contextmanager
def permuting(model: PreActResNet, orders: Mapping[int, Sequence[int]]) -> Iterator[None]:
    """While it lasts, the units of some stages stand in another order (Veit et al. 2016, section 4.3).

    Args:
        model: Of which.
        orders: Stage → positions of its units, in the new order; those that change the shape stay where they are.

    Raises:
        ValueError: for what is not a permutation.
    """
    before = {stage: dict(model.stages[stage].named_children()) for stage in orders}
    for stage, order in orders.items():
        if sorted(order) != [*range(len(before[stage]))]:
            raise ValueError(f"stage {stage}: {[*order]} is not an order of its {len(before[stage])} units")
    try:
        for stage, order in orders.items():
            names, units = [*before[stage]], [*before[stage].values()]
            model.stages[stage]._modules.update({name: units[place] for name, place in zip(names, order, strict=True)})
        yield
    finally:
        for stage, units_by_name in before.items():
            model.stages[stage]._modules.update(units_by_name)


@contextmanager
def routing(ways: Mapping[Unit, Way]) -> Iterator[None]:
    """While it lasts, the gradient takes one way through each of these units; values are those of the whole network.

    Each choice for all units is one of the 2ⁿ paths of the unravelled network (Veit et al. 2016, section 3): the sum of
    the gradients over all paths is the gradient.
    """
    with ExitStack() as hooks:
        for unit, way in ways.items():
            hooks.callback(unit.merge.register_forward_pre_hook(_WAYS[way]).remove)
        yield


def _take_branch(merge: Merge, signals: _Signals) -> _Signals:
    x, branch, shortcut = signals
    return x, branch, shortcut.detach()


def _take_shortcut(merge: Merge, signals: _Signals) -> _Signals:
    x, branch, shortcut = signals
    return x, branch.detach(), shortcut


_WAYS: Mapping[Way, Callable[[Merge, _Signals], _Signals]] = {"branch": _take_branch, "shortcut": _take_shortcut}
