"""Canvas: simple solids on a unit square, and the exposure that makes a radiograph of them.

These drawings teach what a frontal chest is not. They need less than the phantom's physics: shapes, superposition by
Beer–Lambert's law, scatter, a display curve and noise.
"""

from itertools import pairwise
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

Picture = NDArray[np.uint8]
"""(S, S) grey values, bright is dense; what the film measures is squeezed to a square."""
Layer = NDArray[np.float32]
"""(S, S) line integrals ∫μ ds."""

SIDE = 64
"""Rows and columns of the pictures that the check is taught with."""


class Canvas:
    """A square of rays in its own frame: x to the right, y down, the square spans -1 to 1 unless moved.

    Args:
        rng: Draws how the frame is turned, moved and scaled.
        size: Rows and columns.
        turn: Standard deviation of the frame's rotation, radians.
        shift: Standard deviation of its displacement.
        zoom: Range of its scale.
    """

    def __init__(
        self,
        rng: np.random.Generator,
        *,
        size: int = SIDE,
        turn: float = 0.08,
        shift: float = 0.06,
        zoom: tuple[float, float] = (0.85, 1.2),
    ) -> None:
        self.rng, self.size = rng, size
        centres = ((np.arange(size) + 0.5) * 2 / size - 1).astype(np.float32)
        angle, scale = rng.normal(0, turn), rng.uniform(*zoom)
        x, y = centres[None] - np.float32(rng.normal(0, shift)), centres[:, None] - np.float32(rng.normal(0, shift))
        self.x = np.asarray(x * np.cos(angle) + y * np.sin(angle), np.float32) / np.float32(scale)
        self.y = np.asarray(y * np.cos(angle) - x * np.sin(angle), np.float32) / np.float32(scale)

    def ellipse(self, centre: tuple[float, float], radii: tuple[float, float], *, tilt: float = 0.0) -> Layer:
        """Share of the greatest path length through an ellipsoid, 0 to 1."""
        along, across = self._relative(centre, tilt)
        inside = 1 - (along / np.float32(radii[0])) ** 2 - (across / np.float32(radii[1])) ** 2
        return np.asarray(np.sqrt(np.maximum(inside, 0)), np.float32)

    def box(self, centre: tuple[float, float], radii: tuple[float, float], *, tilt: float = 0.0) -> Layer:
        """1 inside a rectangle, 0 outside, with an edge of a pixel."""
        along, across = self._relative(centre, tilt)
        soft = np.float32(self.size / 2)
        return np.asarray(
            np.clip((radii[0] - np.abs(along)) * soft + 0.5, 0, 1)
            * np.clip((radii[1] - np.abs(across)) * soft + 0.5, 0, 1),
            np.float32,
        )

    def bone(self, points: NDArray[np.floating[Any]], width: float) -> Layer:
        """A tube along (N, 2) points of (x, y): 1 on its axis, falling to 0 at half its width."""
        distance = np.full(self.x.shape, np.inf, np.float32)
        for start, end in pairwise(points):
            distance = np.minimum(distance, self._distance(start, end))
        return np.asarray(np.sqrt(np.maximum(1 - (distance / np.float32(width / 2)) ** 2, 0)), np.float32)

    def _relative(self, centre: tuple[float, float], tilt: float) -> tuple[Layer, Layer]:
        x, y = self.x - np.float32(centre[0]), self.y - np.float32(centre[1])
        cosine, sine = np.float32(np.cos(tilt)), np.float32(np.sin(tilt))
        return x * cosine + y * sine, y * cosine - x * sine

    def _distance(self, start: NDArray[np.floating[Any]], end: NDArray[np.floating[Any]]) -> Layer:
        """From each ray to a segment."""
        dx, dy = np.float32(end[0] - start[0]), np.float32(end[1] - start[1])
        x, y = self.x - np.float32(start[0]), self.y - np.float32(start[1])
        share = np.clip((x * dx + y * dy) / max(float(dx * dx + dy * dy), 1e-9), 0, 1)
        return np.asarray(np.hypot(x - share * dx, y - share * dy), np.float32)


def expose(layer: Layer, rng: np.random.Generator) -> Picture:
    """Line integrals to a picture: scatter, logarithm, a window, a curve and noise, all drawn."""
    primary, share = np.exp(-layer), np.float32(rng.uniform(0.05, 0.4))
    scattered = cv2.GaussianBlur(primary, (0, 0), len(layer) * rng.uniform(0.08, 0.2))
    image = -np.log((1 - share) * primary + share * scattered + np.float32(rng.uniform(0.002, 0.03)))
    return display(image, rng)


def display(image: NDArray[np.floating[Any]], rng: np.random.Generator) -> Picture:
    """Values of any range to grey values through a window, a curve and noise, all drawn."""
    low, high = np.quantile(image, [rng.uniform(0, 0.08), rng.uniform(0.93, 1)])
    share = np.clip((image - low) / max(high - low, 1e-6), 0, 1) ** np.exp(rng.normal(0, 0.35))
    noisy = share + rng.normal(0, rng.uniform(0, 0.03), share.shape)
    return np.asarray(np.rint(np.clip(noisy, 0, 1) * 255), np.uint8)
