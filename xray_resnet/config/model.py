"""Section `model`: the network and the size of its input."""

from dataclasses import dataclass
from typing import Literal

from xray_resnet.bounds import bounded

SMALLEST_INPUT = 32
"""Least rows and columns of a network's input."""


@dataclass
class ModelConfig:
    """The pre-activation ResNet (He et al. 2016b)."""

    depth: Literal[18, 34, 50, 101, 152] = 50
    """Layers; 18 and 34 use basic blocks, the others bottlenecks."""
    stem: Literal["imagenet", "small"] = "imagenet"
    """imagenet: 7×7 stride 2 and max-pooling; small: 3×3 stride 1."""
    base_width: int = bounded(64, least=8)
    """Channels of the first stage; with fewer than 8, convolutions on some processors end the process."""
    image_size: int = bounded(224, least=SMALLEST_INPUT, most=8192)
    """Rows and columns of the network's input; stored images are resampled to it."""
