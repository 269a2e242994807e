"""Networks and images for tests: weights as after training, units that stand alone."""

from typing import Any

import torch
from torch import nn

from xray_resnet.models import Architecture
from xray_resnet.models.parts import Place
from xray_resnet.models.units import Unit, build_unit


def randomise(model: nn.Module, seed: int = 0) -> nn.Module:
    """Every weight and statistic away from its start, in evaluation mode."""
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for name, tensor in model.state_dict().items():
            if name.endswith("running_var"):
                tensor.uniform_(0.5, 2.0, generator=generator)
            elif tensor.ndim >= 2:
                tensor.normal_(0.0, tensor[0].numel() ** -0.5, generator=generator)
            elif tensor.is_floating_point():
                tensor.add_(torch.randn(tensor.shape, generator=generator) * 0.1)
    return model.eval()


def draw_images(size: tuple[int, int], batch: int = 2, channels: int = 1, seed: int = 1) -> torch.Tensor:
    """(batch, channels, *size) normal numbers."""
    return torch.randn(batch, channels, *size, generator=torch.Generator().manual_seed(seed))


def make_unit(channels: int = 8, width: int = 8, *, stride: int = 1, place: Place | None = None, **parts: Any) -> Unit:
    """A unit with weights as after training; basic unless said otherwise."""
    unit = build_unit(
        Architecture(**{"block": "basic"} | parts), channels, width, stride=stride, place=place or Place(1, 1)
    )
    randomise(unit)
    return unit


def run_branch(unit: Unit, x: torch.Tensor) -> torch.Tensor:
    """The residual of an input."""
    for layer in unit.branch:
        x = layer(x)
    return x
