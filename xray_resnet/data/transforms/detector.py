"""Transforms of the detector: what happens between the patient and the display."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from xray_resnet.data.degradations import Share
from xray_resnet.data.degradations.corruptions import GRID_PERIODS
from xray_resnet.data.degradations.dead_pixels import kill_pixels
from xray_resnet.data.degradations.detector_blur import blur_detector
from xray_resnet.data.degradations.electronic_noise import add_electronic_noise
from xray_resnet.data.degradations.grid_lines import add_grid_lines
from xray_resnet.data.degradations.motion_blur import blur_motion
from xray_resnet.data.degradations.quantum_noise import add_quantum_noise
from xray_resnet.data.degradations.scatter import add_scatter
from xray_resnet.data.transforms.transform import Parameters, draw_log_uniform, draw_seed
from xray_resnet.detector import Detector


@dataclass(frozen=True)
class Scatter:
    """Scatter of a fraction drawn uniformly from 0 to the largest."""

    largest: float
    moves = False

    def draw(self, generator: np.random.Generator) -> Parameters:
        """Draws the fraction."""
        return {"scatter_fraction": float(generator.uniform(0, self.largest))}

    def apply(self, share: Share, detector: Detector, scatter_fraction: float) -> Share:
        """As `add_scatter`."""
        return add_scatter(share, scatter_fraction, detector=detector)


@dataclass(frozen=True)
class DetectorBlur:
    """Blur with σ drawn uniformly from 0 to the largest, in pixels of 512²."""

    largest: float
    moves = False

    def draw(self, generator: np.random.Generator) -> Parameters:
        """Draws σ."""
        return {"sigma": float(generator.uniform(0, self.largest))}

    def apply(self, share: Share, detector: Detector, sigma: float) -> Share:
        """As `blur_detector`."""
        return blur_detector(share, sigma)


@dataclass(frozen=True)
class MotionBlur:
    """A movement of a length drawn uniformly from 0 to the longest, in pixels of 512², in any direction."""

    longest: float
    moves = False

    def draw(self, generator: np.random.Generator) -> Parameters:
        """Draws length and direction."""
        return {"length": float(generator.uniform(0, self.longest)), "degrees": float(generator.uniform(0, 180))}

    def apply(self, share: Share, detector: Detector, **movement: float) -> Share:
        """As `blur_motion`."""
        return blur_motion(share, **movement)


@dataclass(frozen=True)
class GridLines:
    """Lines of a contrast drawn uniformly from 0 to the largest."""

    largest: float
    moves = False

    def draw(self, generator: np.random.Generator) -> Parameters:
        """Draws contrast, distance, phase and direction."""
        return {
            "contrast": float(generator.uniform(0, self.largest)),
            "period": float(generator.uniform(*GRID_PERIODS)),
            "phase": float(generator.random()),
            "across": bool(generator.integers(2)),
        }

    def apply(self, share: Share, detector: Detector, **lines: Any) -> Share:
        """As `add_grid_lines`."""
        return add_grid_lines(share, **lines)


@dataclass(frozen=True)
class QuantumNoise:
    """Quantum noise at a dose fraction drawn log-uniformly from the lowest to 1."""

    lowest: float
    moves = False

    def draw(self, generator: np.random.Generator) -> Parameters:
        """Draws the dose fraction and the seed of the quanta."""
        return {"dose_fraction": draw_log_uniform(generator, (self.lowest, 1.0)), "seed": draw_seed(generator)}

    def apply(self, share: Share, detector: Detector, dose_fraction: float, seed: int) -> Share:
        """As `add_quantum_noise`."""
        return add_quantum_noise(share, dose_fraction, generator=np.random.default_rng(seed), detector=detector)


@dataclass(frozen=True)
class ElectronicNoise:
    """Electronic noise with σ drawn uniformly from 0 to the largest, as a share of the display range."""

    largest: float
    moves = False

    def draw(self, generator: np.random.Generator) -> Parameters:
        """Draws σ and the seed of the noise."""
        return {"sigma": float(generator.uniform(0, self.largest)), "seed": draw_seed(generator)}

    def apply(self, share: Share, detector: Detector, sigma: float, seed: int) -> Share:
        """As `add_electronic_noise`."""
        return add_electronic_noise(share, sigma, generator=np.random.default_rng(seed))


@dataclass(frozen=True)
class DeadPixels:
    """Dead rows and pixels of a fraction drawn uniformly from 0 to the largest."""

    largest: float
    moves = False

    def draw(self, generator: np.random.Generator) -> Parameters:
        """Draws the fraction and the seed of the places."""
        return {"fraction": float(generator.uniform(0, self.largest)), "seed": draw_seed(generator)}

    def apply(self, share: Share, detector: Detector, fraction: float, seed: int) -> Share:
        """As `kill_pixels`."""
        return kill_pixels(share, fraction, generator=np.random.default_rng(seed))
