"""Shortcuts: what becomes of the signal beside the branch (He et al. 2016b, table 1).

The paper finds that every kind but the identity, which leaves the signal alone (equations 4 and 5), trains worse.
"""

from collections.abc import Callable, Mapping

import torch
from torch import Tensor, nn
from torch.nn import functional

from xray_resnet.architecture import Architecture, Shortcut
from xray_resnet.models.parts import Shape
from xray_resnet.models.shape_changes import build_shape_change

Signals = tuple[Tensor, Tensor]
"""Branch and shortcut, both (B, C, H, W)."""


class Identity(nn.Module):
    """The input itself."""

    def forward(self, x: Tensor, activated: Tensor) -> Tensor:
        """(B, C, H, W) to the same."""
        return x


class Nothing(nn.Module):
    """Zero: the network is plain (He et al. 2016a, section 3.3)."""

    def forward(self, x: Tensor, activated: Tensor) -> Tensor:
        """(B, C, H, W) to (1,), which a sum with (B, C, H, W) spreads."""
        return x.new_zeros(1)


class ConstantScaling(nn.Module):
    """λ times the shortcut (He et al. 2016b, equation 6), and a constant times the branch.

    Args:
        shortcut: Of the shortcut.
        branch: Of the branch.
    """

    def __init__(self, *, shortcut: float, branch: float) -> None:
        super().__init__()
        self.shortcut, self.branch = shortcut, branch

    def forward(self, x: Tensor, branch: Tensor, shortcut: Tensor) -> Signals:
        """The unit's input, branch and shortcut to both signals, scaled."""
        return self.branch * branch, self.shortcut * shortcut


class Gating(nn.Module):
    """1 − g(x) times the shortcut, with g(x) = σ(W x + b) a 1×1 convolution (He et al. 2016b, section 3.1).

    Args:
        shape: Of the unit; the gate has the shape of its output.
        bias: At which b starts; −6 lets nearly all of the shortcut through.
        exclusive: Whether the branch is weighed by g(x); the shortcut alone is gated otherwise.
    """

    def __init__(self, shape: Shape, *, bias: float, exclusive: bool) -> None:
        super().__init__()
        self.exclusive = exclusive
        self.gate = nn.Conv2d(shape.in_channels, shape.out_channels, kernel_size=1, stride=shape.stride)
        nn.init.constant_(self.gate.bias, bias)  # type: ignore[arg-type]  # there is one

    def forward(self, x: Tensor, branch: Tensor, shortcut: Tensor) -> Signals:
        """The unit's input, branch and shortcut to both signals, gated."""
        gate = torch.sigmoid(self.gate(x))
        return gate * branch if self.exclusive else branch, (1 - gate) * shortcut


class Dropout(nn.Module):
    """Drops values of the shortcut in training (He et al. 2016b, figure 2f); what is left makes up for them.

    Args:
        rate: The share that is dropped.
    """

    def __init__(self, rate: float) -> None:
        super().__init__()
        self.rate = rate

    def forward(self, x: Tensor, branch: Tensor, shortcut: Tensor) -> Signals:
        """The unit's input, branch and shortcut to both signals."""
        return branch, functional.dropout(shortcut, self.rate, self.training)


Weigh = Callable[[Architecture, Shape], nn.Module]

SHORTCUTS: Mapping[Shortcut, Weigh | None] = {
    "identity": None,
    "none": None,
    "constant_scaling": lambda parts, shape: ConstantScaling(shortcut=parts.scale_shortcut, branch=parts.scale_branch),
    "exclusive_gating": lambda parts, shape: Gating(shape, bias=parts.gating_bias, exclusive=True),
    "shortcut_only_gating": lambda parts, shape: Gating(shape, bias=parts.gating_bias, exclusive=False),
    "1x1_convolution": None,
    "dropout": lambda parts, shape: Dropout(parts.dropout),
}
"""Kind → what weighs the signals before their sum; None: `build_shortcut` says all."""


def build_shortcut(parts: Architecture, shape: Shape, *, of_raw: bool) -> nn.Module:
    """What carries the signal beside the branch; called with the unit's input and the activated input.

    Args:
        parts: The architecture.
        shape: Of the unit.
        of_raw: Whether the branch does not begin with an activation.
    """
    if parts.shortcut == "none":
        return Nothing()
    if parts.shortcut == "1x1_convolution":
        return build_shape_change("projection", shape, of_raw=of_raw, blur_pool=parts.blur_pool)
    if shape.changes:
        return build_shape_change(parts.shape_change, shape, of_raw=of_raw, blur_pool=parts.blur_pool)
    return Identity()
