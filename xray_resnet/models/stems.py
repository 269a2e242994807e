"""Stems: the layers between the image and the first residual unit. No activation: the first unit brings its own."""

from collections.abc import Callable

from torch import nn

from xray_resnet.models.blocks import convolution


def imagenet_stem(in_channels: int, width: int) -> nn.Sequential:
    """7×7 convolution of stride 2 and 3×3 max-pooling of stride 2 (He et al. 2016a, table 1): a quarter of the size."""
    return nn.Sequential(
        convolution(in_channels, width, kernel=7, stride=2), nn.MaxPool2d(kernel_size=3, stride=2, padding=1)
    )


def small_stem(in_channels: int, width: int) -> nn.Sequential:
    """3×3 convolution of stride 1 (He et al. 2016a, section 4.2), for small images: the same size."""
    return nn.Sequential(convolution(in_channels, width, kernel=3))


STEMS: dict[str, Callable[[int, int], nn.Sequential]] = {"imagenet": imagenet_stem, "small": small_stem}
