"""The order of an epoch: which image comes in which place, decided by the seed and the epoch alone."""

from collections import Counter
from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from torch.utils.data import Sampler


class Position(NamedTuple):
    """Which image of an epoch.

    Attributes:
        epoch: Counted from 0.
        item: The image, counted among the rows.
        place: In the order of the epoch, counted from 0.
        repeat: How often the epoch has had the image before.
    """

    epoch: int
    item: int
    place: int = 0
    repeat: int = 0

    @property
    def is_even(self) -> bool:
        """Whether the binary digits of the place hold an even number of ones (Thue-Morse).

        Of any two places that start at an even one, one is; and of every second place, as two processes share them
        out, every second one is. So half of a batch is, in any number of processes that is a power of two.
        """
        return self.place.bit_count() % 2 == 0


class EpochSampler(Sampler[Position]):
    """Positions of an epoch: in order, or in an order that depends on the seed and the epoch alone.

    Lightning calls `set_epoch` before each epoch, also after a run was resumed.

    Args:
        count: Images.
        shuffle: Whether the order is drawn.
        seed: With the epoch, decides what is drawn.
        draws: (count,) how often each image should be drawn, 1 on average, if it is shuffled; an epoch draws it that
            often rounded up or down. None: once.
    """

    def __init__(self, count: int, *, shuffle: bool, seed: int = 0, draws: NDArray[np.float64] | None = None) -> None:
        self._count = count
        self.shuffle = shuffle
        self._seed = seed
        self._draws = draws
        self._epoch = 0

    def set_epoch(self, epoch: int) -> None:
        """Chooses the epoch."""
        self._epoch = epoch

    def __len__(self) -> int:
        return self._count

    def __iter__(self) -> Iterator[Position]:
        order = self._draw_order().tolist()
        seen: Counter[int] = Counter()
        for place, item in enumerate(order):
            yield Position(self._epoch, item, place, seen[item])
            seen[item] += 1

    def _draw_order(self) -> NDArray[np.int64]:
        order = np.arange(self._count)
        if self.shuffle:
            generator = np.random.default_rng((self._seed, self._epoch))
            generator.shuffle(order)
            if self._draws is not None:
                order = order[draw_systematically(self._draws[order], generator)]
                generator.shuffle(order)
        return order


def draw_systematically(draws: NDArray[np.float64], generator: np.random.Generator) -> NDArray[np.int64]:
    """As many indices as there are images, each as often as `draws` says, rounded up or down (Madow 1949).

    Args:
        draws: (N,) how often each should be drawn, with a sum of N.
        generator: Draws where to begin; what is rounded up depends on it.

    Returns:
        (N,) indices, rising.
    """
    points = generator.random() + np.arange(len(draws))
    return np.searchsorted(np.cumsum(draws), points, side="right").clip(max=len(draws) - 1)
