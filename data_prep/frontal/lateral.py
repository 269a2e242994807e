"""Lateral chests: a thorax seen from the side, after textbook proportions.

The frame spans the trunk: x from the sternum to the back, y from the neck to the upper abdomen. The lungs overlie each
other between sternum and spine, the heart lies in front above the domes, the spine darkens downwards, the arms are
raised.
"""

import numpy as np

from data_prep.frontal.canvas import Canvas, Layer, Picture, expose

_SOFT, _LUNG, _BONE = 4.2, 3.0, 1.6
"""Line integrals through the trunk, through what the lungs save of it, and through a vertebra."""


def draw_lateral(rng: np.random.Generator) -> Picture:
    """One lateral chest, facing either side."""
    canvas = Canvas(rng, turn=0.1, shift=0.08, zoom=(0.85, 1.25))
    front, back = _outline(canvas)
    layer = _trunk(canvas, front, back) + _arms(canvas, rng)
    layer = np.maximum(layer - _lungs(canvas, front, back, rng), 0.1)
    layer += _mediastinum(canvas, rng) + _skeleton(canvas, front, back, rng)
    picture = expose(np.asarray(layer, np.float32), rng)
    return picture if rng.random() < 0.5 else np.ascontiguousarray(picture[:, ::-1])


def _outline(canvas: Canvas) -> tuple[Layer, Layer]:
    """Where front and back stand at each ray's height, as x."""
    rng, levels = canvas.rng, [-1.3, -0.75, -0.3, 0.3, 0.8, 1.3]
    scale = rng.uniform(0.8, 1.15)
    front = np.array([-0.25, -0.42, -0.62, -0.7, -0.66, -0.68]) + rng.normal(0, 0.05, 6)
    back = np.array([0.35, 0.6, 0.68, 0.62, 0.52, 0.5]) + rng.normal(0, 0.04, 6)
    at = canvas.y.ravel()
    shape = canvas.y.shape
    return (
        np.asarray(np.interp(at, levels, front * scale).reshape(shape), np.float32),
        np.asarray(np.interp(at, levels, back * scale).reshape(shape), np.float32),
    )


def _trunk(canvas: Canvas, front: Layer, back: Layer) -> Layer:
    across = (2 * canvas.x - front - back) / np.maximum(back - front, np.float32(0.1))
    thick = np.power(np.maximum(1 - across**2, 0), np.float32(canvas.rng.uniform(0.3, 0.6)))
    return np.asarray(_SOFT * thick * (1 + 0.25 * np.clip(canvas.y, -1, 1)), np.float32)


def _arms(canvas: Canvas, rng: np.random.Generator) -> Layer:
    """Raised arms and shoulders before the apices."""
    ends = np.array([[rng.uniform(-1.2, -0.2), -1.3], [rng.uniform(0.0, 0.3), rng.uniform(-0.75, -0.5)]])
    arm = canvas.bone(ends, rng.uniform(0.4, 0.8)) * np.float32(rng.uniform(0.8, 2.4))
    return arm + canvas.bone(ends, rng.uniform(0.08, 0.14)) * np.float32(rng.uniform(0.2, 0.9))


def _lungs(canvas: Canvas, front: Layer, back: Layer, rng: np.random.Generator) -> Layer:
    """What both lungs save of the trunk's line integral; each has its own dome."""
    margin = rng.uniform(0.05, 0.12)
    across = (2 * canvas.x - front - back) / np.maximum(back - front - 2 * np.float32(margin), np.float32(0.1))
    profile = np.power(np.maximum(1 - across**2, 0), np.float32(0.4))
    apex = np.clip((canvas.y - rng.uniform(-0.85, -0.65)) / 0.25, 0, 1)
    lungs = np.zeros_like(canvas.x)
    for _ in range(2):
        dome = rng.normal(0.35, 0.08) + 0.45 * (canvas.x - rng.normal(-0.15, 0.08)) ** 2 + 0.22 * (canvas.x + 0.2)
        lungs += np.clip((dome - canvas.y) * 14, 0, 1) / 2
    return np.asarray(rng.uniform(0.75, 1.0) * _LUNG * profile * apex * lungs, np.float32)


def _mediastinum(canvas: Canvas, rng: np.random.Generator) -> Layer:
    """The heart behind the lower sternum, the hila, the arch; the trachea saves a little."""
    heart = canvas.ellipse(
        (rng.normal(-0.28, 0.06), rng.normal(0.2, 0.06)),
        (rng.uniform(0.24, 0.36), rng.uniform(0.28, 0.42)),
        tilt=rng.normal(0.4, 0.2),
    )
    hilum = canvas.ellipse((rng.normal(0.02, 0.05), rng.normal(-0.12, 0.05)), (0.13, 0.16))
    arch = canvas.ellipse((rng.normal(0.06, 0.05), rng.normal(-0.4, 0.05)), (0.16, 0.13))
    trachea = canvas.bone(np.array([[-0.05, -1.1], [0.03, -0.15]]) + rng.normal(0, 0.03, (2, 2)), 0.09)
    return np.asarray(rng.uniform(0.8, 1.6) * heart + 0.6 * hilum + 0.4 * arch - 0.35 * trachea, np.float32)


def _skeleton(canvas: Canvas, front: Layer, back: Layer, rng: np.random.Generator) -> Layer:
    """The spine of single vertebrae, oblique ribs of both sides, the sternum."""
    axis = back - np.float32(rng.uniform(0.2, 0.3))
    column = np.sqrt(np.maximum(1 - ((canvas.x - axis) / np.float32(rng.uniform(0.08, 0.12))) ** 2, 0))
    discs = 0.7 + 0.3 * np.cos(canvas.y * 2 * np.pi / rng.uniform(0.13, 0.19) + rng.uniform(0, 6))
    sternum = np.maximum(1 - ((canvas.x - front - np.float32(0.07)) / np.float32(0.035)) ** 2, 0)
    bones = _BONE * rng.uniform(0.3, 0.8) * column * discs + rng.uniform(0.1, 0.5) * sternum * (canvas.y > -0.6)
    for start in np.arange(-0.75, 0.7, rng.uniform(0.12, 0.17)) + rng.normal(0, 0.03):
        points = [(0.45, start), (0.2, start + 0.12), (-0.2, start + 0.35), (-0.5, start + 0.45)]
        bones += canvas.bone(np.array(points), 0.05) * np.float32(rng.uniform(0.05, 0.25))
    return np.asarray(bones, np.float32)
