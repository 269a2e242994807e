"""Pictures that are not radiographs: test patterns, documents, photographs' textures."""

import cv2
import numpy as np

from data_prep.frontal.canvas import SIDE, Canvas, Picture, display


def draw_pattern(rng: np.random.Generator) -> Picture:
    """A quality phantom or test pattern: plates, rings of discs, bars, wedges, checks, on a plain ground."""
    canvas = Canvas(rng, turn=rng.choice([0.02, 0.5]), shift=0.15, zoom=(0.4, 1.2))
    image = np.full(canvas.x.shape, rng.uniform(0, 1), np.float32) + rng.normal(0, 0.2) * canvas.x
    plate = (canvas.ellipse, canvas.box)[rng.integers(2)]((0, 0), (0.8, 0.8))
    image += (plate > 0) * np.float32(rng.normal(0, 0.6))
    for part in rng.permutation(4)[: rng.integers(0, 4)]:
        image += (_checks, _bars, _discs, _inset)[part](canvas) * np.float32(rng.normal(0, 0.6)) * (plate > 0)
    if rng.random() < 0.15:
        image = _checks(canvas)
    return display(image, rng)


def draw_document(rng: np.random.Generator) -> Picture:
    """Lines of words on paper, perhaps a table or a photograph on it."""
    page = np.full((2 * SIDE, 2 * SIDE), rng.uniform(0.7, 1), np.float32)
    left, right, pitch = (int(rng.integers(*limits)) for limits in ((2, 20), (90, 126), (4, 14)))
    for row in range(int(rng.integers(2, 20)), 2 * SIDE - 4, pitch):
        for _ in range(rng.integers(3, 12)):
            start = int(rng.integers(left, right))
            page[row : row + max(1, pitch // 2), start : start + int(rng.integers(3, 16))] = rng.uniform(0, 0.4)
    if rng.random() < 0.3:
        y, x = rng.integers(0, 90, 2)
        page[y : y + 35, x : x + 35] = rng.random((35, 35))
    small = np.asarray(cv2.resize(page, (SIDE, SIDE), interpolation=cv2.INTER_AREA), np.float32)
    return display(small if rng.random() < 0.8 else 1 - small, rng)


def draw_texture(rng: np.random.Generator) -> Picture:
    """What photographs are made of: 1/f noise, gradients and occluding polygons."""
    image = _fractal(rng, rng.uniform(0.3, 2.2))
    for _ in range(rng.integers(0, 12)):
        points = (
            rng.uniform(0, SIDE, 2) + rng.normal(0, SIDE * rng.uniform(0.05, 0.4), (rng.integers(3, 8), 2))
        ).astype(np.int32)
        mask = np.zeros((SIDE, SIDE), np.uint8)
        cv2.fillPoly(mask, [cv2.convexHull(points)], 1)
        image = np.where(mask > 0, rng.normal(0, 1.5) + 0.5 * _fractal(rng, 1.5), image)
    return display(image, rng)


def _fractal(rng: np.random.Generator, exponent: float) -> np.ndarray:
    """Noise whose amplitude falls with frequency to the power `exponent`, of unit variance."""
    frequency = np.hypot(np.fft.fftfreq(SIDE)[:, None], np.fft.rfftfreq(SIDE)[None])
    spectrum = np.fft.rfft2(rng.standard_normal((SIDE, SIDE))) / np.maximum(frequency, 1 / SIDE) ** exponent
    image = np.fft.irfft2(spectrum, (SIDE, SIDE))
    return np.asarray((image - image.mean()) / max(float(image.std()), 1e-6), np.float32)


def _checks(canvas: Canvas) -> np.ndarray:
    pitch = canvas.rng.uniform(2, 9)
    return np.asarray((np.sin(canvas.x * pitch * 3) * np.sin(canvas.y * pitch * 3) > 0), np.float32)


def _bars(canvas: Canvas) -> np.ndarray:
    along = (canvas.x, canvas.y)[canvas.rng.integers(2)]
    return np.asarray(np.sin(along * canvas.rng.uniform(5, 60)) > 0, np.float32) * canvas.box((0, 0), (0.5, 0.4))


def _discs(canvas: Canvas) -> np.ndarray:
    radius, count, image = canvas.rng.uniform(0.3, 0.75), canvas.rng.integers(4, 24), np.zeros_like(canvas.x)
    for angle in np.linspace(0, 2 * np.pi, count, endpoint=False):
        image += canvas.ellipse((radius * np.cos(angle), radius * np.sin(angle)), (0.07, 0.07)) > 0
    return image


def _inset(canvas: Canvas) -> np.ndarray:
    image = np.zeros_like(canvas.x)
    for y in np.linspace(-0.3, 0.3, canvas.rng.integers(1, 5)):
        for x in np.linspace(-0.3, 0.3, canvas.rng.integers(1, 5)):
            image += canvas.box((float(x), float(y)), (0.08, 0.07)) * np.float32(canvas.rng.uniform(0.2, 1))
    return image
