"""The order of an epoch: which image comes in which place, decided by the seed and the epoch alone."""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
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
    """

    def __init__(self, count: int, *, shuffle: bool, seed: int = 0) -> None:
        self._count = count
        self._shuffle = shuffle
        self._seed = seed
        self._epoch = 0

    def set_epoch(self, epoch: int) -> None:
        """Chooses the epoch."""
        self._epoch = epoch

    def __len__(self) -> int:
        return self._count

    def __iter__(self) -> Iterator[Position]:
        order = np.arange(self._count)
        if self._shuffle:
            np.random.default_rng((self._seed, self._epoch)).shuffle(order)
        return (Position(self._epoch, int(index), place) for place, index in enumerate(order))
