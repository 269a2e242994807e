"""Residual units from parts: a branch, a shortcut, and what follows their sum.

The order of the layers is the subject of He et al. 2016b, figure 4. In the order of figure 4e nothing follows the sum,
so that the signal runs unchanged along the identity path, forwards (equation 4) and backwards (equation 5).
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from torch import Tensor, nn

from xray_resnet.models import architecture
from xray_resnet.models.layers import Activation, convolution
from xray_resnet.models.shortcuts import SHORTCUTS, Identity, NormalisedProjection

Layers = Iterator[tuple[str, nn.Module]]


class Convolution(NamedTuple):
    """What a convolution of a branch is made with."""

    in_channels: int
    out_channels: int
    kernel: int
    stride: int


class Place(NamedTuple):
    """Where a unit stands: the number-th of so many in the network, counted from 1."""

    number: int
    of: int


class Merge(nn.Module):
    """The sum of branch and shortcut, and what follows it.

    Args:
        after: What follows; nothing in pre-activation.
    """

    def __init__(self, after: nn.Module) -> None:
        super().__init__()
        self.after = after

    def forward(self, x: Tensor, branch: Tensor, shortcut: Tensor) -> Tensor:
        """The unit's input, its branch and its shortcut to its output, all (B, C, H, W) but for the first."""
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
    """

    def __init__(
        self,
        branch: Sequence[tuple[str, nn.Module]],
        shortcut: nn.Module,
        merge: nn.Module,
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
        self._first = 1 if activates_first else 0
        self._names = [name for name, _ in branch]

    @property
    def branch(self) -> list[nn.Module]:
        """The layers of the branch, in order."""
        return [getattr(self, name) for name in self._names]

    def forward(self, x: Tensor) -> Tensor:
        """(B, in_channels, H, W) to (B, out_channels, H/stride, W/stride)."""
        activated = residual = x
        for number, layer in enumerate(self.branch, start=1):
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


@dataclass(frozen=True)
class Order:
    """Where normalisation and ReLU stand.

    Attributes:
        lay: The layers of a branch, by name, from its convolutions.
        after: From channels to what follows the sum.
        stem: From channels to what follows the stem's convolution.
        final: From channels to what stands before pooling; the target of the class activation maps.
        activates_first: Whether a branch begins with the activation of the input, which projections take then.
    """

    lay: Callable[[Sequence[Convolution]], Layers]
    after: Callable[[int], nn.Module]
    stem: Callable[[int], nn.Module]
    final: Callable[[int], nn.Module]
    activates_first: bool


def _nothing(channels: int) -> nn.Module:
    return nn.Identity()


def _relu(channels: int) -> nn.Module:
    return nn.ReLU()


def _activate_then_convolve(convolutions: Sequence[Convolution]) -> Layers:
    """BN–ReLU–convolution, each time."""
    for number, one in enumerate(convolutions, start=1):
        yield f"activation{number}", Activation(one.in_channels)
        yield f"conv{number}", _convolve(one)


def _convolve_then_activate(convolutions: Sequence[Convolution]) -> Layers:
    """Convolution–BN–ReLU, each time."""
    for number, one in enumerate(convolutions, start=1):
        yield f"conv{number}", _convolve(one)
        yield f"activation{number}", Activation(one.out_channels)


def _convolve_then_normalise(convolutions: Sequence[Convolution]) -> Layers:
    """Convolution–BN–ReLU, without the last ReLU."""
    *layers, (name, _) = _convolve_then_activate(convolutions)
    yield from layers
    yield name, nn.BatchNorm2d(convolutions[-1].out_channels)


def _convolve_and_end(convolutions: Sequence[Convolution]) -> Layers:
    """Convolution–BN–ReLU, without the last BN–ReLU."""
    *layers, _ = _convolve_then_activate(convolutions)
    yield from layers


def _relu_first(convolutions: Sequence[Convolution]) -> Layers:
    """ReLU, then convolution–BN–ReLU without the last ReLU."""
    yield "activation0", nn.ReLU()
    yield from _convolve_then_normalise(convolutions)


def _convolve(one: Convolution) -> nn.Conv2d:
    return convolution(one.in_channels, one.out_channels, kernel=one.kernel, stride=one.stride)


ORDERS: Mapping[architecture.Order, Order] = {
    "preactivation": Order(_activate_then_convolve, _nothing, _nothing, Activation, activates_first=True),
    "original": Order(_convolve_then_normalise, _relu, Activation, _nothing, activates_first=False),
    "norm_after_sum": Order(_convolve_and_end, Activation, Activation, _nothing, activates_first=False),
    "relu_before_sum": Order(_convolve_then_activate, _nothing, Activation, _nothing, activates_first=False),
    "relu_preactivation": Order(_relu_first, _nothing, nn.BatchNorm2d, _relu, activates_first=True),
}
"""He et al. 2016b, figure 4: e, a, b, c and d."""

EXPANSION: Mapping[architecture.Block, int] = {"basic": 1, "bottleneck": 4}
"""Channels of a unit's output over its width."""


def build_unit(parts: architecture.Architecture, in_channels: int, width: int, *, stride: int, place: Place) -> Unit:
    """A unit of the architecture's kind.

    Args:
        parts: The architecture.
        in_channels: Channels of the unit's input.
        width: Channels of its 3×3 convolutions.
        stride: Stride of the first 3×3 convolution and of the shortcut.
        place: Where the unit stands.
    """
    order = ORDERS[parts.order]
    branch = [*order.lay(_list_convolutions(parts.block, in_channels, width, stride))]
    out_channels = width * EXPANSION[parts.block]
    shortcut: nn.Module = Identity()
    if stride > 1 or in_channels != out_channels:
        projects_raw = parts.shortcut == "projection" and not order.activates_first
        kind = NormalisedProjection if projects_raw else SHORTCUTS[parts.shortcut]
        shortcut = kind(in_channels, out_channels, stride=stride)
    merge = Merge(order.after(out_channels))
    return Unit(branch, shortcut, merge, activates_first=order.activates_first, place=place)


def _list_convolutions(block: architecture.Block, in_channels: int, width: int, stride: int) -> tuple[Convolution, ...]:
    if block == "basic":
        return Convolution(in_channels, width, 3, stride), Convolution(width, width, 3, 1)
    return (
        Convolution(in_channels, width, 1, 1),
        Convolution(width, width, 3, stride),
        Convolution(width, width * EXPANSION[block], 1, 1),
    )
