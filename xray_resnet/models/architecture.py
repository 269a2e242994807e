"""Architecture: a residual network in plain values, as a bundle keeps it."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any, Literal, NamedTuple, get_args

Block = Literal["basic", "bottleneck"]
Order = Literal["preactivation", "original", "norm_after_sum", "relu_before_sum", "relu_preactivation"]
Shortcut = Literal["projection", "padding"]
Stem = Literal["imagenet", "small"]

_MOST_UNITS = 10_000
_CONVOLUTIONS: Mapping[Block, int] = {"basic": 2, "bottleneck": 3}


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
}
"""He et al. 2016a, table 1."""


@dataclass(frozen=True)
class Architecture:
    """What a network is built from; findings and weights aside.

    Attributes:
        block: basic: two 3×3 convolutions a unit; bottleneck: 1×1, 3×3 and 1×1, with four times the width at the end.
        stages: Units of each stage, any number of stages; each after the first halves the size and doubles the width.
        order: Where normalisation and ReLU stand in a unit, `units.ORDERS`.
        shortcut: What a unit adds its branch to if the shape changes, `shortcuts.SHORTCUTS`.
        stem: Layers before the first unit, `stems.STEMS`.
        base_width: Channels of the stem and inside the units of the first stage.
        in_channels: Channels of the image; 1 is grey.
        ones_channel: Whether the network appends a channel of ones to the image (`pretrained.colours`).

    Raises:
        ValueError: for a word that is not in the tables, or a number below 1.
    """

    block: Block = "bottleneck"
    stages: tuple[int, ...] = (3, 4, 6, 3)
    order: Order = "preactivation"
    shortcut: Shortcut = "projection"
    stem: Stem = "imagenet"
    base_width: int = 64
    in_channels: int = 1
    ones_channel: bool = False

    def __post_init__(self) -> None:
        for name, words in (("block", Block), ("order", Order), ("shortcut", Shortcut), ("stem", Stem)):
            if getattr(self, name) not in get_args(words):
                raise ValueError(f"{name} is {getattr(self, name)!r:.40}, expected one of {', '.join(get_args(words))}")
        numbers = (*self.stages, self.base_width, self.in_channels)
        if not self.stages or any(type(number) is not int or number < 1 for number in numbers):
            names = f"stages {self.stages}, base_width {self.base_width}, in_channels {self.in_channels}"
            raise ValueError(f"{names}: expected whole numbers of at least 1")
        if type(self.ones_channel) is not bool:
            raise ValueError(f"ones_channel is {self.ones_channel!r:.40}, expected true or false")
        if sum(self.stages) > _MOST_UNITS:
            raise ValueError(f"{sum(self.stages)} units, expected at most {_MOST_UNITS}")

    @classmethod
    def of_depth(cls, depth: int, **others: Any) -> "Architecture":
        """The network of so many layers (`DEPTHS`).

        Raises:
            ValueError: for a depth that is not in the table.
        """
        if depth not in DEPTHS:
            raise ValueError(f"depth {depth}: expected one of {[*DEPTHS]}")
        block, stages = DEPTHS[depth]
        return cls(block=block, stages=stages, **others)

    @property
    def depth(self) -> int:
        """Layers with weights on the longest path: the stem, the convolutions of the branches, the head."""
        return 2 + _CONVOLUTIONS[self.block] * sum(self.stages)

    def to_json(self) -> dict[str, Any]:
        """Plain values, the depth first among them."""
        return {"depth": self.depth, **asdict(self), "stages": [*self.stages]}

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> "Architecture":
        """What `to_json` gave, or the arguments of `build_model` by depth that older bundles hold.

        Raises:
            ValueError: for values that describe no network.
            TypeError: for a name that is not known.
        """
        given = dict(values)
        depth = given.pop("depth", None)
        if "stages" not in given:
            return cls.of_depth(depth, **given)
        unknown = given.keys() - {item.name for item in fields(cls)}
        if unknown:
            raise TypeError(f"{min(unknown)!r:.40} is not a part of an architecture")
        architecture = cls(**{**given, "stages": tuple(given["stages"])})
        if depth not in (None, architecture.depth):
            raise ValueError(f"depth is {depth!r:.40}, its stages make {architecture.depth}")
        return architecture
