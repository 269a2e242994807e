"""Torso: body outline, lungs above the diaphragm, and the air of trachea and stomach, as path lengths."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from data_prep.phantom.anatomy import Anatomy
from data_prep.phantom.maps import Map, ramp, root
from data_prep.phantom.projection import Beam, ellipsoid_path, samples_along, tube_path

LEFT, RIGHT = 1, -1
"""Sign of x on the patient's left and right."""


@dataclass(frozen=True)
class Lung:
    """One lung as seen along the beam.

    Attributes:
        side: LEFT or RIGHT.
        path: Path length through it, mm.
        across: 0 at the mediastinum, 1 at the chest wall.
        y: Each ray's y, mm.
        dome: y of the diaphragm's top at each ray, mm.
        hilum: (x, y), mm.
        angle: y of the costophrenic angle, mm.
    """

    side: int
    path: Map
    across: Map
    y: Map
    dome: Map
    hilum: tuple[float, float]
    angle: float


def dome_height(anatomy: Anatomy, expiration: float, side: int) -> float:
    """Y of the top of one hemidiaphragm, mm."""
    return anatomy.dome - expiration - (anatomy.dome_lead if side == RIGHT else 0.0)


def hilum_of(anatomy: Anatomy, side: int) -> tuple[float, float]:
    """(x, y) of one hilum, mm; the left stands a little higher."""
    y = anatomy.apex + 0.43 * (anatomy.dome - anatomy.apex)
    return side * (anatomy.mediastinum + 10), y - (8 if side == LEFT else 0)


def lung_edges(anatomy: Anatomy, y: Map) -> tuple[Map, Map]:
    """Distance of the lung's (medial, lateral) edge from the midline at height `y`, mm."""
    width, apex_x = anatomy.thorax_half_width, 0.42 * anatomy.thorax_half_width
    level = np.clip((y - anatomy.apex) / (anatomy.dome - anatomy.apex + 30), 0, 1)
    lateral = apex_x + (width - apex_x) * np.power(1 - np.power(1 - level, 3.0), 0.55)
    near_apex = np.clip(level / 0.3, 0, 1)
    medial = apex_x - (apex_x - anatomy.mediastinum) * np.sqrt(1 - (1 - near_apex) ** 2)
    return np.asarray(medial, np.float32), np.asarray(lateral, np.float32)


def project_lung(beam: Beam, anatomy: Anatomy, side: int) -> Lung:
    """Projects one lung, cut off below by its dome."""
    x, y = side * beam.x, beam.y
    medial, lateral = lung_edges(anatomy, y)
    across = (x - medial) / np.maximum(lateral - medial, 1)
    inside = np.clip(across, 0, 1)
    wall = root(1 - inside**5) * (1 - (1 - inside) ** 5) ** 0.7
    top = dome_height(anatomy, beam.pose.expiration, side)
    dome = _dome_surface(x, anatomy, top)
    path = anatomy.lung_depth * _depth_profile(y, anatomy) * wall * _above(y - dome, anatomy)
    angle = top + anatomy.dome_fall
    return Lung(side, path.astype(np.float32), across, y, dome, hilum_of(anatomy, side), angle)


def _depth_profile(y: Map, anatomy: Anatomy) -> Map:
    """Relative depth of the lung by height: rounded at the apex, deepest below the middle."""
    level = np.clip((y - anatomy.apex) / (anatomy.dome - anatomy.apex), 0, 1)
    tip = root(1 - (1 - np.clip(level / 0.22, 0, 1)) ** 2)
    return np.asarray(tip * (0.62 + 0.38 * np.sqrt(level)), np.float32)


def _dome_surface(x: Map, anatomy: Anatomy, top: float) -> Map:
    """Y of the diaphragm's silhouette: highest at mid-lung, steep towards the costophrenic angle."""
    summit = 0.46 * anatomy.thorax_half_width
    lateral = np.clip((x - summit) / (anatomy.thorax_half_width - summit), 0, 1.2)
    medial = np.clip((summit - x) / summit, 0, 1.5)
    ripple = 1.6 * np.sin(x / 17 + anatomy.dome) + 1.2 * np.sin(x / 8.3 + anatomy.apex)
    return np.asarray(top + anatomy.dome_fall * lateral**2.3 + 14 * medial**2 + ripple, np.float32)


def _above(below: Map, anatomy: Anatomy) -> Map:
    """Share of the lung's depth that is above the dome; behind the dome's top, the recess reaches further down."""
    edge = np.clip(below / 2 + 0.5, 0, 1)
    recess = np.clip(below / (1.3 * anatomy.dome_fall), 0, 1)
    return np.asarray(1 - edge * (1 - 0.5 * np.square(1 - np.sqrt(recess))), np.float32)


def project_body(beam: Beam, anatomy: Anatomy) -> Map:
    """Path length through the whole body: trunk, neck, shoulders and arms."""
    parts = [_trunk(beam, anatomy), _neck(beam, anatomy)]
    reach, top = anatomy.thorax_half_width + anatomy.chest_wall, anatomy.apex + beam.pose.shoulders
    for side in (LEFT, RIGHT):
        slope = ((side * 85, top + 4, -20), (122, 50), 0.80 * anatomy.body_depth, side * 0.28)
        shoulder = ((side * (reach + 22), top + 42, -15), (80, 74), 0.80 * anatomy.body_depth, 0.0)
        arm = ((side * (reach + 62), top + 130, -10), (150, 48), 0.56 * anatomy.body_depth, side * 1.25)
        parts += [
            ellipsoid_path(beam, centre, radii=radii, depth=depth, tilt=tilt)
            for centre, radii, depth, tilt in (slope, shoulder, arm)
        ]
    return np.asarray(np.maximum.reduce(parts), np.float32)


def _trunk(beam: Beam, anatomy: Anatomy) -> Map:
    reach = anatomy.thorax_half_width + anatomy.chest_wall
    top = ramp(beam.y, start=anatomy.apex - 55, end=anatomy.apex + 15)
    across = np.minimum(np.abs(beam.x) / np.float32(reach), 1)
    belly = 1 + 0.10 * ramp(beam.y, start=0, end=200)
    return np.asarray(anatomy.body_depth * top * belly * np.power(1 - across**4, 0.5), np.float32)


def _neck(beam: Beam, anatomy: Anatomy) -> Map:
    across = np.minimum(np.abs(beam.x) / np.float32(52 + 0.3 * anatomy.chest_wall), 1)
    above = 1 - ramp(beam.y, start=anatomy.apex - 10, end=anatomy.apex + 60)
    return np.asarray(0.86 * anatomy.body_depth * root(1 - across**3) * above, np.float32)


def project_breasts(beam: Beam, anatomy: Anatomy, rng: np.random.Generator) -> Map:
    """Path length through breast tissue, or the thinner pectoral muscles; it hangs lower in the stout."""
    thick = max(anatomy.breast, 9.0)
    paths = []
    for side in (LEFT, RIGHT):
        x = side * (0.52 * anatomy.thorax_half_width + rng.normal(0, 6))
        y = (42 if anatomy.breast else -35) + rng.normal(0, 9)
        radii = (46 + 0.4 * thick, 46 + 0.45 * thick)
        bulge = ellipsoid_path(beam, (x, y, 95), radii=radii, depth=1.0)
        paths.append(np.float32(thick) * bulge**1.6 * ramp(beam.y, start=y - 60, end=y + 30))
    return np.asarray(paths[0] + paths[1], np.float32)


def project_airway(beam: Beam, anatomy: Anatomy) -> Map:
    """Path length through trachea and main bronchi."""
    carina = anatomy.apex + 0.34 * (anatomy.dome - anatomy.apex)
    trachea = np.array([[-1, anatomy.apex - 70, -5], [-2, anatomy.apex, -10], [-5, carina, -20]], float)
    branches = [
        np.array([trachea[-1], [side * 22 - 4, carina + 20, -22], [*hilum_of(anatomy, side), -25]], float)
        for side in (LEFT, RIGHT)
    ]
    count = samples_along(beam, 220)
    path = tube_path(beam, _through(trachea, count)[None], np.array([[200.0]]), radius_mm=9.5)
    return path + tube_path(beam, np.stack([_through(b, count) for b in branches]), np.array([[85.0]]), radius_mm=6.5)


def _through(nodes: NDArray[np.float64], count: int) -> NDArray[np.float64]:
    """`count` points on the quadratic curve through three (3, 3) nodes."""
    t = np.linspace(0, 1, count)[:, None]
    weights = np.concatenate([(1 - t) * (1 - 2 * t), 4 * t * (1 - t), t * (2 * t - 1)], axis=1)
    return np.asarray(weights @ nodes, np.float64)


def project_stomach(beam: Beam, anatomy: Anatomy, rng: np.random.Generator) -> Map:
    """Path length through the gastric bubble under the left dome; some patients show none."""
    width, height, path = rng.uniform(14, 34), rng.uniform(8, 20), rng.uniform(15, 60) * (rng.random() < 0.75)
    top = dome_height(anatomy, beam.pose.expiration, LEFT)
    x = 0.42 * anatomy.thorax_half_width + rng.normal(0, 8)
    bubble = ellipsoid_path(beam, (x, top + 12 + height, 20), radii=(width, height), depth=path)
    level = top + 12 + height * rng.uniform(0.9, 1.6)
    return bubble * (1 - ramp(beam.y, start=level - 2, end=level + 2))
