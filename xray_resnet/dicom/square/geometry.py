"""Geometry: an image of any shape into a square of one size, and boxes there and back.

Aspect is kept, anisotropic spacing becomes square, shrinking averages areas, and the rest of the square is black. Of a
film that shrinks by 4 or more, the last lines that fill no block of its averages are left out.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

import cv2
import numpy as np
from numpy.typing import NDArray

from xray_resnet.dicom.radiograph import WHITE
from xray_resnet.dicom.square.collimation import Field

Boxes = NDArray[np.float64]
Pixel = TypeVar("Pixel", bound=np.unsignedinteger[Any])

LookUp = Callable[[NDArray[np.unsignedinteger[Any]]], NDArray[np.uint16]]
_STRETCH = np.arange(256) * (WHITE // 255)
"""Display values of 8 bits that are shown as they are."""
_BAND = 128
"""Rows that are looked up and averaged at a time."""


@dataclass(frozen=True)
class Placement:
    """Where an image lies in its square.

    Attributes:
        content: (top, left, height, width) in pixels of the square.
        affine: 2×3 row-major; file (x, y) to square (x, y), both measured from the upper left corner of the image.
    """

    content: tuple[int, int, int, int]
    affine: tuple[float, float, float, float, float, float]

    def to_store(self, boxes: Boxes) -> Boxes:
        """Boxes (N, 4) of (x, y, width, height) from file pixels to pixels of the square."""
        scale, shift = self._scale_and_shift()
        boxes = np.asarray(boxes, np.float64).reshape(-1, 4)
        return np.concatenate([boxes[:, :2] * scale + shift, boxes[:, 2:] * scale], axis=1)

    def to_file(self, boxes: Boxes) -> Boxes:
        """Boxes (N, 4) of (x, y, width, height) from pixels of the square to file pixels."""
        scale, shift = self._scale_and_shift()
        boxes = np.asarray(boxes, np.float64).reshape(-1, 4)
        return np.concatenate([(boxes[:, :2] - shift) / scale, boxes[:, 2:] / scale], axis=1)

    def cut(self, square: NDArray[Pixel]) -> NDArray[Pixel]:
        """The content of a square, without the black around it."""
        top, left, height, width = self.content
        return square[top : top + height, left : left + width]

    def _scale_and_shift(self) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        return np.array([self.affine[0], self.affine[4]]), np.array([self.affine[2], self.affine[5]])


def place(
    pixels: NDArray[np.unsignedinteger[Any]],
    *,
    size: int,
    aspect: float = 1.0,
    field: Field | None = None,
    table: NDArray[np.uint16] | None = None,
) -> tuple[NDArray[np.uint16], Placement]:
    """The image in the middle of a black square.

    Args:
        pixels: (H, W) display values, or what they are looked up by.
        size: Rows and columns of the square.
        aspect: Height of a pixel over its width.
        field: The part of the image to place, as `find_field` gives it; None is all.
        table: Display value of each value of `pixels`; None if they are display values.

    Returns:
        (size, size), and where the image lies in it.
    """
    y, x, rows, columns = field or (0, 0, *pixels.shape)
    height, width = _fit(rows, columns, aspect, size)
    top, left = (size - height) // 2, (size - width) // 2
    block = _choose_block(rows, columns, height, width)
    rows, columns = rows - rows % block, columns - columns % block
    reduced = _average_blocks(pixels[y : y + rows, x : x + columns], block, _choose_look_up(table))
    square = np.zeros((size, size), np.uint16)
    square[top : top + height, left : left + width] = _resample(reduced, height, width)
    across, down = width / columns, height / rows
    affine = (across, 0.0, left - x * across, 0.0, down, top - y * down)
    return square, Placement((top, left, height, width), affine)


def _fit(rows: int, columns: int, aspect: float, size: int) -> tuple[int, int]:
    """Height and width in the square; the longer side, seen with square pixels, fills it."""
    height, width = rows * aspect, float(columns)
    scale = size / max(height, width)
    return max(1, round(height * scale)), max(1, round(width * scale))


def _choose_block(rows: int, columns: int, height: int, width: int) -> int:
    """Side of the blocks to average first: a power of 2 that leaves a factor of 2 to 4, or none."""
    block = 1
    while rows >= 4 * block * height and columns >= 4 * block * width:
        block *= 2
    is_twice = rows == 2 * block * height and columns == 2 * block * width
    return 2 * block if is_twice else block


def _average_blocks(pixels: NDArray[np.unsignedinteger[Any]], block: int, look_up: LookUp) -> NDArray[np.uint16]:
    """Means of blocks, band by band: what is looked up for one stays in the processor's cache until it is averaged."""
    if block == 1:
        return look_up(pixels)
    height = max(_BAND, block)
    return np.concatenate([_halve(look_up(pixels[row : row + height]), block) for row in range(0, len(pixels), height)])


def _choose_look_up(table: NDArray[np.uint16] | None) -> LookUp:
    """Stored to display values; 8 bits shown as they are, the commonest table, are multiplied in half the time."""
    if table is None:
        return lambda band: np.asarray(band, np.uint16)
    if np.array_equal(table, _STRETCH):
        return _stretch
    return lambda band: np.asarray(cv2.LUT(band, table), np.uint16).reshape(band.shape)


def _stretch(band: NDArray[np.unsignedinteger[Any]]) -> NDArray[np.uint16]:
    values = band.astype(np.uint16)
    values *= WHITE // 255
    return values


def _halve(pixels: NDArray[np.uint16], block: int) -> NDArray[np.uint16]:
    """Halves both sides until blocks are single pixels; both sides must be multiples of the block."""
    while block > 1:
        rows, columns = pixels.shape
        pixels = np.asarray(cv2.resize(pixels, (columns // 2, rows // 2), interpolation=cv2.INTER_AREA), np.uint16)
        block //= 2
    return pixels


def _resample(pixels: NDArray[np.uint16], height: int, width: int) -> NDArray[np.uint16]:
    """Area averages where both sides shrink, else bilinear; each axis by itself where one shrinks and one grows."""
    rows, columns = pixels.shape
    if (height <= rows) != (width <= columns) and (height != rows and width != columns):
        return _resample(_resample(pixels, height, columns), height, width)
    shrinks = height <= rows and width <= columns
    interpolation = cv2.INTER_AREA if shrinks else cv2.INTER_LINEAR
    return np.asarray(cv2.resize(pixels, (width, height), interpolation=interpolation), np.uint16)
