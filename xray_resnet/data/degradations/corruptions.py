"""The corruption ladder: every kind of bad film that models are tested on, each in five severities.

Corruptions act on the display shares of an image at 512². What a severity leaves open (the sign of a rotation, the
direction of a movement) is drawn from the generator.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from xray_resnet.data.degradations.collimation import collimate
from xray_resnet.data.degradations.dead_pixels import kill_pixels
from xray_resnet.data.degradations.detector_blur import blur_detector
from xray_resnet.data.degradations.electronic_noise import add_electronic_noise
from xray_resnet.data.degradations.exposure import apply_gamma
from xray_resnet.data.degradations.grid_lines import add_grid_lines
from xray_resnet.data.degradations.jpeg import compress_jpeg
from xray_resnet.data.degradations.motion_blur import blur_motion
from xray_resnet.data.degradations.pose import change_pose
from xray_resnet.data.degradations.quantum_noise import add_quantum_noise
from xray_resnet.data.degradations.scatter import add_scatter
from xray_resnet.detector.reference import Share

GRID_PERIODS = (4.0, 10.0)
"""Distances of grid lines that are drawn from, in pixels of the reference size."""


@dataclass(frozen=True)
class Corruption:
    """One kind of bad film.

    Attributes:
        name: As tables and settings call it.
        unit: Of the severities, in words.
        severities: The five amounts, mild to grave.
        degrade: (image, amount, generator) → the degraded image.
        held_out: Whether no shipped recipe may train on it, so that it measures what was not prepared for.
    """

    name: str
    unit: str
    severities: tuple[float, float, float, float, float]
    degrade: Callable[[Share, float, np.random.Generator], Share]
    held_out: bool = False

    def apply(self, share: Share, severity: int, *, generator: np.random.Generator) -> Share:
        """The image at a severity from 1 to 5.

        Raises:
            ValueError: if the severity is another.
        """
        if severity not in range(1, 6):
            raise ValueError(f"severity of {self.name} is {severity}, expected 1 to 5")
        return self.degrade(share, self.severities[severity - 1], generator)


def _add_quantum_noise(share: Share, dose_fraction: float, generator: np.random.Generator) -> Share:
    return add_quantum_noise(share, dose_fraction, generator=generator)


def _add_electronic_noise(share: Share, sigma: float, generator: np.random.Generator) -> Share:
    return add_electronic_noise(share, sigma, generator=generator)


def _blur_detector(share: Share, sigma: float, _: np.random.Generator) -> Share:
    return blur_detector(share, sigma)


def _add_scatter(share: Share, scatter_fraction: float, _: np.random.Generator) -> Share:
    return add_scatter(share, scatter_fraction)


def _change_exposure(share: Share, gamma: float, generator: np.random.Generator) -> Share:
    return apply_gamma(share, gamma if generator.integers(2) else 1 / gamma)


def _collimate(share: Share, border: float, _: np.random.Generator) -> Share:
    return collimate(share, (border, border, border, border))


def _rotate(share: Share, degrees: float, generator: np.random.Generator) -> Share:
    return change_pose(share, degrees=degrees if generator.integers(2) else -degrees)


def _blur_motion(share: Share, length: float, generator: np.random.Generator) -> Share:
    return blur_motion(share, length, degrees=generator.uniform(0, 180))


def _compress_jpeg(share: Share, quality: float, _: np.random.Generator) -> Share:
    return compress_jpeg(share, int(quality))


def _add_grid_lines(share: Share, contrast: float, generator: np.random.Generator) -> Share:
    period, phase, across = generator.uniform(*GRID_PERIODS), generator.random(), bool(generator.integers(2))
    return add_grid_lines(share, contrast, period=period, phase=phase, across=across)


def _kill_pixels(share: Share, fraction: float, generator: np.random.Generator) -> Share:
    return kill_pixels(share, fraction, generator=generator)


CORRUPTIONS: tuple[Corruption, ...] = (
    Corruption("quantum_noise", "dose fraction", (0.5, 0.25, 0.1, 0.05, 0.02), _add_quantum_noise),
    Corruption("electronic_noise", "σ, share of the range", (0.01, 0.02, 0.04, 0.08, 0.12), _add_electronic_noise),
    Corruption("detector_blur", "σ, pixels", (0.7, 1.2, 2.0, 3.0, 4.5), _blur_detector),
    Corruption("scatter", "scatter fraction", (0.1, 0.2, 0.3, 0.45, 0.6), _add_scatter),
    Corruption("exposure", "γ or 1/γ", (1.15, 1.35, 1.6, 2.0, 2.6), _change_exposure),
    Corruption("collimation", "border, share of the side", (0.03, 0.06, 0.1, 0.15, 0.2), _collimate),
    Corruption("rotation", "degrees", (3, 6, 10, 15, 20), _rotate),
    Corruption("motion_blur", "pixels", (3, 6, 10, 15, 22), _blur_motion, held_out=True),
    Corruption("jpeg", "quality", (50, 30, 20, 10, 5), _compress_jpeg, held_out=True),
    Corruption("grid_lines", "contrast, share of the range", (0.02, 0.04, 0.07, 0.11, 0.16), _add_grid_lines, True),
    Corruption("dead_pixels", "share of rows and pixels", (0.002, 0.005, 0.01, 0.02, 0.04), _kill_pixels, True),
)
"""In the order of the tables."""
