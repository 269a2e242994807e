"""Images whose degraded form is known by a formula."""

import numpy as np
from numpy.typing import NDArray

Share = NDArray[np.float32]


def flat(share: float, *, size: int = 512) -> Share:
    return np.full((size, size), share, np.float32)


def noise(size: int = 64, *, seed: int = 0) -> Share:
    return np.random.default_rng(seed).random((size, size), np.float32)


def wave(period: float, *, size: int = 512, amplitude: float = 0.1) -> Share:
    """A sine of `period` pixels from left to right, about 0.5."""
    row = 0.5 + amplitude * np.sin(2 * np.pi * np.arange(size) / period)
    return np.tile(row.astype(np.float32), (size, 1))


def average(image: Share, factor: int) -> Share:
    """The area average over squares of `factor` pixels."""
    side = len(image) // factor
    return image.reshape(side, factor, side, factor).mean(axis=(1, 3), dtype=np.float64).astype(np.float32)


def generator(seed: int = 0) -> np.random.Generator:
    return np.random.default_rng(seed)
