"""The size at which severities are stated, and what they are at other sizes.

An image of S × S pixels is taken as the area average of one of 512 × 512. Lengths then scale with S / 512; a pixel
gathers (512 / S)² times as many quanta; the standard deviation of noise that is independent from pixel to pixel falls
to S / 512 of what it was.
"""

import numpy as np
from numpy.typing import NDArray

REFERENCE_SIZE = 512
"""Rows and columns of the image that severities are stated for."""

Share = NDArray[np.float32]
"""(S, S) shares of the display range in [0, 1], bright is dense."""


def scale_length(pixels: float, image: Share) -> float:
    """A length in pixels of the reference size, in pixels of `image`."""
    return pixels * len(image) / REFERENCE_SIZE


def scale_sigma(sigma: float, image: Share) -> float:
    """The σ of white noise per pixel of the reference size, per pixel of `image`."""
    return sigma * len(image) / REFERENCE_SIZE


def sum_readout(sigma: float, image: Share) -> float:
    """The σ of a sum of noise over the pixels of the reference size that a pixel of `image` gathers."""
    return sigma * REFERENCE_SIZE / len(image)


def scale_quanta(quanta: float, image: Share) -> float:
    """Quanta per pixel of the reference size, per pixel of `image`."""
    return quanta * float(REFERENCE_SIZE / len(image)) ** 2
