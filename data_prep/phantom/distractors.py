"""Distractors: things that look like findings and are none, drawn without regard to the findings."""

import numpy as np

from data_prep.phantom.anatomy import Anatomy
from data_prep.phantom.maps import Map
from data_prep.phantom.projection import Beam, ellipsoid_path, samples_along, tube_path
from data_prep.phantom.torso import LEFT, RIGHT

_NIPPLES_SHOWN = 0.25
_GRANULOMA_SHARE = 0.3
_SCAR_SHARE = 0.3
_LEADS = {"PA": 0.08, "AP": 0.75}


def project_skin(beam: Beam, anatomy: Anatomy, rng: np.random.Generator) -> Map:
    """Path length through nipples and skin folds over the lungs."""
    path = np.zeros_like(beam.x)
    shown = float(rng.random() < _NIPPLES_SHOWN)
    for side in (LEFT, RIGHT):
        x, y = side * rng.normal(0.68, 0.05) * anatomy.thorax_half_width, rng.normal(52, 10)
        path += ellipsoid_path(beam, (x, y, 110), radii=(4.5, 4.5), depth=9 * shown)
    return path


def project_calcifications(beam: Beam, anatomy: Anatomy, rng: np.random.Generator) -> Map:
    """Path length through calcified granulomas and lymph nodes: small and very dense, unlike a nodule."""
    path = np.zeros_like(beam.x)
    for _ in range(int(rng.integers(1, 4)) if rng.random() < _GRANULOMA_SHARE else 0):
        x, y = rng.uniform(-0.85, 0.85) * anatomy.thorax_half_width, rng.uniform(anatomy.apex + 30, anatomy.dome)
        radius = rng.uniform(1.5, 3.5)
        path += ellipsoid_path(beam, (x, y, rng.uniform(-50, 50)), radii=(radius, radius), depth=1.6 * radius)
    return path


def project_scars(beam: Beam, anatomy: Anatomy, rng: np.random.Generator) -> Map:
    """Path length through linear scars and plate-like collapse, mm of lung replaced."""
    path = np.zeros_like(beam.x)
    for _ in range(int(rng.integers(1, 4)) if rng.random() < _SCAR_SHARE else 0):
        x = rng.choice([-1, 1]) * rng.uniform(0.35, 0.8) * anatomy.thorax_half_width
        y = rng.uniform(anatomy.apex + 40, anatomy.dome)
        length, width = rng.uniform(14, 32), rng.uniform(1.3, 2.8)
        tilt = rng.normal(0, 0.5)
        path += ellipsoid_path(beam, (x, y, 0), radii=(length, width), depth=rng.uniform(8, 24), tilt=tilt)
    return path


def project_metal(beam: Beam, anatomy: Anatomy, rng: np.random.Generator) -> Map:
    """Path length through ECG leads with their electrodes, mostly on bedside films."""
    path = np.zeros_like(beam.x)
    if rng.random() >= _LEADS[beam.pose.view]:
        return path
    t = np.linspace(0, 1, samples_along(beam, 300))[:, None]
    for _ in range(int(rng.integers(2, 5))):
        end = np.array([rng.uniform(-0.9, 0.9) * anatomy.thorax_half_width, rng.uniform(-70, 110), 110])
        start = np.array([end[0] * 1.1 + rng.normal(0, 60), -190.0, 110])
        sag = np.array([rng.normal(0, 45), 0, 0]) * np.sin(np.pi * t)
        path += tube_path(beam, (start + (end - start) * t + sag)[None], np.array([[0.9]]), radius_mm=0.8)
        path += ellipsoid_path(beam, (end[0], end[1], end[2]), radii=(5, 5), depth=0.7)
    return path
