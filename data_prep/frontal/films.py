"""Frontal films, and what can be made of them: varied they stay frontal chests, spoilt they do not."""

from collections.abc import Callable

import cv2
import numpy as np

from data_prep.frontal.canvas import SIDE, Picture


def vary(film: Picture, rng: np.random.Generator) -> Picture:
    """The same film posed, collimated, exposed and blurred otherwise; still a frontal chest."""
    side = len(film)
    turn, zoom = rng.normal(0, 6), np.exp(rng.normal(0, 0.07))
    matrix = np.asarray(cv2.getRotationMatrix2D((side / 2, side / 2), float(np.clip(turn, -20, 20)), zoom), np.float64)
    matrix[:, 2] += rng.normal(0, 0.03 * side, 2)
    matrix[0] *= np.exp(rng.normal(0, 0.08))
    edge = (cv2.BORDER_CONSTANT, cv2.BORDER_REPLICATE, cv2.BORDER_REFLECT)[rng.integers(3)]
    value = float(rng.choice([0, 255], p=[0.8, 0.2]))
    moved = cv2.warpAffine(film, matrix, (side, side), flags=cv2.INTER_LINEAR, borderMode=edge, borderValue=value)
    small = np.asarray(cv2.resize(moved, (SIDE, SIDE), interpolation=cv2.INTER_AREA), np.uint8)
    if rng.random() < 0.3:
        small = np.asarray(cv2.GaussianBlur(small, (0, 0), rng.uniform(0.3, 1.5)), np.uint8)
    shown = _expose_otherwise(small, rng)
    shown = _collimate(shown, rng) if rng.random() < 0.35 else shown
    return np.ascontiguousarray(shown[:, ::-1] if rng.random() < 0.5 else shown)


def spoil(film: Picture, rng: np.random.Generator) -> Picture:
    """No upright frontal chest any more: turned over, a part of it, scrambled, or within a whole body."""
    return vary(_SPOILS[rng.integers(len(_SPOILS))](film, rng), rng)


def _expose_otherwise(picture: Picture, rng: np.random.Generator) -> Picture:
    share = (picture / 255.0) ** np.exp(rng.normal(0, 0.4))
    if rng.random() < 0.3:
        veil = cv2.GaussianBlur(share, (0, 0), SIDE / 6)
        share = share + rng.uniform(0, 0.5) * (veil - share)
    share = share + rng.normal(0, rng.uniform(0, 0.06), share.shape)
    return np.asarray(np.rint(np.clip(share, 0, 1) * 255), np.uint8)


def _collimate(picture: Picture, rng: np.random.Generator) -> Picture:
    covered, value = picture.copy(), int(rng.choice([0, 255], p=[0.75, 0.25]))
    top, bottom, left, right = (rng.uniform(0, 0.16, 4) * SIDE * (rng.random(4) < 0.6)).astype(int)
    covered[:top], covered[SIDE - bottom :] = value, value
    covered[:, :left], covered[:, SIDE - right :] = value, value
    return covered


def _turn_over(film: Picture, rng: np.random.Generator) -> Picture:
    return np.ascontiguousarray(np.rot90(film, int(rng.integers(1, 4))))


def _cut_out(film: Picture, rng: np.random.Generator) -> Picture:
    """At most half of the width, of the height, or of both."""
    side = len(film)
    parts = ((1.0, rng.uniform(0.2, 0.48)), (rng.uniform(0.2, 0.42), 1.0), rng.uniform(0.25, 0.5, 2))
    rows, columns = (max(8, int(share * side)) for share in parts[rng.integers(3)])
    top, left = rng.integers(0, side - rows + 1), rng.integers(0, side - columns + 1)
    part = film[top : top + rows, left : left + columns]
    return np.asarray(cv2.resize(part, (side, side), interpolation=cv2.INTER_LINEAR), np.uint8)


def _scramble(film: Picture, rng: np.random.Generator) -> Picture:
    """The film's spectrum with the phases of noise: its contrast and texture, none of its shapes."""
    amplitude = np.abs(np.fft.rfft2(film))
    phase = np.angle(np.fft.rfft2(rng.standard_normal(film.shape)))
    image = np.fft.irfft2(amplitude * np.exp(1j * phase), film.shape)
    return np.asarray(255 * (image - image.min()) / max(float(np.ptp(image)), 1e-6), np.uint8)


def _swap(film: Picture, rng: np.random.Generator) -> Picture:
    """Halves or quarters in each other's places."""
    half = len(film) // 2
    return np.roll(film, (half * int(rng.integers(2)), half), (0, 1)) if rng.random() < 0.7 else np.roll(film, half, 0)


def _tile(film: Picture, rng: np.random.Generator) -> Picture:
    """Several films on one."""
    rows, columns = [(1, 2), (2, 1), (2, 2), (1, 3)][rng.integers(4)]
    tiled = np.tile(film, (rows, columns))
    return np.asarray(cv2.resize(tiled, film.shape[::-1], interpolation=cv2.INTER_AREA), np.uint8)


def _extend(film: Picture, rng: np.random.Generator) -> Picture:
    """The chest as the upper part of a whole trunk, with the spine below it: a film of the whole spine."""
    side = len(film)
    chest, above = int(side * rng.uniform(0.3, 0.58)), int(side * rng.uniform(0, 0.25))
    trunk = np.empty_like(film)
    trunk[:] = np.clip(rng.normal(150, 30) + rng.normal(0, 8, film.shape), 0, 255)
    trunk[above : above + chest] = cv2.resize(film, (side, chest), interpolation=cv2.INTER_AREA)
    width, pitch = side * rng.uniform(0.05, 0.12), side * rng.uniform(0.05, 0.09)
    for level in np.arange(0, side, pitch):
        start, end = (int(side / 2 - width), int(level)), (int(side / 2 + width), int(level + 0.75 * pitch))
        trunk = _brighten(trunk, start, end, rng.uniform(20, 70))
    if rng.random() < 0.6:
        trunk = _add_pelvis(trunk, rng)
    return trunk


def _brighten(picture: Picture, start: tuple[int, int], end: tuple[int, int], by: float) -> Picture:
    mask = np.zeros_like(picture)
    cv2.rectangle(mask, start, end, 1, -1)
    return np.asarray(np.clip(picture + mask * by, 0, 255), np.uint8)


def _add_pelvis(picture: Picture, rng: np.random.Generator) -> Picture:
    side, mask = len(picture), np.zeros_like(picture)
    for sign in (-1, 1):
        centre = (int(side * (0.5 + sign * 0.24)), int(side * rng.uniform(0.85, 0.95)))
        cv2.ellipse(mask, centre, (int(side * 0.22), int(side * 0.13)), sign * 40, 0, 360, 1, -1)
    return np.asarray(np.clip(picture + mask * rng.uniform(20, 70), 0, 255), np.uint8)


_SPOILS: tuple[Callable[[Picture, np.random.Generator], Picture], ...] = (
    _turn_over,
    _cut_out,
    _scramble,
    _swap,
    _tile,
    _extend,
)
