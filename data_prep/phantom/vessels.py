"""Lung vessels: branching tubes from the hila, and the fine texture between them."""

from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from data_prep.phantom.anatomy import Anatomy
from data_prep.phantom.maps import Map, blur
from data_prep.phantom.projection import Beam, samples_along, smooth_noise, tube_path
from data_prep.phantom.torso import LEFT, RIGHT, dome_height, hilum_of, lung_edges

_TRUNKS = 20
_TWIGS_PER_TRUNK = 4
_CONTRAST = 1.6
_CALIBRES = (0.0, 1.0, 1.7, 2.7, 4.2, 20.0)


def project_vessels(beam: Beam, anatomy: Anatomy, rng: np.random.Generator) -> Map:
    """Path length through blood, mm, as if lung were everywhere; the caller keeps it where lung is."""
    t = np.linspace(0, 1, samples_along(beam, 90))
    curves, calibres = [], []
    for side in (LEFT, RIGHT):
        trunks, widths = _trunks(beam, anatomy, side, t, rng)
        twigs, twig_widths = _twigs(trunks, widths, t, rng)
        curves += [trunks, twigs]
        calibres += [widths, twig_widths]
    return _tubes(beam, np.concatenate(curves), anatomy.vessel * np.concatenate(calibres))


def _trunks(
    beam: Beam, anatomy: Anatomy, side: int, t: NDArray[np.float64], rng: np.random.Generator
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """(T, N, 3) axes from the hilum to points spread over the lung, and their (T, N) radii."""
    targets = _spread(beam, anatomy, side, rng)
    hilum = np.array([*hilum_of(anatomy, side), -10.0]) + rng.normal(0, (3, 9, 8), (_TRUNKS, 3))
    span = targets - hilum
    bend = rng.normal(0, 0.10, (_TRUNKS, 1, 1)) * np.stack([-span[:, 1], span[:, 0], span[:, 2]], axis=1)[:, None]
    curves = hilum[:, None] + span[:, None] * t[:, None] + bend * np.sin(np.pi * t)[:, None]
    radii = rng.uniform(2.0, 5.0, (_TRUNKS, 1)) * np.power(1 - 0.92 * t, 0.9)
    return curves, radii


def _spread(beam: Beam, anatomy: Anatomy, side: int, rng: np.random.Generator) -> NDArray[np.float64]:
    top, bottom = anatomy.apex + 14, dome_height(anatomy, beam.pose.expiration, side) + 12
    y = top + (bottom - top) * np.sort(rng.beta(1.5, 1.0, _TRUNKS))
    medial, lateral = lung_edges(anatomy, y.astype(np.float32))
    x = side * (medial + (lateral - medial) * rng.uniform(0.25, 0.97, _TRUNKS))
    return np.stack([x, y, rng.uniform(-0.33, 0.33, _TRUNKS) * anatomy.lung_depth], axis=1)


def _twigs(
    trunks: NDArray[np.float64], radii: NDArray[np.float64], t: NDArray[np.float64], rng: np.random.Generator
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Side branches that leave each trunk at a random point, at about 35 degrees."""
    parent = np.repeat(np.arange(len(trunks)), _TWIGS_PER_TRUNK)
    at = rng.integers(len(t) // 5, 4 * len(t) // 5, len(parent))
    start, along = trunks[parent, at], trunks[parent, -1] - trunks[parent, at]
    turn = rng.choice([-1, 1], len(parent)) * rng.normal(0.62, 0.2, len(parent))
    x = along[:, 0] * np.cos(turn) - along[:, 1] * np.sin(turn)
    y = along[:, 0] * np.sin(turn) + along[:, 1] * np.cos(turn)
    heading = np.stack([x, y, along[:, 2]], axis=1) * rng.uniform(0.45, 0.95, (len(parent), 1))
    twigs = start[:, None] + heading[:, None] * t[:, None]
    return twigs, 0.62 * radii[parent, at][:, None] * (1 - 0.85 * t)


def _tubes(beam: Beam, curves: NDArray[np.float64], radii: NDArray[np.float64]) -> Map:
    """Draws tapering tubes in classes of calibre, each with its own width."""
    paths = np.zeros_like(beam.x)
    for low, high in pairwise(_CALIBRES):
        area = np.where((radii >= low) & (radii < high), _CONTRAST * np.pi * radii**2, 0)
        radius = (low + min(high, 6.0)) / 2
        paths += tube_path(beam, curves, area, radius_mm=1.25 * radius)
    return paths


def lung_texture(beam: Beam, rng: np.random.Generator) -> Map:
    """Relative density of lung, about 1, with a fine mottle and a slow drift."""
    fine = blur(rng.standard_normal(beam.x.shape, np.float32), 1.6 / beam.pixel_mm)
    fine /= max(float(fine.std()), 1e-6)
    drift = 0.02 * smooth_noise(rng, beam, scale_mm=45) + 0.012 * smooth_noise(rng, beam, scale_mm=11)
    return np.asarray(1 + 0.016 * fine + drift, np.float32)
