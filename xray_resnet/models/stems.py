"""Stems: the layers between the image and the first residual unit."""

from collections.abc import Callable, Mapping

from torch import nn

from xray_resnet.models.architecture import Stem
from xray_resnet.models.layers import convolution


def imagenet_stem(in_channels: int, width: int, activation: nn.Module) -> nn.Sequential:
    """7×7 convolution of stride 2 and 3×3 max-pooling of stride 2 (He et al. 2016a, table 1): a quarter of the size."""
    pool = nn.MaxPool2d(kernel_size=3, stride=2, padding=1)
    return _join(convolution(in_channels, width, kernel=7, stride=2), activation, pool)


def small_stem(in_channels: int, width: int, activation: nn.Module) -> nn.Sequential:
    """3×3 convolution of stride 1 (He et al. 2016a, section 4.2), for small images: the same size."""
    return _join(convolution(in_channels, width, kernel=3), activation)


def _join(*layers: nn.Module) -> nn.Sequential:
    """The layers that do something, in order."""
    return nn.Sequential(*(layer for layer in layers if not isinstance(layer, nn.Identity)))


STEMS: Mapping[Stem, Callable[[int, int, nn.Module], nn.Sequential]] = {
    "imagenet": imagenet_stem,
    "small": small_stem,
}
"""Name → the stem, from channels of the image, width, and what follows the convolution in the network's order."""
