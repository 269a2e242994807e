"""Shrinking: a picture of any size to a few pixels, from a sample of its lines."""

from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

_SAMPLED_SIDE = 128
"""Lines of the sample that is averaged: of a picture with many more the others are left out."""


def shrink(pixels: NDArray[np.unsignedinteger[Any]], side: int) -> NDArray[np.unsignedinteger[Any]]:
    """A (H, W) picture squeezed to (side, side) by area averages, of the same type."""
    stride = max(1, min(pixels.shape) // _SAMPLED_SIDE)
    sample = np.ascontiguousarray(pixels[::stride, ::stride])
    return np.asarray(cv2.resize(sample, (side, side), interpolation=cv2.INTER_AREA), sample.dtype)
