"""Residual units from parts: a branch, a shortcut, what weighs them, and what follows their sum."""

from collections.abc import Iterator, Sequence

import torch
from torch import Tensor, nn

from xray_resnet.architecture import EXPANSION, Architecture
from xray_resnet.models.gates import GATES, StochasticDepth
from xray_resnet.models.layers import Activation, SqueezeExcitation
from xray_resnet.models.orders import ORDERS, Convolution
from xray_resnet.models.parts import UNDILATED, Dilations, Place, Shape
from xray_resnet.models.recompute import Dropping, dropping
from xray_resnet.models.shortcuts import SHORTCUTS, build_shortcut


class Merge(nn.Module):
    """The sum of branch and shortcut, what weighs them before and what follows.

    Args:
        steps: Called in turn with the unit's input, branch and shortcut, for the last two as they go on.
        after: What follows the sum; nothing in pre-activation.
    """

    def __init__(self, steps: Sequence[nn.Module], after: nn.Module) -> None:
        super().__init__()
        self.steps = nn.ModuleList(steps)
        self.after = after

    def forward(self, x: Tensor, branch: Tensor, shortcut: Tensor) -> Tensor:
        """The unit's input, its branch and its shortcut to its output, all (B, C, H, W) but for the first."""
        for step in self.steps:
            branch, shortcut = step(x, branch, shortcut)
        return self.after(branch + shortcut)  # type: ignore[no-any-return]


class Unit(nn.Module):
    """A residual unit: merge(x, branch(x), shortcut(x, activated x)).

    The layers of the branch are the unit's own children, so that weights have the names they always had.

    Args:
        branch: The layers by name, in order.
        shortcut: Called with the input and the activated input.
        merge: Called with input, branch and shortcut.
        activates_first: Whether the branch's first layer is the activation of the input.
        place: Where the unit stands.

    Attributes:
        recompute: Whether activations are dropped in training and computed again in the backward pass.
    """

    def __init__(
        self,
        branch: Sequence[tuple[str, nn.Module]],
        shortcut: nn.Module,
        merge: Merge,
        *,
        activates_first: bool,
        place: Place,
    ) -> None:
        super().__init__()
        for name, layer in branch:
            self.add_module(name, layer)
        self.projection = shortcut
        self.merge = merge
        self.place = place
        self.recompute = False
        self._first = 1 if activates_first else 0
        self._names = [name for name, _ in branch]

    @property
    def branch(self) -> list[nn.Module]:
        """The layers of the branch, in order."""
        return [getattr(self, name) for name in self._names]

    def forward(self, x: Tensor) -> Tensor:
        """(B, in_channels, H, W) to (B, out_channels, H/stride, W/stride)."""
        if self.recompute and self.training and torch.is_grad_enabled():
            with dropping() as memory:
                return self._run(x, memory)
        return self._run(x)

    def _run(self, x: Tensor, memory: Dropping | None = None) -> Tensor:
        """The unit, with its activations dropped if there is a memory of recipes."""
        activated = residual = x
        for number, layer in enumerate(self.branch, start=1):
            if memory is not None and isinstance(layer, Activation):
                residual = memory.activate(layer, residual)
            else:
                residual = layer(residual)
            if number == self._first:
                activated = residual
        return self.merge(x, residual, self.projection(x, activated))  # type: ignore[no-any-return]

    def zero_branch(self) -> None:
        """Makes the branch give 0, by the last layer that has weights: the unit is its shortcut."""
        weighted = [layer for layer in nn.ModuleList(self.branch).modules() if isinstance(layer, _WEIGHTED)]
        nn.init.zeros_(weighted[-1].weight)
        if weighted[-1].bias is not None:
            nn.init.zeros_(weighted[-1].bias)


_WEIGHTED = (nn.Conv2d, nn.BatchNorm2d)


def build_unit(
    parts: Architecture,
    in_channels: int,
    width: int,
    *,
    stride: int,
    place: Place,
    dilations: Dilations = UNDILATED,
) -> Unit:
    """A unit of the architecture's kind.

    Args:
        parts: The architecture.
        in_channels: Channels of the unit's input.
        width: Channels of its 3×3 convolutions.
        stride: Stride of the branch and of the shortcut.
        place: Where the unit stands.
        dilations: Of its 3×3 convolutions.
    """
    order = ORDERS[parts.order]
    shape = Shape(in_channels, width * EXPANSION[parts.block], stride)
    activates_first = order.activates_first and not is_activated_before(parts, place)
    branch = [*order.lay([*_list_convolutions(parts, shape, width, dilations)])]
    if activates_first != order.activates_first:
        branch = branch[1:]
    if parts.squeeze_excitation:
        branch.append(("attention", SqueezeExcitation(shape.out_channels)))
    return Unit(
        branch,
        build_shortcut(parts, shape, of_raw=not order.activates_first),
        Merge([*_build_steps(parts, shape, place)], order.after(shape.out_channels)),
        activates_first=activates_first,
        place=place,
    )


def is_activated_before(parts: Architecture, place: Place) -> bool:
    """Whether the stem activates what this unit gets, before it splits into branch and shortcut."""
    return place.number == 1 and parts.first_activation == "before_split"


def _build_steps(parts: Architecture, shape: Shape, place: Place) -> Iterator[nn.Module]:
    """What weighs branch and shortcut: the kind of shortcut, the gate, stochastic depth."""
    if weigh := SHORTCUTS[parts.shortcut]:
        yield weigh(parts, shape)
    if gate := GATES[parts.gate](parts, shape, place):
        yield gate
    if parts.stochastic_depth > 0:
        yield StochasticDepth(parts.stochastic_depth, place)


def _list_convolutions(parts: Architecture, shape: Shape, width: int, dilations: Dilations) -> Iterator[Convolution]:
    """The branch's convolutions; where a blur strides, it stands before the one after that which would stride."""
    blur = False
    for one in _list_strided(parts, shape, width, dilations):
        yield one._replace(stride=1, blur_stride=shape.stride if blur else 1) if parts.blur_pool else one
        blur = one.stride > 1


def _list_strided(parts: Architecture, shape: Shape, width: int, dilations: Dilations) -> tuple[Convolution, ...]:
    if parts.block == "basic":
        return (
            Convolution(shape.in_channels, width, 3, shape.stride, dilations.before),
            Convolution(width, width, 3, 1, dilations.after),
        )
    on_3x3 = parts.stride_on == "3x3"
    strides = (1, shape.stride) if on_3x3 else (shape.stride, 1)
    return (
        Convolution(shape.in_channels, width, 1, strides[0]),
        Convolution(width, width, 3, strides[1], dilations.before if on_3x3 else dilations.after),
        Convolution(width, shape.out_channels, 1, 1),
    )
