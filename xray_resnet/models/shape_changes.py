"""Changes of shape: what carries the signal past a branch that strides or widens.

Each gets the unit's input and the activated input. He et al. 2016a, section 3.3, names two: A pads with zeros, B
projects.
"""

from collections.abc import Callable, Mapping

from torch import Tensor, nn
from torch.nn import functional

from xray_resnet.architecture import ShapeChange
from xray_resnet.models.layers import BlurPool
from xray_resnet.models.parts import Shape


class Projection(nn.Conv2d):
    """A 1×1 convolution of the activated input (He et al. 2016a, option B)."""

    def __init__(self, shape: Shape) -> None:
        super().__init__(shape.in_channels, shape.out_channels, kernel_size=1, stride=shape.stride, bias=False)

    def forward(self, x: Tensor, activated: Tensor) -> Tensor:  # type: ignore[override]
        """(B, in_channels, H, W) to (B, out_channels, H/stride, W/stride)."""
        return super().forward(activated)


class NormalisedProjection(nn.Sequential):
    """A 1×1 convolution of the input and a batch normalisation, as in the original order (He et al. 2016a)."""

    def __init__(self, shape: Shape) -> None:
        convolution = nn.Conv2d(shape.in_channels, shape.out_channels, kernel_size=1, stride=shape.stride, bias=False)
        super().__init__(convolution, nn.BatchNorm2d(shape.out_channels))

    def forward(self, x: Tensor, activated: Tensor) -> Tensor:  # type: ignore[override]
        """(B, in_channels, H, W) to (B, out_channels, H/stride, W/stride)."""
        for layer in self:
            x = layer(x)
        return x


class Padding(nn.Module):
    """The input, every `stride`-th pixel of it, with channels of zeros appended (He et al. 2016a, option A)."""

    def __init__(self, shape: Shape) -> None:
        super().__init__()
        self.stride, self.more = shape.stride, shape.out_channels - shape.in_channels

    def forward(self, x: Tensor, activated: Tensor) -> Tensor:
        """(B, in_channels, H, W) to (B, out_channels, H/stride, W/stride)."""
        return functional.pad(x[:, :, :: self.stride, :: self.stride], (0, 0, 0, 0, 0, self.more))


class Blurred(nn.Module):
    """Blurs and subsamples, then changes the channels alone (Zhang 2019)."""

    def __init__(self, shape: Shape, change: Callable[[Shape], nn.Module]) -> None:
        super().__init__()
        self.blur = BlurPool(shape.stride)
        self.change = change(shape._replace(stride=1))

    def forward(self, x: Tensor, activated: Tensor) -> Tensor:
        """(B, in_channels, H, W) to (B, out_channels, H/stride, W/stride)."""
        blurred = self.blur(x)
        return self.change(blurred, blurred if activated is x else self.blur(activated))  # type: ignore[no-any-return]


SHAPE_CHANGES: Mapping[ShapeChange, Callable[[Shape], nn.Module]] = {"projection": Projection, "padding": Padding}
"""Kind → what stands on the shortcut of a unit that changes the shape."""


def build_shape_change(kind: ShapeChange, shape: Shape, *, of_raw: bool, blur_pool: bool) -> nn.Module:
    """What changes the shape.

    Args:
        kind: Of `SHAPE_CHANGES`.
        shape: From which to which.
        of_raw: Whether the branch does not begin with an activation; a projection is normalised then.
        blur_pool: Whether a blur goes before the subsampling.
    """
    change = NormalisedProjection if of_raw and kind == "projection" else SHAPE_CHANGES[kind]
    return Blurred(shape, change) if blur_pool and shape.stride > 1 else change(shape)
