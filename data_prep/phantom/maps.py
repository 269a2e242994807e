"""Maps: values per pixel, and the few smooth functions that shape them."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from xray_resnet.detector.display_curve import blur_widely

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
    """Gaussian blur; wide ones on a smaller grid, where they cost little; narrow ones change nothing."""
    return image if sigma_px < 0.2 else blur_widely(image, sigma_px)
