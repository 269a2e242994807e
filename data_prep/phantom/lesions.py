"""Lesions of the lung: consolidation with air bronchograms, and round nodules."""

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from data_prep.phantom.projection import Beam, Map, Paths, ellipsoid_path, ramp, samples_along, smooth_noise, tube_path
from data_prep.phantom.scene import Mask, Scene, fill_lung
from data_prep.phantom.torso import Lung

_CONSOLIDATION_RADIUS = {1: (42.0, 58.0), 2: (36.0, 48.0), 3: (31.0, 40.0), 4: (27.0, 34.0), 5: (23.0, 29.0)}
_CONSOLIDATION_DEPTH = {1: 75.0, 2: 60.0, 3: 47.0, 4: 36.0, 5: 27.0}
_NODULE_DIAMETER = {1: (36.0, 44.0), 2: (31.0, 36.0), 3: (26.0, 31.0), 4: (21.0, 26.0), 5: (16.0, 21.0)}
_NODULE_DENSITY = {1: 1.0, 2: 0.95, 3: 0.9, 4: 0.85, 5: 0.75}
_VISIBLE_MM = 6.0
_SECOND_NODULE = 0.25


def add_consolidation(
    paths: Paths, scene: Scene, subtlety: int, rng: np.random.Generator
) -> tuple[Paths, tuple[Mask, ...]]:
    """Airspace filled with fluid: a patch without sharp borders, crossed by bronchi that still hold air."""
    lung, (x, y) = _place(paths, scene, rng, margin=0.10)
    share = _patch(scene.beam, (x, y), float(rng.uniform(*_CONSOLIDATION_RADIUS[subtlety])), rng)
    share = share * (lung.path > 0)
    depth = _CONSOLIDATION_DEPTH[subtlety] * (1 + 0.16 * smooth_noise(rng, scene.beam, scale_mm=12))
    filled, replaced = fill_lung(paths, np.asarray(np.maximum(depth, 0) * share, np.float32))
    mask = replaced > max(_VISIBLE_MM, 0.25 * _CONSOLIDATION_DEPTH[subtlety])
    bronchi = _bronchi(scene, lung, (x, y), rng) * np.minimum(replaced / 30, 1)
    return replace(filled, air=filled.air + np.minimum(bronchi, 0.5 * replaced)), (mask,)


def add_nodule(paths: Paths, scene: Scene, subtlety: int, rng: np.random.Generator) -> tuple[Paths, tuple[Mask, ...]]:
    """One round, dense nodule, sometimes two; its rim is a little uneven."""
    masks = []
    for _ in range(2 if rng.random() < _SECOND_NODULE else 1):
        _, (x, y) = _place(paths, scene, rng, margin=0.16)
        diameter = float(rng.uniform(*_NODULE_DIAMETER[subtlety]))
        ball = _uneven_ball(scene.beam, (x, y), diameter, rng) * np.float32(_NODULE_DENSITY[subtlety])
        paths, replaced = fill_lung(paths, ball)
        masks.append(replaced > 0.3 * diameter)
    return paths, tuple(masks)


def _place(paths: Paths, scene: Scene, rng: np.random.Generator, *, margin: float) -> tuple[Lung, tuple[float, float]]:
    """Chooses a lung and a point in it, evenly over where enough of it is inflated and away from its edges."""
    first = int(rng.integers(2))
    ray = rng.random()
    for lung in (scene.lungs[first], scene.lungs[1 - first]):
        deep = np.minimum(paths.lung, lung.path) > 0.42 * scene.anatomy.lung_depth
        room = np.flatnonzero(deep & (lung.across > margin) & (lung.across < 1 - margin) & (lung.y < lung.dome - 8))
        if room.size:
            return lung, _point(scene.beam, int(room[int(ray * room.size)]))
    return scene.lungs[first], scene.lungs[first].hilum


def _point(beam: Beam, pixel: int) -> tuple[float, float]:
    return float(beam.x.flat[pixel]), float(beam.y.flat[pixel])


def _patch(beam: Beam, centre: tuple[float, float], radius: float, rng: np.random.Generator) -> Map:
    """1 in the middle of an irregular patch, falling to 0 at its border."""
    tilt, aspect = rng.uniform(0, np.pi), rng.uniform(1.0, 1.5)
    radii = (1.15 * radius * aspect**0.5, 1.15 * radius / aspect**0.5)
    bump = ellipsoid_path(beam, (*centre, 0.0), radii=radii, depth=1.0, tilt=tilt)
    ragged = bump**2 + (0.22 * smooth_noise(rng, beam, scale_mm=17)) * (bump > 0)
    return ramp(np.asarray(ragged, np.float32), start=0.05, end=rng.uniform(0.5, 0.8))


def _bronchi(scene: Scene, lung: Lung, centre: tuple[float, float], rng: np.random.Generator) -> Map:
    """Path length through the air of bronchi that fan out from the hilum through the patch."""
    t = np.linspace(0, 1, samples_along(scene.beam, 130))
    start, middle = np.array(lung.hilum), np.array(centre)
    ends = middle + 0.45 * (middle - start) + rng.normal(0, 24, (7, 2))
    curves = start + (ends - start)[:, None] * t[:, None]
    points = np.concatenate([curves, np.zeros((*curves.shape[:2], 1))], axis=2)
    return tube_path(scene.beam, points, _taper(t), radius_mm=2.0)


def _taper(t: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.asarray(np.pi * (2.6 - 1.2 * t) ** 2, np.float64)


def _uneven_ball(beam: Beam, centre: tuple[float, float], diameter: float, rng: np.random.Generator) -> Map:
    aspect, tilt = rng.uniform(1.0, 1.2), rng.uniform(0, np.pi)
    radii = (0.5 * diameter * aspect**0.5, 0.5 * diameter / aspect**0.5)
    ball = ellipsoid_path(beam, (*centre, 0.0), radii=radii, depth=diameter, tilt=tilt)
    return np.asarray(ball * (1 + 0.08 * smooth_noise(rng, beam, scale_mm=7)), np.float32)
