"""Pleura: fluid that blunts the costophrenic angle, and air that lets the lung fall away from the chest wall."""

from dataclasses import replace

import cv2
import numpy as np

from data_prep.phantom.attenuation import Paths
from data_prep.phantom.maps import Map, blur, ramp
from data_prep.phantom.scene import Mask, Scene, keep_lung
from data_prep.phantom.torso import Lung, project_lung

_FLUID_HEIGHT = {1: (85.0, 120.0), 2: (65.0, 85.0), 3: (48.0, 65.0), 4: (36.0, 48.0), 5: (26.0, 36.0)}
_COLLAPSE = {1: (0.62, 0.72), 2: (0.72, 0.78), 3: (0.78, 0.83), 4: (0.83, 0.87), 5: (0.87, 0.905)}
_AIR_SHARE = {1: 0.85, 2: 0.75, 3: 0.65, 4: 0.55, 5: 0.45}
_VISIBLE_MM = 9.0
_BOTH_SIDES = 0.2


def add_effusion(paths: Paths, scene: Scene, subtlety: int, rng: np.random.Generator) -> tuple[Paths, tuple[Mask, ...]]:
    """Fluid in one pleural space, sometimes both; its level rises towards the chest wall (the meniscus)."""
    first = int(rng.integers(2))
    masks = []
    for lung in [scene.lungs[first], scene.lungs[1 - first]][: 2 if rng.random() < _BOTH_SIDES else 1]:
        share = _fluid_share(lung, float(rng.uniform(*_FLUID_HEIGHT[subtlety])), rng)
        masks.append(share * np.minimum(paths.lung, lung.path) > _VISIBLE_MM)
        paths = keep_lung(paths, 1 - share)
    return paths, tuple(masks)


def _fluid_share(lung: Lung, height: float, rng: np.random.Generator) -> Map:
    """Share of the lung's depth that the fluid fills: all below the meniscus, none well above it."""
    climb = rng.uniform(0.25, 0.65)
    across = np.clip(lung.across, 0, 1.05)
    level = lung.angle - height * ((1 - climb) + climb * across**2.2)
    share = ramp(lung.y - level, start=-4, end=rng.uniform(8, 20))
    return np.asarray(share * (lung.path > 0), np.float32)


def add_pneumothorax(
    paths: Paths, scene: Scene, subtlety: int, rng: np.random.Generator
) -> tuple[Paths, tuple[Mask, ...]]:
    """Air between chest wall and a lung shrunken towards its hilum: no vessels there, and a thin pleural line."""
    lung, zone, soft = collapse_lung(scene, _COLLAPSE[subtlety], rng)
    without_vessels = replace(paths, vessel=paths.vessel * (1 - soft))
    opened = keep_lung(without_vessels, 1 - np.float32(_AIR_SHARE[subtlety]) * soft, air=True)
    line = _pleural_line(zone, lung, scene.beam.pixel_mm)
    return replace(opened, air=np.maximum(opened.air - 5 * line, 0), vessel=opened.vessel + 2 * line), (zone,)


def collapse_lung(scene: Scene, shares: tuple[float, float], rng: np.random.Generator) -> tuple[Lung, Mask, Map]:
    """A lung that shrinks to a share between two: which one, the space it leaves, and that space with a soft border.

    Args:
        scene: Anatomy and beam.
        shares: Least and greatest size that the lung keeps.
        rng: Draws the side, the share and the point that the lung shrinks towards.
    """
    lung = scene.lungs[int(rng.integers(2))]
    zone = _pleural_space(scene, lung, float(rng.uniform(*shares)), rng)
    return lung, zone, blur(zone.astype(np.float32), 0.7 / scene.beam.pixel_mm)


def _pleural_space(scene: Scene, lung: Lung, collapse: float, rng: np.random.Generator) -> Mask:
    """Where the chest cavity is no longer filled: outside the lung scaled about a point near its base."""
    x0 = lung.side * scene.anatomy.mediastinum
    y0 = scene.anatomy.apex + rng.uniform(0.55, 0.95) * (lung.angle - scene.anatomy.apex)
    scale = np.float32(1 / collapse)
    nearer = replace(scene.beam, x=x0 + (scene.beam.x - x0) * scale, y=y0 + (scene.beam.y - y0) * scale)
    shrunken = project_lung(nearer, scene.anatomy, lung.side).across
    return np.asarray((lung.path > 12) & ((shrunken > 1) | (nearer.y < scene.anatomy.apex)), np.bool_)


def _pleural_line(zone: Mask, lung: Lung, pixel_mm: float) -> Map:
    """A thin line on the inner border of the air."""
    kernel = np.ones((3, 3), np.uint8)
    inner = cv2.dilate(zone.astype(np.uint8), kernel) - zone.astype(np.uint8)
    line = (inner * (lung.path > 30)).astype(np.float32)
    return blur(line, 0.5 / pixel_mm) * np.float32(min(1.0, 1.4 / pixel_mm))
