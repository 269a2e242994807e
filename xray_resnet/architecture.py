"""Architecture: a residual network in plain values, as settings name it and a bundle keeps it. Needs no torch."""

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any, Literal, NamedTuple, get_args, get_origin

from xray_resnet.bounds import bounded, list_settings
from xray_resnet.facts import FACTS, Fact

Block = Literal["basic", "bottleneck"]
Order = Literal[
    "full_preactivation", "original", "bn_after_addition", "relu_before_addition", "relu_only_preactivation"
]
Shortcut = Literal[
    "identity", "none", "constant_scaling", "exclusive_gating", "shortcut_only_gating", "1x1_convolution", "dropout"
]
ShapeChange = Literal["projection", "padding"]
Gate = Literal["none", "scalar", "strict_identity", "decayed_identity"]
Stem = Literal["imagenet", "small"]
FirstActivation = Literal["in_branch", "before_split"]
StrideOn = Literal["3x3", "1x1"]

_MOST_UNITS = 10_000
_STEM_STRIDES: Mapping[Stem, int] = {"imagenet": 4, "small": 1}
_CONVOLUTIONS: Mapping[Block, int] = {"basic": 2, "bottleneck": 3}
EXPANSION: Mapping[Block, int] = {"basic": 1, "bottleneck": 4}
"""Channels of a unit's output over its width."""


class Depth(NamedTuple):
    """The kind of unit and the number of units in each stage."""

    block: Block
    stages: tuple[int, ...]


DEPTHS: dict[int, Depth] = {
    18: Depth("basic", (2, 2, 2, 2)),
    34: Depth("basic", (3, 4, 6, 3)),
    50: Depth("bottleneck", (3, 4, 6, 3)),
    101: Depth("bottleneck", (3, 4, 23, 3)),
    152: Depth("bottleneck", (3, 8, 36, 3)),
    200: Depth("bottleneck", (3, 24, 36, 3)),
}
"""He et al. 2016a, table 1; 200 from He et al. 2016b, section 5."""

WIDTH, CIFAR_WIDTH = 64, 16
"""Channels of the first stage in He et al. 2016a, table 1 and section 4.2."""

_CIFAR_BOTTLENECKS = (164,)
"""Depths that both rules give and He et al. 2016b, table 3, make of bottlenecks."""

_TUPLES = ("stages", "removed", "facts")
_FORMER_WORDS = {
    "preactivation": "full_preactivation",
    "norm_after_sum": "bn_after_addition",
    "relu_before_sum": "relu_before_addition",
    "relu_preactivation": "relu_only_preactivation",
}
"""Orders as older bundles name them."""


@dataclass(frozen=True)
class Architecture:
    """What a network is built from; findings and weights aside. `docs/networks.md` has the papers and equations.

    Attributes:
        block: basic: two 3×3 convolutions a unit; bottleneck: 1×1, 3×3 and 1×1, with four times the width at the end.
        stages: Units of each stage, any number of stages; each after the first halves the size and doubles the width.
        dilated_stages: Last stages that keep the size and dilate their convolutions: finer maps of the same weights.
        order: Where normalisation and ReLU stand in a unit, `orders.ORDERS`.
        shortcut: What the shortcut does with the signal, `shortcuts.SHORTCUTS`.
        stem: Layers before the first unit, `stems.STEMS`.
        base_width: Channels of the stem and inside the units of the first stage.
        in_channels: Channels of the image; 1 is grey.
        facts: What the network is told beside the image, in order, `facts.FACTS`.
        ones_channel: Whether the network appends a channel of ones to the image (`pretrained.colours`).
        shape_change: What stands on the shortcut of a unit that changes the shape, `shape_changes.SHAPE_CHANGES`.
        gate: What weighs branch and shortcut, `gates.GATES`.
        first_activation: Whether the first unit activates its input in its branch, or the stem before it splits.
        stride_on: The convolution of a bottleneck that strides.
        zero_init: Whether branches start at zero.
        squeeze_excitation: Whether a branch ends by weighing its channels.
        blur_pool: Whether a blur goes before each subsampling, but for the stem's convolution.
        stochastic_depth: Probability that the last unit's branch is dropped in training; linear from 0.
        gating_bias: Start of the bias of gating shortcuts.
        scale_shortcut: Of constant scaling.
        scale_branch: Of constant scaling.
        dropout: Share of the shortcut's values that its dropout drops.
        epsilon: Least response that strict identity lets through.
        alpha_min: Weight of the last shortcut in decayed identity.
        removed: Numbers of the units, counted from 1, that were discarded after training.

    Raises:
        ValueError: for a word that is not in the tables, a number out of its bounds, or parts that do not fit together.
    """

    block: Block = "bottleneck"
    stages: tuple[int, ...] = bounded((3, 4, 6, 3), least=1)
    order: Order = "full_preactivation"
    shortcut: Shortcut = "identity"
    stem: Stem = "imagenet"
    base_width: int = bounded(WIDTH, least=1)
    in_channels: int = bounded(1, least=1)
    ones_channel: bool = False
    facts: tuple[Fact, ...] = ()
    shape_change: ShapeChange = "projection"
    gate: Gate = "none"
    first_activation: FirstActivation = "in_branch"
    stride_on: StrideOn = "3x3"
    zero_init: bool = True
    squeeze_excitation: bool = False
    blur_pool: bool = False
    stochastic_depth: float = bounded(0.0, least=0, below=1)
    gating_bias: float = bounded(-6.0, least=-100, most=100)
    scale_shortcut: float = bounded(0.5, least=0, most=1)
    scale_branch: float = bounded(0.5, above=0, most=1)
    dropout: float = bounded(0.5, least=0, below=1)
    epsilon: float = bounded(2.0, least=0)
    alpha_min: float = bounded(0.7, least=0, most=1)
    removed: tuple[int, ...] = bounded((), least=1)
    dilated_stages: int = bounded(0, least=0)

    def __post_init__(self) -> None:
        if mistake := next(_list_wrong_values(self), None) or next(_list_misfits(self), None):
            raise ValueError(mistake)

    @classmethod
    def of_depth(
        cls,
        depth: int,
        *,
        block: Block | None = None,
        stages: tuple[int, ...] = (),
        stem: Stem = "imagenet",
        **others: Any,
    ) -> "Architecture":
        """The network of so many layers: of `DEPTHS`, or, with the small stem, a three-stage one of 6n + 2 or 9n + 2.

        Where both rules give the depth, its units are basic unless `block` says otherwise; but those of 164 layers are
        bottlenecks. Depths of `DEPTHS` have the stages of `DEPTHS` with either stem. Other `stages` make other
        networks, of the kind of units that gives the depth.

        Raises:
            ValueError: for a depth that no rule gives, or that is not that of the stages.
        """
        if stages:
            block = _find_block(depth, block, stages)
        elif depth in DEPTHS and block in (None, DEPTHS[depth].block):
            block, stages = DEPTHS[depth]
        else:
            block, stages = _count_cifar_units(depth, block, stem)
            others = {"base_width": CIFAR_WIDTH} | others
        return cls(block=block, stages=stages, stem=stem, **others)

    @property
    def depth(self) -> int:
        """Layers with weights on the longest path: the stem, the convolutions of the branches, the head."""
        return 2 + _CONVOLUTIONS[self.block] * (sum(self.stages) - len(self.removed))

    def list_removable(self) -> list[int]:
        """Numbers of the units that are identities if their response is zero: under strict_identity, at one shape."""
        firsts = [sum(self.stages[:stage]) + 1 for stage in range(len(self.stages))]
        changing = firsts[1:] if self.block == "basic" else firsts
        units = range(1, sum(self.stages) + 1) if self.gate == "strict_identity" else ()
        return [number for number in units if number not in changing]

    @property
    def stride(self) -> int:
        """Pixels of the input between neighbouring cells of the maps."""
        return int(_STEM_STRIDES[self.stem] * 2 ** (len(self.stages) - 1 - self.dilated_stages))

    @property
    def features(self) -> int:
        """Channels of the last stage, which the head sees pooled."""
        return int(self.base_width * 2 ** (len(self.stages) - 1) * EXPANSION[self.block])

    def find_dilation(self, stage: int) -> int:
        """How many cells apart the convolutions of a stage, counted from 0, read: each dilated stage doubles it."""
        return int(2 ** max(0, stage + 1 - (len(self.stages) - self.dilated_stages)))

    @property
    def starts_at_zero(self) -> bool:
        """Whether branches start at zero: not where nothing else reaches the sum, or where a zero never learns."""
        return self.zero_init and self.shortcut != "none" and self.gate != "strict_identity"

    def to_json(self) -> dict[str, Any]:
        """Plain values, the depth first among them."""
        return {"depth": self.depth, **asdict(self), **{name: [*getattr(self, name)] for name in _TUPLES}}

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> "Architecture":
        """What `to_json` gave, also in earlier releases, or the arguments of `build_model` that the first bundles hold.

        Raises:
            ValueError: for values that describe no network.
            TypeError: for a name that is not known.
        """
        given = _rename_former_words(values)
        depth = given.pop("depth", None)
        given |= {name: tuple(given[name]) for name in _TUPLES if name in given}
        if "stages" not in given:
            return cls.of_depth(depth, **given)
        unknown = given.keys() - {item.name for item in fields(cls)}
        if unknown:
            raise TypeError(f"{min(unknown)!r:.40} is not a part of an architecture")
        architecture = cls(**given)
        if depth not in (None, architecture.depth):
            raise ValueError(f"depth is {depth!r:.40}, its stages make {architecture.depth}")
        return architecture


def _count_cifar_units(depth: int, block: Block | None, stem: Stem) -> Depth:
    """He et al. 2016a, section 4.2, and He et al. 2016b, appendix: three stages of n units."""
    layers = {kind: 3 * convolutions for kind, convolutions in _CONVOLUTIONS.items()}
    fitting = [kind for kind in layers if depth > 2 and (depth - 2) % layers[kind] == 0 and block in (None, kind)]
    if stem != "small" or not fitting:
        small = "with the small stem also 6n + 2 (basic) or 9n + 2 (bottleneck)"
        raise ValueError(f"depth is {depth!r:.40}, expected one of {[*DEPTHS]}; {small}")
    kind = fitting[-1] if depth in _CIFAR_BOTTLENECKS else fitting[0]
    return Depth(kind, ((depth - 2) // layers[kind],) * 3)


def _find_block(depth: int, block: Block | None, stages: tuple[int, ...]) -> Block:
    """The units of which so many make the depth."""
    depths = {kind: 2 + convolutions * sum(stages) for kind, convolutions in _CONVOLUTIONS.items()}
    for kind in depths:
        if depths[kind] == depth and block in (None, kind):
            return kind
    made = ", ".join(f"{number} of {kind} units" for kind, number in depths.items())
    raise ValueError(f"depth is {depth!r:.40}, stages {[*stages]} make {made}")


def _rename_former_words(values: Mapping[str, Any]) -> dict[str, Any]:
    """Earlier releases called `shape_change` shortcut, and had their own words for the orders."""
    given = dict(values)
    if given.get("shortcut") in get_args(ShapeChange):
        given["shape_change"] = given.pop("shortcut")
    if isinstance(given.get("order"), str):
        given["order"] = _FORMER_WORDS.get(given["order"], given["order"])
    return given


def _list_wrong_values(architecture: Architecture) -> Iterator[str]:
    for setting in list_settings(Architecture):
        value = getattr(architecture, setting.key)
        if get_origin(setting.kind) is Literal and value not in get_args(setting.kind):
            yield f"{setting.key} is {value!r:.40}, expected one of {', '.join(get_args(setting.kind))}"
        elif setting.kind is bool and type(value) is not bool:
            yield f"{setting.key} is {value!r:.40}, expected true or false"
        elif setting.bounds and not (_is_of_kind(value, setting.kind) and value in setting.bounds):
            numbers = "numbers" if setting.kind is float else "whole numbers"
            yield f"{setting.key} is {value!r:.40}, expected {numbers}, {setting.bounds}"


def _is_of_kind(value: Any, kind: Any) -> bool:
    """Whether it is a number, or numbers, of that kind; whole numbers are numbers, truth values are not."""
    if get_origin(kind) is tuple:
        return isinstance(value, tuple) and all(type(item) is int for item in value)
    return type(value) is int or (kind is float and type(value) is float)


def _list_misfits(architecture: Architecture) -> Iterator[str]:
    units = sum(architecture.stages)
    if not 1 <= units <= _MOST_UNITS:
        yield f"stages are of {units} units, expected at least 1 and at most {_MOST_UNITS}"
    if architecture.dilated_stages >= len(architecture.stages):
        most = len(architecture.stages) - 1
        yield f"dilated_stages is {architecture.dilated_stages}, expected at most {most}: the first stage never strides"
    if len(set(architecture.facts)) < len(architecture.facts) or not set(architecture.facts) <= set(FACTS):
        yield f"facts is {[*architecture.facts]!r:.80}, expected some of {', '.join(FACTS)}, each once"
    if architecture.shortcut == "none" and (architecture.gate != "none" or architecture.stochastic_depth > 0):
        yield "shortcut is none, where gate must be none and stochastic_depth 0: they weigh a branch beside a shortcut"
    if architecture.gate == "strict_identity" and architecture.shortcut != "identity":
        yield f"gate is strict_identity, where shortcut must be identity, not {architecture.shortcut}"
    if architecture.gate == "strict_identity" and architecture.order == "bn_after_addition":
        yield "gate is strict_identity, where order must not be bn_after_addition: the unit is not an identity"
    removed = set(architecture.removed)
    if len(removed) < len(architecture.removed) or not removed <= {*architecture.list_removable()}:
        yield f"removed is {architecture.removed!r:.40}, expected distinct units that strict_identity lets be removed"
