"""Stems: the layers between the image and the first residual unit."""

from collections.abc import Callable, Mapping

from torch import nn

from xray_resnet.architecture import Architecture, Stem
from xray_resnet.models.layers import Activation, BlurPool, convolution
from xray_resnet.models.orders import ORDERS


def imagenet_stem(parts: Architecture, activation: nn.Module) -> nn.Sequential:
    """7×7 convolution of stride 2 and 3×3 max-pooling of stride 2 (He et al. 2016a, table 1): a quarter of the size."""
    return _join(_convolve(parts, kernel=7, stride=2), activation, *_build_pool(parts))


def small_stem(parts: Architecture, activation: nn.Module) -> nn.Sequential:
    """3×3 convolution of stride 1 (He et al. 2016a, section 4.2), for small images: the same size."""
    return _join(_convolve(parts, kernel=3), activation)


def _convolve(parts: Architecture, *, kernel: int, stride: int = 1) -> nn.Conv2d:
    return convolution(parts.in_channels + parts.ones_channel, parts.base_width, kernel=kernel, stride=stride)


def _build_pool(parts: Architecture) -> list[nn.Module]:
    """Max-pooling, or the densely evaluated maximum and a blur that strides (MaxBlurPool of Zhang 2019)."""
    if parts.blur_pool:
        return [nn.MaxPool2d(kernel_size=3, stride=1, padding=1), BlurPool(2)]
    return [nn.MaxPool2d(kernel_size=3, stride=2, padding=1)]


def _join(*layers: nn.Module) -> nn.Sequential:
    """The layers that do something, in order."""
    return nn.Sequential(*(layer for layer in layers if not isinstance(layer, nn.Identity)))


STEMS: Mapping[Stem, Callable[[Architecture, nn.Module], nn.Sequential]] = {
    "imagenet": imagenet_stem,
    "small": small_stem,
}
"""Name → the stem, from the architecture and what follows its convolution."""


def build_stem(parts: Architecture) -> nn.Sequential:
    """The stem; it activates if the network's order says so, or if the first unit does not."""
    order = ORDERS[parts.order]
    activates = order.activates_first and parts.first_activation == "before_split"
    return STEMS[parts.stem](parts, (Activation if activates else order.stem)(parts.base_width))
