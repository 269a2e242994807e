"""The pre-activation ResNet: stem, four stages, a last BN–ReLU, average pooling and a linear head."""

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from xray_resnet.models.blocks import Activation, BasicBlock, Bottleneck


class PreActResNet(nn.Module):
    """A pre-activation residual network (He et al. 2016b) with one logit per finding.

    Args:
        stem: Layers from the image to the first stage, with `width` output channels.
        block: Kind of residual unit.
        blocks: Number of units in each stage.
        width: Channels of the first stage; each later stage doubles them.
        num_findings: Number of logits.

    Attributes:
        final: The activation before pooling; Grad-CAM's target.
    """

    def __init__(
        self,
        stem: nn.Sequential,
        block: type[BasicBlock] | type[Bottleneck],
        *,
        blocks: Sequence[int],
        width: int,
        num_findings: int,
    ) -> None:
        super().__init__()
        self.stem = stem
        self.stages = nn.Sequential()
        channels = width
        for number, count in enumerate(blocks):
            stage_width = width * 2**number
            stride = 1 if number == 0 else 2
            self.stages.append(_build_stage(block, channels, stage_width, count=count, stride=stride))
            channels = stage_width * block.expansion
        self.final = Activation(channels)
        self.head = nn.Linear(channels, num_findings)

    def forward(self, x: Tensor) -> Tensor:
        """Images (B, in_channels, H, W) to logits (B, num_findings)."""
        return self.forward_head(self.forward_features(x))

    def forward_features(self, x: Tensor) -> Tensor:
        """Images (B, in_channels, H, W) to the activation after the final BN–ReLU, (B, C, h, w)."""
        return self.final(self.stages(self.stem(x)))  # type: ignore[no-any-return]

    def forward_head(self, features: Tensor) -> Tensor:
        """Activation (B, C, h, w) to logits (B, num_findings): average over the positions, then the linear head."""
        return self.head(features.mean(dim=(2, 3)))  # type: ignore[no-any-return]

    def forward_with_maps(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Images (B, in_channels, H, W) to logits (B, F) and exact class activation maps (B, F, h, w).

        Because pooling and head are linear, each logit is the mean of its map plus the bias: the map is the logit's
        exact share of each position, without a gradient (Zhou et al., CVPR 2016, equation 2).
        """
        features = self.forward_features(x)
        maps = torch.einsum("bchw,fc->bfhw", features, self.head.weight)
        return self.forward_head(features), maps


def _build_stage(
    block: type[BasicBlock] | type[Bottleneck], in_channels: int, width: int, *, count: int, stride: int
) -> nn.Sequential:
    """`count` units, of which the first changes channels and stride."""
    first = block(in_channels, width, stride=stride)
    rest = [block(width * block.expansion, width, stride=1) for _ in range(count - 1)]
    return nn.Sequential(first, *rest)
