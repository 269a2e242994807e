"""The stored images of some rows as a sequence, each read when it is looked at, and changed on the way if asked."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import overload

import numpy as np
from numpy.typing import NDArray

from xray_resnet.model_input import Pixels
from xray_resnet.store import Dataset
from xray_resnet.store.facts import read_facts

Change = Callable[[Pixels, int], Pixels]
"""Stored pixels (S, S) and their row in the dataset (which can seed what is drawn) to changed ones: of the same type,
or shares of the display range."""


@dataclass(frozen=True)
class StoredImages(Sequence[Pixels]):
    """Images of a dataset.

    Attributes:
        dataset: Has them.
        rows: (N,) which ones.
        change: Applied to each; None leaves it as it is stored.
    """

    dataset: Dataset
    rows: NDArray[np.int64]
    change: Change | None = None

    def read_facts(self, facts: Sequence[str]) -> NDArray[np.float32] | None:
        """(N, columns) what is known of them, for a network that takes facts; None for one that takes none."""
        return read_facts(self.dataset, self.rows, facts)

    def __len__(self) -> int:
        return len(self.rows)

    @overload
    def __getitem__(self, place: int) -> Pixels: ...
    @overload
    def __getitem__(self, place: slice) -> "StoredImages": ...
    def __getitem__(self, place: int | slice) -> "Pixels | StoredImages":
        if isinstance(place, slice):
            return StoredImages(self.dataset, self.rows[place], self.change)
        row = int(self.rows[place])
        pixels: Pixels = self.dataset.pixels(row)
        return self.change(pixels, row) if self.change else pixels
