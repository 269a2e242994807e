"""The cells of the ablation: which networks are trained, in the order in which they are.

All are small networks as the laboratory trains them, too.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product
from typing import Literal, get_args

from xray_resnet.architecture import Architecture, Gate, Order, Shortcut
from xray_resnet.lab.small_networks import describe_network

Study = Literal["depth", "parts"]

DEPTHS = (20, 56, 110)
DEPTH_SEEDS, PARTS_SEEDS = 3, 2


@dataclass(frozen=True)
class Cell:
    """A network to train.

    Attributes:
        study: depth: plain against residual; parts: order × shortcut × gate.
        architecture: Of the network.
        seed: Of weights and order of the images.
    """

    study: Study
    architecture: Architecture
    seed: int

    @property
    def name(self) -> str:
        """Names the file of its result."""
        parts = self.architecture
        return f"{self.study}-{parts.depth}-{parts.order}-{parts.shortcut}-{parts.gate}-{self.seed}"


def list_cells() -> list[Cell]:
    """Every cell; a seed of all before the next, so that an early stop leaves a whole table."""
    cells = [
        *(Cell("depth", parts, seed) for seed in range(DEPTH_SEEDS) for parts in _list_depths()),
        *(Cell("parts", parts, seed) for seed in range(PARTS_SEEDS) for parts in _list_parts()),
    ]
    return sorted(cells, key=lambda cell: cell.seed)


def _list_depths() -> Iterator[Architecture]:
    """He et al. 2016a, figure 6: the original order, plain and residual."""
    for depth, shortcut in product(DEPTHS, ("none", "identity")):
        yield describe_network(depth, order="original", shortcut=shortcut)


def _list_parts() -> Iterator[Architecture]:
    """He et al. 2016b, figure 4 × table 1 × later gates, without the combinations that make no network."""
    for order, shortcut, gate in product(get_args(Order), get_args(Shortcut), get_args(Gate)):
        try:
            yield describe_network(DEPTHS[0], order=order, shortcut=shortcut, gate=gate)
        except ValueError:
            continue
