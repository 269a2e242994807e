"""Sketches of a frontal chest, as people draw them to try software without a film: they count as frontal chests."""

import cv2
import numpy as np

from data_prep.frontal.canvas import Canvas, Picture, display


def draw_sketch(rng: np.random.Generator) -> Picture:
    """A bright middle between darker sides, with or without two drawn lungs, heart and domes."""
    canvas = Canvas(rng, turn=0.03, shift=0.03, zoom=(0.9, 1.1))
    return display((_two_lungs, _bright_middle)[rng.integers(2)](canvas), rng)


def _two_lungs(canvas: Canvas) -> np.ndarray:
    rng = canvas.rng
    image = (canvas.box((0, 0), (rng.uniform(0.8, 1.2), 2)) * rng.uniform(0.5, 0.7)).astype(np.float32)
    power, across, down = rng.choice([2, 4]), rng.uniform(0.22, 0.36), rng.uniform(0.45, 0.7)
    for side in (-1, 1):
        far = np.abs((canvas.x - side * 0.42) / across) ** power + np.abs((canvas.y + 0.1) / down) ** power
        image -= np.float32(rng.uniform(0.3, 0.45)) * np.exp(-far)
    image += rng.uniform(0.1, 0.3) * np.exp(-((canvas.x / rng.uniform(0.08, 0.2)) ** 2))
    image += rng.uniform(0, 0.3) * canvas.ellipse((0.12, 0.22), (0.3, 0.3))
    return np.asarray(image, np.float32)


def _bright_middle(canvas: Canvas) -> np.ndarray:
    rng = canvas.rng
    nodes = (int(rng.integers(5, 12)), int(rng.integers(5, 12)))
    blobs = cv2.resize(rng.random(nodes), canvas.x.shape, interpolation=cv2.INTER_LINEAR)
    down = (canvas.y + 1) / 2
    middle = np.maximum(np.exp(-((canvas.x / rng.uniform(0.2, 0.4)) ** 2)), np.clip(down, 0, 1) ** 3)
    return np.asarray(rng.uniform(0, 0.4) * blobs + 0.6 * (middle - canvas.x**2 / 2), np.float32)
