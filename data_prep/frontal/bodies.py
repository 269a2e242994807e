"""Other radiographs and slices: limbs, spines, jaws, cross sections, and superpositions of nothing in particular."""

import cv2
import numpy as np
from numpy.typing import NDArray

from data_prep.frontal.canvas import Canvas, Layer, Picture, display, expose
from data_prep.frontal.lateral import draw_lateral


def draw_limb(rng: np.random.Generator) -> Picture:
    """One to six long bones in their soft tissue: a leg, a forearm, a hand."""
    canvas, angle = Canvas(rng, turn=1.5), rng.normal(0, 0.05)
    layer = np.zeros_like(canvas.x)
    for x in np.linspace(-0.6, 0.6, rng.integers(2, 7))[: rng.integers(1, 7)]:
        joints = np.linspace(-1.5, 1.5, rng.integers(2, 7))
        points = np.stack([x + angle * joints + rng.normal(0, 0.05, len(joints)), joints], axis=1)
        layer += canvas.bone(points, rng.uniform(0.3, 0.9)) * np.float32(rng.uniform(0.5, 1.5))
        layer += canvas.bone(points, rng.uniform(0.08, 0.3)) * np.float32(rng.uniform(0.4, 1.5))
        for joint in joints[1:-1]:
            layer += canvas.ellipse((x, float(joint)), (0.15, 0.1)) * np.float32(rng.uniform(0.2, 1))
    return expose(layer, rng)


def draw_spine(rng: np.random.Generator) -> Picture:
    """A column of vertebrae with their processes in the trunk, with or without pelvis and skull."""
    canvas = Canvas(rng, turn=0.15)
    trunk = canvas.box((0, 0), (rng.uniform(0.4, 1.3), 2.0)) * np.float32(rng.uniform(1, 3))
    levels = np.arange(-1.4, 1.4, rng.uniform(0.08, 0.25))
    middle = rng.normal(0, 0.12) * np.sin(levels * rng.uniform(1, 3) + rng.uniform(0, 6))
    width, pitch = rng.uniform(0.06, 0.2), levels[1] - levels[0]
    layer = trunk + _vertebrae(canvas, middle, levels, width, float(pitch), rng)
    if rng.random() < 0.4:
        layer += _pelvis(canvas, rng)
    layer -= canvas.ellipse((rng.normal(0, 0.4), rng.normal(0, 0.6)), (0.3, 0.15)) * np.float32(rng.uniform(0, 0.8))
    return expose(np.maximum(layer, 0), rng)


def draw_jaw(rng: np.random.Generator) -> Picture:
    """A panoramic jaw: two arcs of teeth above the mandible."""
    canvas = Canvas(rng, turn=0.04)
    layer = canvas.ellipse((0, -0.2), (1.4, 1.3)) * np.float32(rng.uniform(0.5, 1.5))
    bend = rng.uniform(0.1, 0.4)
    for side in (-1, 1):
        for x in np.linspace(-0.75, 0.75, rng.integers(10, 17)):
            if rng.random() < 0.85:
                y = side * 0.16 - bend * x**2 + rng.normal(0, 0.02)
                layer += canvas.box((float(x), float(y)), (0.035, 0.13), tilt=rng.normal(0, 0.1)) * np.float32(1.2)
    arc = np.array([(x, 0.65 - 1.1 * x**2) for x in np.linspace(-0.95, 0.95, 9)])
    layer += canvas.bone(arc, rng.uniform(0.2, 0.4)) * np.float32(rng.uniform(0.4, 1))
    layer -= canvas.ellipse((0, rng.uniform(-0.8, -0.4)), (0.9, 0.12)) * np.float32(rng.uniform(0, 0.6))
    return expose(np.maximum(layer, 0), rng)


def draw_slice(rng: np.random.Generator) -> Picture:
    """A cross section of trunk, head or limb on black, with organs, lungs or marrow, and the table below."""
    canvas = Canvas(rng, turn=0.1)
    radii = (float(rng.uniform(0.55, 0.95)), float(rng.uniform(0.4, 0.9)))
    body = (canvas.ellipse((0, 0), radii) > 0).astype(np.float32)
    image = body * rng.uniform(0.25, 0.6)
    for _ in range(rng.integers(3, 14)):
        centre = (float(rng.uniform(-0.6, 0.6) * radii[0]), float(rng.uniform(-0.7, 0.7) * radii[1]))
        organ = canvas.ellipse(centre, (rng.uniform(0.05, 0.3), rng.uniform(0.05, 0.25)), tilt=rng.uniform(0, 3)) > 0
        image = np.where(organ & (body > 0), rng.uniform(0.1, 1.0), image)
    if rng.random() < 0.5:
        for side in (-1, 1):
            lung = canvas.ellipse((side * 0.5 * radii[0], 0), (0.35 * radii[0], 0.6 * radii[1])) > 0
            image = np.where(lung, 0.02, image)
    image += canvas.ellipse((0, 0.6 * radii[1]), (0.13, 0.12)) * 0.7 + _ring(canvas, radii, rng)
    image += canvas.bone(np.array([(-0.9, 0.8), (0, 0.95), (0.9, 0.8)]), 0.05) * np.float32(rng.random() < 0.5)
    return display(np.asarray(image, np.float32), rng)


def draw_animal(rng: np.random.Generator) -> Picture:
    """A four-footed animal's thorax from the side: a lateral chest that lies."""
    turned = np.rot90(draw_lateral(rng), int(rng.choice([1, 3])))
    height = int(rng.integers(36, 64))
    stretched = cv2.resize(turned, (64, 2 * 64 - height), interpolation=cv2.INTER_LINEAR)
    top = (len(stretched) - 64) // 2
    return np.ascontiguousarray(stretched[top : top + 64])


def draw_anything(rng: np.random.Generator) -> Picture:
    """A superposition of ellipsoids, rods and boxes that depicts nothing."""
    canvas = Canvas(rng, turn=2.0, shift=0.3, zoom=(0.6, 1.6))
    layer = np.zeros_like(canvas.x)
    for _ in range(rng.integers(2, 16)):
        centre, radii = tuple(rng.uniform(-0.9, 0.9, 2)), tuple(rng.uniform(0.05, 0.9, 2))
        shape = (canvas.ellipse, canvas.box)[rng.integers(2)](centre, radii, tilt=float(rng.uniform(0, 3)))
        layer += shape * np.float32(rng.normal(0.3, 0.8))
    for _ in range(rng.integers(0, 8)):
        layer += canvas.bone(rng.uniform(-1, 1, (3, 2)), rng.uniform(0.03, 0.3)) * np.float32(rng.normal(0.4, 0.6))
    return expose(np.maximum(layer - layer.min(), 0), rng)


def _vertebrae(
    canvas: Canvas,
    middle: NDArray[np.float64],
    levels: NDArray[np.float64],
    width: float,
    pitch: float,
    rng: np.random.Generator,
) -> Layer:
    layer, dense = np.zeros_like(canvas.x), np.float32(rng.uniform(0.5, 2))
    for x, y in zip(middle, levels, strict=True):
        layer += canvas.box((float(x), float(y)), (width, pitch * 0.38)) * dense
        layer += canvas.box((float(x), float(y)), (width * 1.8, pitch * 0.12)) * dense * np.float32(0.4)
    return layer


def _pelvis(canvas: Canvas, rng: np.random.Generator) -> Layer:
    y = rng.uniform(0.5, 1.0)
    wings = [canvas.ellipse((side * 0.45, y), (0.4, 0.25), tilt=side * 0.7) for side in (-1, 1)]
    return np.asarray((wings[0] + wings[1]) * rng.uniform(0.5, 1.5), np.float32)


def _ring(canvas: Canvas, radii: tuple[float, float], rng: np.random.Generator) -> Layer:
    """Skin or skull."""
    outer, inner = (canvas.ellipse((0, 0), (radii[0] * s, radii[1] * s)) > 0 for s in (1.0, rng.uniform(0.85, 0.97)))
    return np.asarray((outer & ~inner) * rng.uniform(-0.3, 0.8), np.float32)
