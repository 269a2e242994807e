"""The border of an image: a strip along its edges; it shows collimation, markers and the display, and hardly a lung."""

import numpy as np
from numpy.typing import NDArray

from xray_resnet.store import Dataset

SHARE = 0.04
"""Width of the strip, of the shorter side."""


def measure_borders(dataset: Dataset, rows: NDArray[np.int64]) -> NDArray[np.float64]:
    """Mean and standard deviation of the border of the images in (N,) rows, (N, 2), in shares of the display range."""
    contents = dataset.column("content")
    measured = [_measure(dataset.pixels(row), contents[row]) for row in rows.tolist()]
    return np.array(measured, np.float64).reshape(-1, 2)


def _measure(pixels: NDArray[np.unsignedinteger], content: list[int]) -> tuple[float, float]:
    """Of one image (S, S), without its padding; `content` is top, left, height, width, or all zeros if not known."""
    top, left, height, width = content if any(content) else (0, 0, *pixels.shape)
    image = pixels[top : top + height, left : left + width]
    strip = max(1, round(SHARE * min(image.shape)))
    parts = (image[:strip], image[-strip:], image[strip:-strip, :strip], image[strip:-strip, -strip:])
    border = np.concatenate([part.ravel() for part in parts]) / np.iinfo(pixels.dtype).max
    return float(border.mean()), float(border.std())
