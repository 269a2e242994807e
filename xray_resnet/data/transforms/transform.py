"""What a random transform is: parameters drawn apart from what is done with them, so that it can be replayed."""

from collections.abc import Callable, Mapping
from typing import Any, Protocol

import numpy as np

from xray_resnet.data.degradations import Share

Parameters = Mapping[str, Any]
"""What was drawn, by the names of the keyword arguments of `apply`."""

_SEEDS = 2**63


class Transform(Protocol):
    """A degradation whose amount is drawn."""

    @property
    def moves(self) -> bool:
        """Whether it moves what the image shows, so that a clean view has it, too."""

    def draw(self, generator: np.random.Generator) -> Parameters:
        """Draws the parameters."""

    @property
    def apply(self) -> Callable[..., Share]:
        """(share, detector, **parameters) → the changed image, of the same shape; the parameters decide everything."""


def draw_log_uniform(generator: np.random.Generator, limits: tuple[float, float]) -> float:
    """A number whose logarithm is uniform between those of the limits."""
    return float(np.exp(generator.uniform(*np.log(limits))))


def draw_seed(generator: np.random.Generator) -> int:
    """The seed of a noise pattern."""
    return int(generator.integers(_SEEDS))
