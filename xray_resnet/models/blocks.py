"""Pre-activation residual units: x + F(x), with F = (BN–ReLU–conv) × 2 or × 3 (He et al. 2016b, figure 4e).

Nothing is applied to the sum, so that the signal runs unchanged along the identity path, forwards (equation 4) and
backwards (equation 5). Only where channels or stride change is the shortcut a 1×1 projection of the activated input.
"""

from torch import Tensor, nn


class Activation(nn.Sequential):
    """Batch normalisation, then ReLU; not in place, so that its output can be looked at later."""

    def __init__(self, channels: int) -> None:
        super().__init__(nn.BatchNorm2d(channels), nn.ReLU())


class BasicBlock(nn.Module):
    """Two 3×3 convolutions, as in ResNet-18 and -34.

    Args:
        in_channels: Channels of the input.
        width: Channels inside the block.
        stride: Stride of the first convolution and of the shortcut.
    """

    expansion = 1

    def __init__(self, in_channels: int, width: int, *, stride: int) -> None:
        super().__init__()
        self.activation1 = Activation(in_channels)
        self.conv1 = convolution(in_channels, width, kernel=3, stride=stride)
        self.activation2 = Activation(width)
        self.conv2 = convolution(width, width, kernel=3)
        self.projection = projection(in_channels, width * self.expansion, stride=stride)

    @property
    def last_convolution(self) -> nn.Conv2d:
        """The convolution whose output is added to the identity path."""
        return self.conv2

    def forward(self, x: Tensor) -> Tensor:
        """(B, in_channels, H, W) to (B, width, H/stride, W/stride)."""
        activated = self.activation1(x)
        residual = self.conv2(self.activation2(self.conv1(activated)))
        shortcut = x if self.projection is None else self.projection(activated)
        return residual + shortcut  # type: ignore[no-any-return]


class Bottleneck(nn.Module):
    """1×1, 3×3 and 1×1 convolutions, as in ResNet-50 and deeper; the output has four times the width.

    Args:
        in_channels: Channels of the input.
        width: Channels of the 3×3 convolution.
        stride: Stride of the 3×3 convolution and of the shortcut.
    """

    expansion = 4

    def __init__(self, in_channels: int, width: int, *, stride: int) -> None:
        super().__init__()
        self.activation1 = Activation(in_channels)
        self.conv1 = convolution(in_channels, width, kernel=1)
        self.activation2 = Activation(width)
        self.conv2 = convolution(width, width, kernel=3, stride=stride)
        self.activation3 = Activation(width)
        self.conv3 = convolution(width, width * self.expansion, kernel=1)
        self.projection = projection(in_channels, width * self.expansion, stride=stride)

    @property
    def last_convolution(self) -> nn.Conv2d:
        """The convolution whose output is added to the identity path."""
        return self.conv3

    def forward(self, x: Tensor) -> Tensor:
        """(B, in_channels, H, W) to (B, 4·width, H/stride, W/stride)."""
        activated = self.activation1(x)
        residual = self.conv2(self.activation2(self.conv1(activated)))
        residual = self.conv3(self.activation3(residual))
        shortcut = x if self.projection is None else self.projection(activated)
        return residual + shortcut  # type: ignore[no-any-return]


def convolution(in_channels: int, out_channels: int, *, kernel: int, stride: int = 1) -> nn.Conv2d:
    """A convolution that keeps the size at stride 1; no bias, because a normalisation follows."""
    return nn.Conv2d(in_channels, out_channels, kernel, stride, padding=kernel // 2, bias=False)


def projection(in_channels: int, out_channels: int, *, stride: int) -> nn.Conv2d | None:
    """The shortcut's 1×1 convolution where the shape changes; None is the identity."""
    if stride == 1 and in_channels == out_channels:
        return None
    return convolution(in_channels, out_channels, kernel=1, stride=stride)
