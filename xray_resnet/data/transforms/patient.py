"""Transforms of the patient before the detector: pose, and what lies on the skin."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from xray_resnet.data.degradations import Share
from xray_resnet.data.degradations.foreign_objects import WORDS, add_marker, add_tube
from xray_resnet.data.transforms.library import change_pose, mirror
from xray_resnet.data.transforms.transform import Parameters
from xray_resnet.detector import Detector

_RIM = 0.12
"""Markers lie about this share of the side from the rim."""


@dataclass(frozen=True)
class Flip:
    """A flip of left and right."""

    moves = True

    def draw(self, generator: np.random.Generator) -> Parameters:
        """Nothing is left to draw."""
        return {}

    def apply(self, share: Share, detector: Detector) -> Share:
        """As `mirror`."""
        return mirror(share)


@dataclass(frozen=True)
class Pose:
    """A rotation, zoom and shift, each drawn uniformly within its limit to either side."""

    degrees: float
    zoom: float
    shift: float
    moves = True

    def draw(self, generator: np.random.Generator) -> Parameters:
        """Draws angle, factor and displacement."""
        turn, magnify, right, down = generator.uniform(-1, 1, 4).tolist()
        return {
            "degrees": turn * self.degrees,
            "zoom": 1 + magnify * self.zoom,
            "shift": (right * self.shift, down * self.shift),
        }

    def apply(self, share: Share, detector: Detector, **pose: Any) -> Share:
        """As `change_pose`."""
        return change_pose(share, **pose)


@dataclass(frozen=True)
class Marker:
    """A word of lead near one of the four corners."""

    height: tuple[float, float]
    moves = False

    def draw(self, generator: np.random.Generator) -> Parameters:
        """Draws word, corner and height."""
        x, y = np.where(generator.integers(2, size=2), _RIM, 1 - _RIM) + generator.normal(0, _RIM / 4, 2)
        word = WORDS[int(generator.integers(len(WORDS)))]
        return {"word": word, "centre": (float(x), float(y)), "height": float(generator.uniform(*self.height))}

    def apply(self, share: Share, detector: Detector, **marker: Any) -> Share:
        """As `add_marker`."""
        return add_marker(share, **marker)


@dataclass(frozen=True)
class Tube:
    """A catheter from the upper rim downwards."""

    width: tuple[float, float]
    contrast: tuple[float, float]
    moves = False

    def draw(self, generator: np.random.Generator) -> Parameters:
        """Draws control points, width and contrast."""
        x = generator.uniform(0.2, 0.8, 4)
        y = (0.0, 0.25, 0.5, generator.uniform(0.4, 0.9))
        return {
            "points": np.stack([x, y], axis=1).tolist(),
            "width": float(generator.uniform(*self.width)),
            "contrast": float(generator.uniform(*self.contrast)),
        }

    def apply(self, share: Share, detector: Detector, points: list[list[float]], **tube: Any) -> Share:
        """As `add_tube`."""
        return add_tube(share, np.array(points), **tube)
