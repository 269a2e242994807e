"""Detector: from attenuation to counted quanta, with scatter, blur, quantum and electronic noise."""

from dataclasses import dataclass

import numpy as np

from data_prep.phantom.maps import Map, blur
from data_prep.phantom.pose import Pose
from data_prep.phantom.projection import Beam
from xray_resnet.detector import QUANTA_AT_FULL_DOSE, scale_quanta, sum_readout

ELECTRONIC_SIGMA = 8.0
"""Standard deviation of the read-out noise per pixel of 512², in quanta; the same at every dose."""

_SCATTER_SIGMA_MM = 38.0
_LEAK = 0.004


@dataclass(frozen=True)
class Exposure:
    """How one image is exposed.

    Attributes:
        dose_fraction: Share of the quanta of a full exposure.
        scatter_fraction: Scattered over all quanta, behind the grid.
        blur_mm: Sigma of focal spot and detector blur.
    """

    dose_fraction: float
    scatter_fraction: float
    blur_mm: float


def draw_exposure(rng: np.random.Generator, *, dose_fraction: float) -> Exposure:
    """Draws an exposure about `dose_fraction`: automatic exposure control is off by some 20 % either way."""
    off = float(np.exp(rng.normal(0, 0.2)))
    scatter, sigma = float(rng.uniform(0.12, 0.42)), float(rng.uniform(0.25, 0.6))
    return Exposure(dose_fraction=dose_fraction * off, scatter_fraction=scatter, blur_mm=sigma)


def expected_quanta(integral: Map, beam: Beam, exposure: Exposure, *, mid_lung: float) -> Map:
    """Expected quanta per pixel.

    Args:
        integral: (S, S) line integrals ∫μ ds.
        beam: The rays.
        exposure: How the image is exposed.
        mid_lung: Line integral of mid lung, at which the full dose arrives at dose fraction 1.
    """
    primary = np.exp(np.float32(mid_lung) - integral)
    scattered = blur(np.minimum(primary, np.float32(4)), _SCATTER_SIGMA_MM / beam.pixel_mm)
    share = np.float32(exposure.scatter_fraction)
    total = (1 - share) * blur(primary, exposure.blur_mm / beam.pixel_mm) + share * scattered
    full_dose = QUANTA_AT_FULL_DOSE * exposure.dose_fraction
    open_field = np.float32(_LEAK) + np.float32(1 - _LEAK) * collimator(beam.pose, beam.size)
    return np.asarray(scale_quanta(full_dose, primary) * total * open_field, np.float32)


def count_quanta(expected: Map, rng: np.random.Generator) -> Map:
    """Counts quanta: Poisson noise of the photons, then Gaussian noise of the read-out of all that a pixel gathers."""
    counted = rng.poisson(np.minimum(expected, 1e9)).astype(np.float32)
    return counted + np.float32(sum_readout(ELECTRONIC_SIGMA, expected)) * rng.standard_normal(
        expected.shape, np.float32
    )


def collimator(pose: Pose, size: int) -> Map:
    """1 in the open field, 0 behind the collimator's blades."""
    left, top, right, bottom = pose.collimation
    centres = (np.arange(size) + 0.5) / size
    columns = _open(centres, left, right, size)
    return np.asarray(_open(centres, top, bottom, size)[:, None] * columns[None], np.float32)


def _open(centres: np.ndarray, low: float, high: float, size: int) -> np.ndarray:
    edge = 2.0 / size
    return np.clip((centres - low) / edge, 0, 1) ** (low > 0) * np.clip((1 - high - centres) / edge, 0, 1) ** (high > 0)
