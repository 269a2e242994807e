"""Building networks by depth, with fresh weights."""

from typing import NamedTuple

from torch import nn

from xray_resnet.models.blocks import BasicBlock, Bottleneck
from xray_resnet.models.preact_resnet import PreActResNet
from xray_resnet.models.stems import STEMS


class Depth(NamedTuple):
    """The kind of unit and the number of units in each stage."""

    block: type[BasicBlock] | type[Bottleneck]
    blocks: tuple[int, int, int, int]


DEPTHS: dict[int, Depth] = {
    18: Depth(BasicBlock, (2, 2, 2, 2)),
    34: Depth(BasicBlock, (3, 4, 6, 3)),
    50: Depth(Bottleneck, (3, 4, 6, 3)),
    101: Depth(Bottleneck, (3, 4, 23, 3)),
    152: Depth(Bottleneck, (3, 8, 36, 3)),
}
"""He et al. 2016a, table 1."""


def build_model(
    depth: int = 50,
    in_channels: int = 1,
    num_findings: int = 14,
    *,
    stem: str = "imagenet",
    base_width: int = 64,
) -> PreActResNet:
    """A pre-activation ResNet with fresh weights, drawn from torch's current random state.

    Args:
        depth: 18, 34, 50, 101 or 152.
        in_channels: Channels of the image; 1 is grey.
        num_findings: Number of logits.
        stem: "imagenet" or "small".
        base_width: Channels of the first stage.

    Raises:
        ValueError: for a depth or stem that is not in the tables, or a size below 1.

    Example:
        >>> import torch
        >>> build_model(depth=18, num_findings=5)(torch.zeros(2, 1, 64, 64)).shape
        torch.Size([2, 5])
    """
    if depth not in DEPTHS or stem not in STEMS:
        raise ValueError(f"depth {depth}, stem {stem!r}: expected a depth of {[*DEPTHS]} and a stem of {[*STEMS]}")
    if min(in_channels, num_findings, base_width) < 1:
        raise ValueError(
            f"in_channels, num_findings and base_width are {in_channels, num_findings, base_width}, not ≥ 1"
        )
    block, blocks = DEPTHS[depth]
    model = PreActResNet(
        STEMS[stem](in_channels, base_width), block, blocks=blocks, width=base_width, num_findings=num_findings
    )
    _initialise(model)
    return model


def _initialise(model: PreActResNet) -> None:
    """He normal convolutions (He et al. 2015, fan-out), a small head, and residual branches that start at zero.

    With the last convolution of each branch at zero every unit without projection starts as the identity, which makes
    deep networks easy to start (Goyal et al. 2017, section 5.1, by the last normalisation; here the branch ends in a
    convolution).
    """
    for module in model.modules():
        if isinstance(module, nn.Conv2d):
            nn.init.kaiming_normal_(module.weight, mode="fan_out", nonlinearity="relu")
    for module in model.modules():
        if isinstance(module, BasicBlock | Bottleneck):
            nn.init.zeros_(module.last_convolution.weight)
    nn.init.normal_(model.head.weight, std=0.01)
    nn.init.zeros_(model.head.bias)
