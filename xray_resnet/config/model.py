"""Section `model`: the network and the size of its input."""

from collections.abc import Iterator
from dataclasses import dataclass, field, fields
from typing import Any, Literal

from xray_resnet.architecture import (
    Architecture,
    FirstActivation,
    Gate,
    Order,
    ShapeChange,
    Shortcut,
    Stem,
    StrideOn,
)
from xray_resnet.bounds import bounded
from xray_resnet.facts import Fact

TIMM = "timm/"
"""Begins `model.weights` that timm publishes."""
SMALLEST_INPUT = 32
"""Least rows and columns of a network's input."""
SMALLEST_WIDTH = 8
"""With fewer channels, convolutions on some processors end the process."""


@dataclass
class ModelConfig:
    """The residual network; docs/networks.md has the equations."""

    depth: int = 50
    """Layers: 18, 34, 50, 101, 152 (He 2016a, table 1) or 200 (He 2016b); with the small stem also 6n + 2 or 9n + 2 in
    three stages (20 to 1001, He 2016a, section 4.2)."""
    block: Literal["auto", "basic", "bottleneck"] = "auto"
    """basic: two 3×3 convolutions a unit, 6n + 2; bottleneck: 1×1, 3×3 and 1×1, 9n + 2; auto: as the paper at that
    depth."""
    stages: tuple[int, ...] = ()
    """Units of each stage, for networks that no paper's depth gives; empty: as `depth` says. They must make the depth:
    [3, 3, 3, 3] is 38 layers of bottlenecks, or 26 of basic units."""
    dilated_stages: int = bounded(0, least=0)
    """Last stages that dilate their convolutions instead of halving the size (Yu 2016, arXiv 1511.07122): the same
    weights, and maps with twice the rows and columns for each stage. 1 makes 14 × 14 cells of an input of 224."""
    order: Order = "full_preactivation"
    """Where normalisation and ReLU stand (He 2016b, figure 4). original: 4a, He 2016a; bn_after_addition: 4b;
    relu_before_addition: 4c; relu_only_preactivation: 4d; full_preactivation: 4e."""
    shortcut: Shortcut = "identity"
    """What the shortcut does with the signal (He 2016b, table 1). identity; none: a plain network (He 2016a);
    constant_scaling: equation 6; exclusive_gating: as in highway networks (Srivastava 2015); shortcut_only_gating;
    1x1_convolution; dropout."""
    gate: Gate = "none"
    """What weighs branch and shortcut. none; scalar: a learned number a unit (Savarese 2016); strict_identity: a
    response below epsilon is zero, and units that have no other are removed after training (ε-ResNet, Yu 2018);
    decayed_identity: shortcuts fade linearly to alpha_min (Zhang 2024, arXiv 2404.10947)."""
    stem: Stem = "imagenet"
    """imagenet: 7×7 stride 2 and max-pooling; small: 3×3 stride 1."""
    base_width: int | None = None
    """Channels of the first stage, at least 8; null: 64, or 16 where depth is 6n + 2 or 9n + 2."""
    shape_change: ShapeChange = "projection"
    """What the shortcut is where the shape changes (He 2016a, section 3.3). projection: option B; padding: option A,
    without weights."""
    first_activation: FirstActivation = "in_branch"
    """Of full_preactivation and relu_only_preactivation. in_branch: the first unit's shortcut gets the bare stem, as in
    timm; before_split: the stem is activated first (He 2016b, appendix)."""
    stride_on: StrideOn = "3x3"
    """Convolution of a bottleneck that strides. 3x3: as in timm (Goyal 2017); 1x1: He 2016a."""
    zero_init: bool = True
    """Start branches at zero (Goyal 2017, section 5.1); false: like all weights (He 2016a)."""
    squeeze_excitation: bool = False
    """Weigh the channels of each branch (Hu 2018)."""
    blur_pool: bool = False
    """Blur before subsampling, in the stem's pooling and in strided units (Zhang 2019)."""
    stochastic_depth: float = bounded(0.0, least=0, below=1)
    """Probability that the last unit's branch is dropped in training, less in earlier ones (Huang 2016)."""
    gating_bias: float = bounded(-6.0, least=-100, most=100)
    """At which the bias of gating shortcuts starts; -6 was best (He 2016b, table 1)."""
    scale_shortcut: float = bounded(0.5, least=0, most=1)
    """Of constant_scaling (He 2016b, table 1)."""
    scale_branch: float = bounded(0.5, above=0, most=1)
    """Of constant_scaling; 0.5 or 1 (He 2016b, table 1)."""
    dropout: float = bounded(0.5, least=0, below=1)
    """Share of the shortcut's values that its dropout drops (He 2016b, table 1)."""
    epsilon: float = bounded(2.0, least=0)
    """Least response that strict_identity lets through; Yu 2018 has 2.5 on CIFAR-10, 1.8 to 2.1 on ImageNet."""
    alpha_min: float = bounded(0.7, least=0, most=1)
    """Weight of the last shortcut in decayed_identity; 0.6 to 0.8 in Zhang 2024."""
    recompute: bool = False
    """Drop activations in training and compute them again: less memory, a little more time."""
    image_size: int = bounded(224, least=SMALLEST_INPUT, most=8192)
    """Rows and columns of the network's input; stored images are resampled to it."""
    facts: tuple[Fact, ...] = ()
    """What the network is told beside the image: age, sex, view_position; a fact that is missing adds nothing to a
    score (Baltruschat et al. 2019). They say who is ill more often, and where films are taken: docs/facts.md."""
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

    def list_parts(self) -> dict[str, Any]:
        """The arguments of `Architecture.of_depth`; those that are left to it are not among them."""
        names = {"depth"} | {item.name for item in fields(Architecture)}
        given = {item.name: getattr(self, item.name) for item in fields(self) if item.name in names}
        return {name: value for name, value in given.items() if value not in (None, "auto", ())}

    def list_mistakes(self) -> Iterator[str]:
        """What makes no network, and what says how weights are loaded without naming them, or half of it."""
        yield from self._list_misfits()
        if not self.weights and (self.weights_mean or self.weights_std or self.weights_except):
            yield "weights is empty, expected what weights_mean, weights_std or weights_except speak of"
        if len(self.weights_mean) != len(self.weights_std):
            both = f"weights_mean is {self.weights_mean} and weights_std {self.weights_std}"
            yield f"{both}, expected one of each for a channel"
        if not all(value > 0 for value in self.weights_std):
            yield f"weights_std is {self.weights_std}, expected numbers above 0"

    def _list_misfits(self) -> Iterator[str]:
        """A width that is too small, a depth that no rule gives, or parts that do not fit together."""
        if self.base_width is not None and self.base_width < SMALLEST_WIDTH:
            yield f"base_width is {self.base_width}, expected at least {SMALLEST_WIDTH}"
        try:
            Architecture.of_depth(**self.list_parts())
        except ValueError as error:
            yield str(error)
