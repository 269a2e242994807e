"""Small networks with a closed form, and images for them."""

from typing import Any

import torch
from torch import Tensor, nn

from xray_resnet.models import PreActResNet, build_model


def build(*, stages: tuple[int, ...] = (2, 2), seed: int = 0, **parts: Any) -> PreActResNet:
    """A fresh network of width 4 with the small stem, in evaluation mode; no branch starts at zero."""
    parts = {"zero_init": False, **parts}
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        return build_model(
            2 + 2 * sum(stages), num_findings=2, stages=stages, stem="small", base_width=4, **parts
        ).eval()


def linearise(model: nn.Module) -> None:
    """Takes what is not linear out, in place."""
    for layer in [*model.modules()]:
        for name, child in layer.named_children():
            if isinstance(child, nn.ReLU | nn.BatchNorm2d):
                setattr(layer, name, nn.Identity())


def draw_images(count: int = 3, *, seed: int = 0) -> Tensor:
    """(count, 1, 8, 8)."""
    return torch.randn(count, 1, 8, 8, generator=torch.Generator().manual_seed(seed))
