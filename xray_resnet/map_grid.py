"""The grid of a network's maps: where in an image each cell looks."""

from dataclasses import dataclass
from functools import cached_property
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

Point = tuple[float, float]
"""x, y in pixels."""
T = TypeVar("T", bound=np.generic)

FIELD_CENTRE = 0.5
"""Pixels between the edge of the input and the centre of the first cell's receptive field."""


@dataclass(frozen=True)
class MapGrid:
    """The cells of maps, in pixels of a square image.

    Every layer that strides is padded by half its kernel, so that the receptive field of cell j of an axis has its
    centre on pixel j · stride of the network's input (Araujo et al., Computing Receptive Fields of Convolutional Neural
    Networks, Distill 2019), and not half a stride further, in the middle of the j-th of equal tiles. Training may move
    what a cell looks at within its field, so that this offset is measured (`Network.measure_offset`).

    Attributes:
        cells: Rows and columns.
        size: Rows and columns of the image.
        spacing: Pixels of the image between the centres of neighbouring cells.
        first: Pixels between the edge of the image and the centre of the first cell.
    """

    cells: tuple[int, int]
    size: int
    spacing: float
    first: float

    @classmethod
    def under(
        cls,
        image_size: int,
        *,
        cells: tuple[int, int],
        input_size: int,
        stride: int,
        offset: float = FIELD_CENTRE,
    ) -> "MapGrid":
        """The grid of maps of an image that was resampled for the network.

        Args:
            image_size: Rows and columns of the image.
            cells: Rows and columns of the maps.
            input_size: Rows and columns of the network's input.
            stride: Pixels of the input between neighbouring cells.
            offset: Pixels of the input between its edge and what the first cell looks at.
        """
        scale = image_size / input_size
        return cls(cells, image_size, stride * scale, offset * scale)

    def find_peaks(self, maps: NDArray[np.generic]) -> NDArray[np.float32]:
        """Centres (x, y) of the strongest cells of maps (…, h, w): (…, 2)."""
        row, column = np.divmod(maps.reshape(*maps.shape[:-2], -1).argmax(axis=-1), self.cells[1])
        return np.asarray(self.first + self.spacing * np.stack([column, row], axis=-1), np.float32)

    def list_centres(self) -> list[Point]:
        """Centres of all cells, row by row: all that a peak can be."""
        rows, columns = (self._centres(count).tolist() for count in self.cells)
        return [(x, y) for y in rows for x in columns]

    def count_pixels(self, mask: NDArray[np.bool_]) -> NDArray[np.float64]:
        """How many pixels of a mask (size, size) are nearest to each cell, (h, w)."""
        rows, columns = self._membership
        return np.asarray(rows @ mask @ columns.T)

    def spread(self, cells: NDArray[T]) -> NDArray[T]:
        """Cells (h, w) over the pixels that are nearest to each, (size, size)."""
        return cells[np.ix_(*self._nearest)]

    @cached_property
    def _membership(self) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Of rows and of columns (count, size): 1 where a pixel is nearest to a cell."""
        rows, columns = (np.eye(count)[:, places] for count, places in zip(self.cells, self._nearest, strict=True))
        return rows, columns

    @cached_property
    def _nearest(self) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
        """The cell that is nearest to each row of pixels, and to each column (size,)."""
        middles = np.arange(self.size) + 0.5
        rows, columns = (np.abs(middles[:, None] - self._centres(count)).argmin(axis=1) for count in self.cells)
        return rows, columns

    def _centres(self, count: int) -> NDArray[np.float64]:
        return np.asarray(self.first + self.spacing * np.arange(count), np.float64)
