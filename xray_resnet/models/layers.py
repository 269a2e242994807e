"""The layers that every part is made of."""

from torch import Tensor, nn
from torch.nn import functional


class Activation(nn.Sequential):
    """Batch normalisation, then ReLU; in training in place: going back, the normalisation needs its input only."""

    def __init__(self, channels: int) -> None:
        super().__init__(nn.BatchNorm2d(channels), nn.ReLU())

    def forward(self, x: Tensor) -> Tensor:
        """(B, C, H, W) to the same."""
        normalised: Tensor = self[0](x)
        return normalised.relu_() if self.training else self[1](normalised)


def convolution(in_channels: int, out_channels: int, *, kernel: int, stride: int = 1, dilation: int = 1) -> nn.Conv2d:
    """A convolution that keeps the size at stride 1; no bias, because a normalisation follows."""
    padding = dilation * (kernel // 2)
    return nn.Conv2d(in_channels, out_channels, kernel, stride, padding=padding, dilation=dilation, bias=False)


class BlurPool(nn.Module):
    """Every stride-th pixel of the blurred image, so that what is finer does not alias (Zhang 2019).

    The blur is [1, 2, 1] / 4 along each axis, which is two means of two neighbours; the border is reflected. The
    authors' code has both, the filter under `filt_size=3`.
    """

    def __init__(self, stride: int) -> None:
        super().__init__()
        self.stride = stride

    def forward(self, x: Tensor) -> Tensor:
        """(B, C, H, W) to (B, C, ⌈H/stride⌉, ⌈W/stride⌉); H and W are at least 2."""
        means = functional.avg_pool2d(functional.pad(x, (1, 1, 1, 1), mode="reflect"), 2, stride=1)
        return functional.avg_pool2d(means, 2, stride=self.stride)


class SqueezeExcitation(nn.Module):
    """Weighs each channel by what all channels are on average (Hu et al. 2018, equations 2 to 4).

    It ends a branch, before the sum, as in the paper's figure 3.
    """

    REDUCTION = 16

    def __init__(self, channels: int) -> None:
        super().__init__()
        squeezed = max(1, channels // self.REDUCTION)
        self.excite = nn.Sequential(
            nn.Linear(channels, squeezed), nn.ReLU(), nn.Linear(squeezed, channels), nn.Sigmoid()
        )

    def forward(self, x: Tensor) -> Tensor:
        """(B, C, H, W) to the same."""
        weights: Tensor = self.excite(x.mean(dim=(2, 3)))
        return x * weights[:, :, None, None]
