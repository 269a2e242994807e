"""Transforms of the display: what a console makes of what was detected."""

from dataclasses import dataclass

import numpy as np

from xray_resnet.data.degradations import Share
from xray_resnet.data.degradations.collimation import Borders, collimate
from xray_resnet.data.degradations.exposure import apply_window
from xray_resnet.data.transforms.library import apply_gamma, compress_jpeg
from xray_resnet.data.transforms.transform import Parameters, draw_log_uniform
from xray_resnet.detector import Detector


@dataclass(frozen=True)
class Gamma:
    """An exponent drawn log-uniformly between its limits."""

    limits: tuple[float, float]
    moves = False

    def draw(self, generator: np.random.Generator) -> Parameters:
        """Draws the exponent."""
        return {"gamma": draw_log_uniform(generator, self.limits)}

    def apply(self, share: Share, detector: Detector, gamma: float) -> Share:
        """As `apply_gamma`."""
        return apply_gamma(share, gamma)


@dataclass(frozen=True)
class Window:
    """Brightness and a factor of the contrast, drawn uniformly within their limits to either side."""

    brightness: float
    contrast: float
    moves = False

    def draw(self, generator: np.random.Generator) -> Parameters:
        """Draws both."""
        brighter, steeper = generator.uniform(-1, 1, 2).tolist()
        return {"brightness": brighter * self.brightness, "contrast": 1 + steeper * self.contrast}

    def apply(self, share: Share, detector: Detector, **window: float) -> Share:
        """As `apply_window`; albumentations' takes ten times as long."""
        return apply_window(share, **window)


@dataclass(frozen=True)
class Collimation:
    """Borders drawn uniformly from 0 to the largest, each side its own; black for a share of the images, else white."""

    largest: float
    shuttered: float
    moves = False

    def draw(self, generator: np.random.Generator) -> Parameters:
        """Draws the borders and their shade."""
        borders = tuple(generator.uniform(0, self.largest, 4).tolist())
        return {"borders": borders, "shade": float(generator.random() >= self.shuttered)}

    def apply(self, share: Share, detector: Detector, borders: Borders, shade: float) -> Share:
        """As `collimate`; albumentations' nearest, CoarseDropout, takes longer and knows no collimator."""
        return collimate(share, borders, shade=shade)


@dataclass(frozen=True)
class Jpeg:
    """JPEG of a quality drawn uniformly from the lowest to 100."""

    lowest: int
    moves = False

    def draw(self, generator: np.random.Generator) -> Parameters:
        """Draws the quality."""
        return {"quality": int(generator.integers(self.lowest, 101))}

    def apply(self, share: Share, detector: Detector, quality: int) -> Share:
        """As `compress_jpeg`."""
        return compress_jpeg(share, quality)
