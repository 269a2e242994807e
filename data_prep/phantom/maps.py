"""Maps: values per pixel, and the few smooth functions that shape them."""

from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

Map = NDArray[np.float32]
"""(S, S) values per pixel."""


def root(values: NDArray[np.floating[Any]]) -> Map:
    """Square root, 0 where negative."""
    return np.asarray(np.sqrt(np.maximum(values, 0)), np.float32)


def ramp(values: Map, *, start: float, end: float) -> Map:
    """0 at `start`, 1 at `end`, smooth between."""
    share = np.clip((values - np.float32(start)) / np.float32(end - start), 0, 1)
    return np.asarray(share * share * (3 - 2 * share), np.float32)


def blur(image: Map, sigma_px: float) -> Map:
    """Gaussian blur; wide ones on a smaller grid, where they cost little."""
    if sigma_px < 0.2:
        return image
    shrink = int(2 ** np.floor(np.log2(max(sigma_px / 3, 1))))
    if shrink == 1:
        return np.asarray(cv2.GaussianBlur(image, (0, 0), sigma_px), np.float32)
    side = (max(image.shape[1] // shrink, 1), max(image.shape[0] // shrink, 1))
    small = cv2.GaussianBlur(cv2.resize(image, side, interpolation=cv2.INTER_AREA), (0, 0), sigma_px / shrink)
    return np.asarray(cv2.resize(small, image.shape[::-1], interpolation=cv2.INTER_LINEAR), np.float32)
