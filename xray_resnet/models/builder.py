"""Building networks, with fresh weights."""

from typing import Any

from torch import nn

from xray_resnet.architecture import Architecture
from xray_resnet.models.preact_resnet import PreActResNet
from xray_resnet.models.units import Unit


def build_model(
    depth: int | Architecture = 50,
    in_channels: int = 1,
    num_findings: int = 14,
    **parts: Any,
) -> PreActResNet:
    """A residual network with fresh weights, drawn from torch's current random state.

    Args:
        depth: 18, 34, 50, 101, 152 or 200; with stem="small" also 6n + 2 or 9n + 2, in three stages of width 16 (20 …
            1001, `Architecture.of_depth`); or an `Architecture`, which says everything but the number of findings.
        in_channels: Channels of the image; 1 is grey.
        num_findings: Number of logits.
        parts: The other fields of `Architecture`: order, shortcut, gate, stem, base_width and more.

    Raises:
        ValueError: for a depth or a word that is not in the tables, or a number out of its bounds.
        TypeError: for a part that is not known.

    Example:
        >>> import torch
        >>> build_model(depth=18, num_findings=5)(torch.zeros(2, 1, 64, 64)).shape
        torch.Size([2, 5])
    """
    if num_findings < 1:
        raise ValueError(f"num_findings is {num_findings}, not ≥ 1")
    if isinstance(depth, Architecture):
        architecture = depth
    else:
        architecture = Architecture.of_depth(depth, in_channels=in_channels, **parts)
    model = PreActResNet(architecture, num_findings=num_findings)
    _initialise(model)
    return model


def _initialise(model: PreActResNet) -> None:
    """He normal convolutions (He et al. 2015, fan-out), a small head, and residual branches that start at zero.

    With the last weights of each branch at zero every unit without projection starts as the identity, which makes deep
    networks easy to start (Goyal et al. 2017, section 5.1, by the last normalisation; in pre-activation the branch ends
    in a convolution). He et al. start them like the others: `zero_init=False`.
    """
    for module in model.modules():
        if isinstance(module, nn.Conv2d):
            nn.init.kaiming_normal_(module.weight, mode="fan_out", nonlinearity="relu")
    for module in model.modules():
        if isinstance(module, Unit) and model.architecture.starts_at_zero:
            module.zero_branch()
    nn.init.normal_(model.head.weight, std=0.01)
    nn.init.zeros_(model.head.bias)
    if model.facts_head is not None:
        nn.init.zeros_(model.facts_head.weight)
