"""Orders: where normalisation and ReLU stand around the convolutions of a unit (He et al. 2016b, figure 4).

In the order of figure 4e nothing follows the sum, so that the signal runs unchanged along the identity path, forwards
(equation 4) and backwards (equation 5).
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from torch import nn

from xray_resnet import architecture
from xray_resnet.models.layers import Activation, BlurPool, convolution

Layers = Iterator[tuple[str, nn.Module]]


class Convolution(NamedTuple):
    """What a convolution of a branch is made with; before it, a blur subsamples if its stride is above 1."""

    in_channels: int
    out_channels: int
    kernel: int
    stride: int
    dilation: int = 1
    blur_stride: int = 1


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
        yield from _convolve(number, one)


def _convolve_then_activate(convolutions: Sequence[Convolution]) -> Layers:
    """Convolution–BN–ReLU, each time."""
    for number, one in enumerate(convolutions, start=1):
        yield from _convolve(number, one)
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


def _convolve(number: int, one: Convolution) -> Layers:
    if one.blur_stride > 1:
        yield f"blur{number}", BlurPool(one.blur_stride)
    yield (
        f"conv{number}",
        convolution(one.in_channels, one.out_channels, kernel=one.kernel, stride=one.stride, dilation=one.dilation),
    )


ORDERS: Mapping[architecture.Order, Order] = {
    "full_preactivation": Order(_activate_then_convolve, _nothing, _nothing, Activation, activates_first=True),
    "original": Order(_convolve_then_normalise, _relu, Activation, _nothing, activates_first=False),
    "bn_after_addition": Order(_convolve_and_end, Activation, Activation, _nothing, activates_first=False),
    "relu_before_addition": Order(_convolve_then_activate, _nothing, Activation, _nothing, activates_first=False),
    "relu_only_preactivation": Order(_relu_first, _nothing, nn.BatchNorm2d, _relu, activates_first=True),
}
"""He et al. 2016b, figure 4: e, a, b, c and d."""
