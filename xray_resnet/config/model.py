"""Section `model`: the network and the size of its input."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Literal

from xray_resnet.bounds import bounded

TIMM = "timm/"
"""Begins `model.weights` that timm publishes."""
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
    weights: str = ""
    """Where the first weights come from: timm/NAME (such as timm/resnetv2_50.a1h_in1k), a .safetensors file, or the
    folder of a run or bundle; empty: fresh weights."""
    weights_mean: list[float] = field(default_factory=list)
    """Mean of each channel, as a share of the display range, that a .safetensors file was trained with; empty: as the
    config.json beside it says."""
    weights_std: list[float] = field(default_factory=list)
    """Standard deviation of each channel that a .safetensors file was trained with."""
    weights_except: list[str] = field(default_factory=list)
    """Beginnings of the names of weights, such as stages.3, that need not fit and start fresh then; besides the
    classifier, no other may."""

    def list_mistakes(self) -> Iterator[str]:
        """What says how weights are loaded, without weights, or half of it."""
        if not self.weights and (self.weights_mean or self.weights_std or self.weights_except):
            yield "weights is empty, expected what weights_mean, weights_std or weights_except speak of"
        if len(self.weights_mean) != len(self.weights_std):
            both = f"weights_mean is {self.weights_mean} and weights_std {self.weights_std}"
            yield f"{both}, expected one of each for a channel"
        if not all(value > 0 for value in self.weights_std):
            yield f"weights_std is {self.weights_std}, expected numbers above 0"
