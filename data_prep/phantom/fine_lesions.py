"""Fine lesions: small nodules, thin pleural lines and faint texture, for radiographs of 512² and more.

They are of the size and contrast that noise hides first. The coarse ones are hidden by ribs and vessels, which are
there at any dose.
"""

from dataclasses import replace

import cv2
import numpy as np

from data_prep.phantom.attenuation import Paths
from data_prep.phantom.lesions import place_in_lung, uneven_ball
from data_prep.phantom.maps import Map
from data_prep.phantom.pleura import collapse_lung
from data_prep.phantom.scene import Mask, Scene, fill_lung, keep_lung

_NODULE_DIAMETER = {1: (9.0, 10.0), 2: (8.0, 9.0), 3: (7.0, 8.0), 4: (6.0, 7.0), 5: (5.0, 6.0)}
_NODULES = {1: 0.5, 2: 0.3, 3: 0.2}
_COLLAPSE = {1: (0.86, 0.89), 2: (0.88, 0.91), 3: (0.90, 0.93), 4: (0.92, 0.945), 5: (0.935, 0.955)}
_LINE_TISSUE_MM = {1: 4.0, 2: 3.2, 3: 2.5, 4: 1.9, 5: 1.4}
"""Soft tissue that a ray through the visceral pleura meets edge-on."""
_AIR_SHARE = 0.06
"""Of a thin layer of air beside the lung, which hardly darkens it: the line must tell."""
_LINE_WIDTH_MM = 0.9
_TEXTURE_TISSUE_MM = {1: 1.0, 2: 0.8, 3: 0.65, 4: 0.52, 5: 0.42}
"""Standard deviation of the tissue that thickened septa add to a ray."""
_SEPTA_MM = 0.55
"""Half the width of a septum."""
_VISIBLE_MM = 0.1


def add_small_nodules(
    paths: Paths, scene: Scene, subtlety: int, rng: np.random.Generator
) -> tuple[Paths, tuple[Mask, ...]]:
    """One to three nodules of soft tissue, 5 to 10 mm across."""
    masks = []
    for _ in range(int(rng.choice(list(_NODULES), p=list(_NODULES.values())))):
        _, centre = place_in_lung(paths, scene, rng, margin=0.1)
        diameter = float(rng.uniform(*_NODULE_DIAMETER[subtlety]))
        paths, replaced = fill_lung(paths, uneven_ball(scene.beam, centre, diameter, rng))
        masks.append(replaced > 0.2 * diameter)
    return paths, tuple(masks)


def add_pleural_line(
    paths: Paths, scene: Scene, subtlety: int, rng: np.random.Generator
) -> tuple[Paths, tuple[Mask, ...]]:
    """A small pneumothorax that shows by its pleural line: a layer of air too thin to be darker than the lung."""
    lung, zone, soft = collapse_lung(scene, _COLLAPSE[subtlety], rng)
    opened = keep_lung(paths, 1 - np.float32(_AIR_SHARE) * soft, air=True)
    border = _draw_border(zone, scene.beam.pixel_mm) * (lung.path > 20)
    line = np.minimum(np.float32(_LINE_TISSUE_MM[subtlety]) * border, opened.lung)
    return replace(opened, lung=opened.lung - line), (zone | (line > _VISIBLE_MM),)


def add_interstitial_texture(
    paths: Paths, scene: Scene, subtlety: int, rng: np.random.Generator
) -> tuple[Paths, tuple[Mask, ...]]:
    """Thickened septa in both lungs: a faint network of lines, finer than vessels and than the healthy mottle."""
    pattern = _draw_septa(scene, rng)
    deep = np.minimum(paths.lung / np.float32(0.5 * scene.anatomy.lung_depth), 1)
    tissue = np.clip(np.float32(_TEXTURE_TISSUE_MM[subtlety]) * pattern * deep, -paths.lung, paths.lung)
    masks = tuple((deep > 0.5) & (lung.path > 0) for lung in scene.lungs)
    return replace(paths, lung=np.asarray(paths.lung - tissue, np.float32)), masks


def _draw_border(zone: Mask, pixel_mm: float) -> Map:
    """1 on the border of a zone, as wide as the pleura or a pixel, and anti-aliased."""
    inside = cv2.GaussianBlur(zone.astype(np.float32), (0, 0), max(_LINE_WIDTH_MM / pixel_mm / 2, 0.6))
    return np.asarray(4 * inside * (1 - inside), np.float32)


def _draw_septa(scene: Scene, rng: np.random.Generator) -> Map:
    """A random field of zero mean and unit variance whose lines are about two `_SEPTA_MM` wide."""
    sigma = _SEPTA_MM / scene.beam.pixel_mm
    noise = rng.standard_normal(scene.beam.x.shape, np.float32)
    band = cv2.GaussianBlur(noise, (0, 0), sigma) - cv2.GaussianBlur(noise, (0, 0), 1.6 * sigma)
    return np.asarray(band / max(float(band.std()), 1e-6), np.float32)
