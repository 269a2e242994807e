"""The residual network: stem, stages of units, what stands before pooling, average pooling and a linear head."""

from contextlib import AbstractContextManager, nullcontext

import torch
from torch import Tensor, nn

from xray_resnet.architecture import EXPANSION, Architecture
from xray_resnet.facts import count_columns
from xray_resnet.models.orders import ORDERS
from xray_resnet.models.parts import Dilations, Place
from xray_resnet.models.stems import build_stem
from xray_resnet.models.units import Unit, build_unit


class PreActResNet(nn.Module):
    """A residual network with one logit per finding; in pre-activation (He et al. 2016b), unless built otherwise.

    Args:
        architecture: What it is built from.
        num_findings: Number of logits.

    Attributes:
        architecture: The same.
        final: What stands before pooling; the target of the maps.
        facts_head: The classifier's part for facts beside the image; None if the architecture takes none.
    """

    def __init__(self, architecture: Architecture, *, num_findings: int) -> None:
        super().__init__()
        self.architecture = architecture
        self.stem = build_stem(architecture)
        self.stages = nn.Sequential()
        channels, before = architecture.base_width, 0
        for stage, count in enumerate(architecture.stages):
            places = [Place(before + number, sum(architecture.stages)) for number in range(1, count + 1)]
            self.stages.append(_build_stage(architecture, channels, stage, places))
            channels = architecture.base_width * 2**stage * EXPANSION[architecture.block]
            before += count
        self.final = ORDERS[architecture.order].final(channels)
        self.head = nn.Linear(channels, num_findings)
        self.facts_head = None
        if architecture.facts:
            self.facts_head = nn.Linear(count_columns(architecture.facts), num_findings, bias=False)

    def recompute_activations(self, wanted: bool = True) -> None:
        """Lets the units drop their activations in training and compute them again: less memory, a little more time."""
        for unit in self.modules():
            if isinstance(unit, Unit):
                unit.recompute = wanted

    def forward(self, x: Tensor, facts: Tensor | None = None) -> Tensor:
        """Images (B, in_channels, H, W), and facts as `add_facts` takes them, to logits (B, num_findings)."""
        return self.add_facts(self.forward_head(self.forward_features(x)), facts)

    def forward_features(self, x: Tensor) -> Tensor:
        """Images (B, in_channels, H, W) to the activation before pooling, (B, C, h, w)."""
        if self.architecture.ones_channel:
            x = torch.cat([x, torch.ones_like(x[:, :1])], dim=1)
        return self.final(self.stages(self.stem(x)))  # type: ignore[no-any-return]

    def forward_head(self, features: Tensor) -> Tensor:
        """Activation (B, C, h, w) to logits (B, num_findings): average over the positions, then the linear head.

        Both are computed in the precision of the head's weights, also under autocast: in bf16, logits have eight
        significant bits, and many images share one.
        """
        with _without_autocast(features.device.type):
            return self.head(self.pool(features))  # type: ignore[no-any-return]

    def pool(self, features: Tensor) -> Tensor:
        """Activation (B, C, h, w) to its average over the positions (B, C), in the precision of the head's weights."""
        return features.to(self.head.weight.dtype).mean(dim=(2, 3))

    def add_facts(self, logits: Tensor, facts: Tensor | None) -> Tensor:
        """Logits (B, F) of images with the share of what else is known of them.

        The classifier sees pooled features and facts side by side (Baltruschat et al. 2019, Sci Rep 9:6381); because
        it is linear, it is the sum of one of each.

        Args:
            logits: (B, F).
            facts: (B, `count_columns`) as `encode_facts` gives them; None: nothing is known.
        """
        if self.facts_head is None or facts is None:
            return logits
        with _without_autocast(logits.device.type):
            return logits + self.facts_head(facts.to(self.facts_head.weight.dtype))  # type: ignore[no-any-return]

    def forward_with_maps(self, x: Tensor, facts: Tensor | None = None) -> tuple[Tensor, Tensor]:
        """Images (B, in_channels, H, W) to logits (B, F) and exact class activation maps (B, F, h, w).

        Because pooling and head are linear, each logit is the mean of its map plus the bias and the share of the
        facts: the map is the logit's exact share of each position, without a gradient (Zhou et al., CVPR 2016).
        """
        logits, maps, _ = self.forward_all(x, facts)
        return logits, maps

    def forward_all(self, x: Tensor, facts: Tensor | None = None) -> tuple[Tensor, Tensor, Tensor]:
        """`forward_with_maps`, and the pooled features (B, C) that the linear head sees."""
        features = self.forward_features(x)
        with _without_autocast(features.device.type):
            maps = torch.einsum("bchw,fc->bfhw", features.to(self.head.weight.dtype), self.head.weight)
            pooled = self.pool(features)
            logits = self.head(pooled)
        return self.add_facts(logits, facts), maps, pooled


def _without_autocast(device: str) -> AbstractContextManager[object]:
    """Suspends autocast if it is on; else nothing, which an exported graph need not know of."""
    return torch.autocast(device, enabled=False) if torch.is_autocast_enabled(device) else nullcontext()


def _build_stage(architecture: Architecture, in_channels: int, stage: int, places: list[Place]) -> nn.Sequential:
    """The units of a stage, counted from 0, of which the first changes channels and size; none that was removed.

    A unit has the name that it has where none is removed.
    """
    width, dilation = architecture.base_width * 2**stage, architecture.find_dilation(stage)
    first = Dilations(dilation if stage == 0 else architecture.find_dilation(stage - 1), dilation)
    units = nn.Sequential()
    for position, place in enumerate(places):
        before = in_channels if position == 0 else width * EXPANSION[architecture.block]
        stride = 2 if position == 0 and stage > 0 and dilation == 1 else 1
        dilations = first if position == 0 else Dilations(dilation, dilation)
        if place.number not in architecture.removed:
            unit = build_unit(architecture, before, width, stride=stride, place=place, dilations=dilations)
            units.add_module(str(position), unit)
    return units
