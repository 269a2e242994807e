"""Lesions of the lung: consolidation with air bronchograms, and round nodules."""

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from data_prep.phantom.attenuation import Paths
from data_prep.phantom.maps import Map, ramp, root
from data_prep.phantom.projection import Beam, ellipsoid_path, samples_along, smooth_noise, tube_path
from data_prep.phantom.scene import Mask, Scene, fill_lung
from data_prep.phantom.torso import Lung

_CONSOLIDATION_RADIUS = {1: (46.0, 62.0), 2: (41.0, 53.0), 3: (36.0, 46.0), 4: (30.0, 39.0), 5: (25.0, 32.0)}
_CONSOLIDATION_DEPTH = {1: 98.0, 2: 82.0, 3: 67.0, 4: 53.0, 5: 40.0}
_NODULE_DIAMETER = {1: (38.0, 46.0), 2: (34.0, 40.0), 3: (29.0, 35.0), 4: (24.0, 30.0), 5: (18.0, 24.0)}
_NODULE_CALCIUM = {1: 0.50, 2: 0.42, 3: 0.30, 4: 0.17, 5: 0.05}
_NODULES = {1: 0.3, 2: 0.3, 3: 0.25, 4: 0.15}
_VISIBLE_MM = 6.0


def add_consolidation(
    paths: Paths, scene: Scene, subtlety: int, rng: np.random.Generator
) -> tuple[Paths, tuple[Mask, ...]]:
    """Airspace filled with fluid: a patch without sharp borders, crossed by bronchi that still hold air."""
    lung, (x, y) = place_in_lung(paths, scene, rng, margin=0.10)
    share = _patch(scene.beam, (x, y), float(rng.uniform(*_CONSOLIDATION_RADIUS[subtlety])), rng)
    share = share * (lung.path > 0)
    depth = _CONSOLIDATION_DEPTH[subtlety] * (1 + 0.16 * smooth_noise(rng, scene.beam, scale_mm=12))
    filled, replaced = fill_lung(paths, np.asarray(np.maximum(depth, 0) * share, np.float32))
    mask = replaced > max(_VISIBLE_MM, 0.25 * _CONSOLIDATION_DEPTH[subtlety])
    bronchi = _bronchi(scene, lung, (x, y), rng) * np.minimum(replaced / 60, 1)
    return replace(filled, air=filled.air + np.minimum(bronchi, 0.35 * replaced)), (mask,)


def add_nodule(paths: Paths, scene: Scene, subtlety: int, rng: np.random.Generator) -> tuple[Paths, tuple[Mask, ...]]:
    """One to four round nodules with slightly uneven rims; the obvious ones hold calcium."""
    masks = []
    for _ in range(int(rng.choice(list(_NODULES), p=list(_NODULES.values())))):
        _, (x, y) = place_in_lung(paths, scene, rng, margin=0.16)
        diameter = float(rng.uniform(*_NODULE_DIAMETER[subtlety]))
        paths, replaced = fill_lung(paths, uneven_ball(scene.beam, (x, y), diameter, rng))
        paths = replace(paths, bone=paths.bone + np.float32(_NODULE_CALCIUM[subtlety]) * replaced)
        masks.append(replaced > 0.3 * diameter)
    return paths, tuple(masks)


def place_in_lung(
    paths: Paths, scene: Scene, rng: np.random.Generator, *, margin: float
) -> tuple[Lung, tuple[float, float]]:
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
    radii = (1.35 * radius * aspect**0.5, 1.35 * radius / aspect**0.5)
    bump = ellipsoid_path(beam, (*centre, 0.0), radii=radii, depth=1.0, tilt=tilt)
    rough = 0.13 * smooth_noise(rng, beam, scale_mm=22) + 0.07 * smooth_noise(rng, beam, scale_mm=9)
    ragged = bump**2 * (1 + rough) + rough * root(bump)
    return ramp(np.asarray(ragged, np.float32), start=0.0, end=rng.uniform(0.75, 1.0))


def _bronchi(scene: Scene, lung: Lung, centre: tuple[float, float], rng: np.random.Generator) -> Map:
    """Path length through the air of bronchi that fan out from the hilum through the patch."""
    t = np.linspace(0, 1, samples_along(scene.beam, 130))
    start, middle = np.array(lung.hilum), np.array(centre)
    ends = middle + 0.45 * (middle - start) + rng.normal(0, 24, (6, 2))
    curves = start + (ends - start)[:, None] * t[:, None]
    points = np.concatenate([curves, np.zeros((*curves.shape[:2], 1))], axis=2)
    return tube_path(scene.beam, points, _taper(t), radius_mm=2.0)


def _taper(t: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.asarray(np.pi * (2.2 - 1.2 * t) ** 2, np.float64)


def uneven_ball(beam: Beam, centre: tuple[float, float], diameter: float, rng: np.random.Generator) -> Map:
    """Path length through a nodule that is not quite round, mm."""
    aspect, tilt = rng.uniform(1.0, 1.2), rng.uniform(0, np.pi)
    radii = (0.5 * diameter * aspect**0.5, 0.5 * diameter / aspect**0.5)
    ball = ellipsoid_path(beam, (*centre, 0.0), radii=radii, depth=diameter, tilt=tilt)
    return np.asarray(ball * (1 + 0.08 * smooth_noise(rng, beam, scale_mm=7)), np.float32)
