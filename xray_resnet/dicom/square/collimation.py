"""Collimation: the part of a film that the collimator left open.

Borders are found where they run along the edges; those of a tilted collimator stay.
"""

import numpy as np
from numpy.typing import NDArray

from xray_resnet.dicom.radiograph import WHITE

Field = tuple[int, int, int, int]
"""(top, left, height, width) in pixels of the file."""

_EVEN = WHITE // 50
"""Most that a line of a border varies, marks and noise apart."""
_EXTREME = WHITE // 20
"""A border is so close to black or white, as the shutters of consoles paint it."""


def find_field(pixels: NDArray[np.uint16]) -> Field:
    """What a collimator left open, as (top, left, height, width); all of it where less than half a side would remain.

    A row or column is border while it is even and black or white, as the shutters of consoles paint it.
    """
    rows = _open_range(pixels)
    columns = _open_range(pixels[rows[0] : rows[1]].T)
    is_enough = rows[1] - rows[0] >= pixels.shape[0] / 2 and columns[1] - columns[0] >= pixels.shape[1] / 2
    if not is_enough:
        return 0, 0, pixels.shape[0], pixels.shape[1]
    return rows[0], columns[0], rows[1] - rows[0], columns[1] - columns[0]


def _open_range(lines: NDArray[np.uint16]) -> tuple[int, int]:
    """First and last + 1 of the lines that are no border; marks and noise on a twentieth of a line are overlooked."""
    low, high = np.percentile(lines, (5, 95), axis=1)
    is_border = (high - low <= _EVEN) & ((high <= _EXTREME) | (low >= WHITE - _EXTREME))
    is_open = np.flatnonzero(~is_border)
    return (int(is_open[0]), int(is_open[-1]) + 1) if len(is_open) else (0, len(lines))
