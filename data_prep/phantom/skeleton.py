"""Skeleton: ribs, spine, clavicles, shoulder blades and humeri, as path lengths of cortical bone."""

import numpy as np
from numpy.typing import NDArray

from data_prep.phantom.anatomy import Anatomy
from data_prep.phantom.maps import Map, ramp, root
from data_prep.phantom.projection import Beam, ellipsoid_path, samples_along, tube_path
from data_prep.phantom.torso import LEFT, RIGHT, lung_edges

_RIBS = 11
_RIB_AREA = 60.0


def project_skeleton(beam: Beam, anatomy: Anatomy, rng: np.random.Generator) -> Map:
    """Path length through all bones, mm of cortical bone."""
    bones = project_spine(beam, anatomy) + project_ribs(beam, anatomy, rng)
    bones += project_clavicles(beam, anatomy, rng) + project_shoulders(beam, anatomy, rng)
    return np.asarray(np.float32(anatomy.bone) * bones, np.float32)


def project_ribs(beam: Beam, anatomy: Anatomy, rng: np.random.Generator) -> Map:
    """Path length through the ribs: arcs from the spine round the flank to their anterior ends."""
    turn = np.linspace(0.13, 1, samples_along(beam, 420))
    curves = [_rib(anatomy, side, number, turn, rng) for side in (LEFT, RIGHT) for number in range(_RIBS)]
    area = _RIB_AREA * (1.08 - 0.5 * turn**2)
    return tube_path(beam, np.stack(curves), area, radius_mm=6.6, hollow=0.55)


def _rib(
    anatomy: Anatomy, side: int, number: int, turn: NDArray[np.float64], rng: np.random.Generator
) -> NDArray[np.float64]:
    """(N, 3) axis of one rib; `turn` goes from 0 at the spine to 1 at the anterior end."""
    level = number / (_RIBS - 1)
    y_back = anatomy.apex - 6 + 21.5 * number + rng.normal(0, 1.2)
    angle = turn * np.pi * (0.80 - 0.22 * max(level - 0.6, 0) / 0.4 + rng.normal(0, 0.01))
    fall = anatomy.rib_slope * (34 + 86 * np.sqrt(level))
    wide = lung_edges(anatomy, np.array([y_back + 0.5 * fall], np.float32))[1][0] + 3
    x = side * wide * np.power(np.sin(angle), 0.86)
    z = -0.52 * anatomy.lung_depth * np.cos(angle)
    y = y_back + fall * (1 - np.cos(angle)) / 2 - 7 * np.sin(np.minimum(angle, np.pi / 2) * 2)
    return np.stack([x, y, z], axis=1)


def project_spine(beam: Beam, anatomy: Anatomy) -> Map:
    """Path length through vertebral bodies with end plates, pedicles and spinous processes."""
    x, y = beam.at_depth(-0.33 * anatomy.lung_depth)
    x = x - np.asarray(anatomy.spine_curve * np.sin(y / 75), np.float32)
    half = 15.5 + 0.022 * (y - anatomy.apex)
    phase = (y / np.float32(anatomy.vertebra)) % 1
    body = root(1 - np.minimum(np.abs(x) / half, 1) ** 4) * (
        0.72 + 0.28 * ramp(np.abs(phase - 0.5), start=0.44, end=0.36)
    )
    plates = 0.22 * np.exp(-np.square((np.abs(phase - 0.5) - 0.39) / 0.05)) * (np.abs(x) < half)
    pedicles = np.exp(-np.square((np.abs(x) - 0.68 * half) / 3.2) - np.square((phase - 0.38) / 0.16))
    process = np.exp(-np.square(x / 2.6) - np.square((phase - 0.75) / 0.2))
    return np.asarray(8.5 * body + 13 * plates + 4 * pedicles + 4 * process, np.float32)


def project_clavicles(beam: Beam, anatomy: Anatomy, rng: np.random.Generator) -> Map:
    """Path length through the clavicles: an S from the sternum to the shoulder."""
    t = np.linspace(0, 1, samples_along(beam, 170))
    rise, reach = rng.uniform(4, 30), anatomy.thorax_half_width + 0.6 * anatomy.chest_wall
    start = anatomy.apex + 34 + beam.pose.shoulders
    curves = []
    for side in (LEFT, RIGHT):
        y = start - rise * t + 9 * np.sin(2 * np.pi * t) + rng.normal(0, 2)
        curves.append(np.stack([side * (14 + (reach - 14) * t), y, 62 - 70 * t**2], axis=1))
    area = 120 - 30 * np.sin(np.pi * t)
    return tube_path(beam, np.stack(curves), area, radius_mm=6.3, hollow=0.45)


def project_shoulders(beam: Beam, anatomy: Anatomy, rng: np.random.Generator) -> Map:
    """Path length through shoulder blades and humeri; in bed the blades lie over the lungs."""
    over = rng.uniform(0, 26) + (22 if beam.pose.view == "AP" else 0)
    reach, top = anatomy.thorax_half_width + anatomy.chest_wall, anatomy.apex + beam.pose.shoulders
    bones: Map = np.zeros_like(beam.x)
    for side in (LEFT, RIGHT):
        glenoid = np.array([side * (reach + 4), top + 42, -35])
        tip = np.array([side * (reach - 12 - over), top + 165, -80])
        inner = np.array([side * (reach - 40 - 1.3 * over), top + 38, -75])
        bones = bones + _blade(beam, glenoid, tip, inner) + _humerus(beam, glenoid, side)
    return bones


def _blade(beam: Beam, glenoid: NDArray[np.float64], tip: NDArray[np.float64], inner: NDArray[np.float64]) -> Map:
    t = np.linspace(0, 1, samples_along(beam, 150))[:, None]
    lateral, medial, spine = glenoid + (tip - glenoid) * t, inner + (tip - inner) * t, inner + (glenoid - inner) * t
    medial = medial + np.array([0, 0, 6]) * np.sin(np.pi * t)
    borders = tube_path(beam, np.stack([lateral, spine]), np.array([[34.0]]), radius_mm=5.0, hollow=0.3)
    return borders + tube_path(beam, medial[None], np.array([[12.0]]), radius_mm=3.0)


def _humerus(beam: Beam, glenoid: NDArray[np.float64], side: int) -> Map:
    head = glenoid + np.array([side * 26, -4, 25])
    t = np.linspace(0, 1, samples_along(beam, 150))[:, None]
    shaft = head + np.array([side * 55.0, 140.0, 0.0]) * t
    ball = ellipsoid_path(beam, (head[0], head[1], head[2]), radii=(24, 25), depth=13)
    return ball + tube_path(beam, shaft[None], np.array([[150.0]]), radius_mm=11, hollow=0.6)
