"""Shortcuts: what a unit adds its branch to. Each gets the unit's input and the activated input.

Where the shape stays, every kind is the identity, which leaves the signal alone (He et al. 2016b, equations 4 and 5).
"""

from collections.abc import Callable, Mapping

from torch import Tensor, nn
from torch.nn import functional

from xray_resnet.models.architecture import Shortcut


class Identity(nn.Module):
    """The input itself."""

    def forward(self, x: Tensor, activated: Tensor) -> Tensor:
        """(B, C, H, W) to the same."""
        return x


class Projection(nn.Conv2d):
    """A 1×1 convolution of the activated input (He et al. 2016a, option B)."""

    def __init__(self, in_channels: int, out_channels: int, *, stride: int) -> None:
        super().__init__(in_channels, out_channels, kernel_size=1, stride=stride, bias=False)

    def forward(self, x: Tensor, activated: Tensor) -> Tensor:  # type: ignore[override]
        """(B, in_channels, H, W) to (B, out_channels, H/stride, W/stride)."""
        return super().forward(activated)


class NormalisedProjection(nn.Sequential):
    """A 1×1 convolution of the input and a batch normalisation, as in the original order (He et al. 2016a)."""

    def __init__(self, in_channels: int, out_channels: int, *, stride: int) -> None:
        convolution = nn.Conv2d(in_channels, out_channels, kernel_size=1, stride=stride, bias=False)
        super().__init__(convolution, nn.BatchNorm2d(out_channels))

    def forward(self, x: Tensor, activated: Tensor) -> Tensor:  # type: ignore[override]
        """(B, in_channels, H, W) to (B, out_channels, H/stride, W/stride)."""
        for layer in self:
            x = layer(x)
        return x


class Padding(nn.Module):
    """The input, every `stride`-th pixel of it, with channels of zeros appended (He et al. 2016a, option A)."""

    def __init__(self, in_channels: int, out_channels: int, *, stride: int) -> None:
        super().__init__()
        self.stride, self.more = stride, out_channels - in_channels

    def forward(self, x: Tensor, activated: Tensor) -> Tensor:
        """(B, in_channels, H, W) to (B, out_channels, H/stride, W/stride)."""
        return functional.pad(x[:, :, :: self.stride, :: self.stride], (0, 0, 0, 0, 0, self.more))


SHORTCUTS: Mapping[Shortcut, Callable[..., nn.Module]] = {"projection": Projection, "padding": Padding}
"""Kind → what stands on the shortcut of a unit that changes the shape."""
