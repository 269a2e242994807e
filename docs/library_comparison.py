"""What albumentations does as our own functions do: the greatest difference, and the milliseconds of each.

Run: python -m docs.library_comparison
"""

from collections.abc import Callable, Iterator
from time import perf_counter
from typing import NamedTuple

import cv2
import numpy as np

from xray_resnet.data.degradations import REFERENCE_SIZE, Share
from xray_resnet.data.degradations.collimation import collimate
from xray_resnet.data.degradations.exposure import apply_gamma, apply_window
from xray_resnet.data.degradations.jpeg import compress_jpeg
from xray_resnet.data.degradations.pose import change_pose
from xray_resnet.data.transforms import library

_REPEATS = 100


class Pair(NamedTuple):
    """One change of an image, by our function and by the library."""

    name: str
    ours: Callable[[], Share]
    theirs: Callable[[], Share]


def main() -> None:
    """Prints the table."""
    cv2.setNumThreads(1)
    print("| what | greatest difference | ours, ms | albumentations, ms |\n|---|---|---|---|")
    for name, ours, theirs in list_pairs(draw_film()):
        difference = np.abs(ours().astype(np.float64) - theirs()).max()
        print(f"| {name} | {difference:.1g} | {measure(ours):.2f} | {measure(theirs):.2f} |")


def draw_film() -> Share:
    """A soft picture with a little noise, in [0, 1]."""
    generator = np.random.default_rng(0)
    soft = cv2.GaussianBlur(generator.random((REFERENCE_SIZE, REFERENCE_SIZE), np.float32), (0, 0), 3)
    noise = np.float32(0.02) * generator.standard_normal(soft.shape, np.float32)
    return np.asarray(np.clip((soft - soft.min()) / np.ptp(soft) + noise, 0, 1), np.float32)


def list_pairs(film: Share) -> Iterator[Pair]:
    """Every change that both can make."""
    pose = {"degrees": 7.0, "zoom": 1.07, "shift": (0.03, -0.02)}
    yield Pair("flip", lambda: np.ascontiguousarray(film[:, ::-1]), lambda: library.mirror(film))
    yield Pair("pose", lambda: change_pose(film, **pose), lambda: library.change_pose(film, **pose))  # type: ignore[arg-type]
    yield Pair("gamma 0.7", lambda: apply_gamma(film, 0.7), lambda: library.apply_gamma(film, 0.7))
    yield Pair("gamma 1.6", lambda: apply_gamma(film, 1.6), lambda: library.apply_gamma(film, 1.6))
    yield Pair("JPEG 50", lambda: compress_jpeg(film, 50), lambda: library.compress_jpeg(film, 50))
    yield Pair("window", lambda: apply_window(film, brightness=0.07, contrast=1.15), lambda: _window(film, 0.07, 1.15))
    borders = (32 / REFERENCE_SIZE, 64 / REFERENCE_SIZE, 16 / REFERENCE_SIZE, 48 / REFERENCE_SIZE)
    yield Pair("collimation", lambda: collimate(film, borders), lambda: _collimate(film, (32, 64, 16, 48)))


def measure(change: Callable[[], Share]) -> float:
    """Median milliseconds."""
    seconds = []
    for _ in range(_REPEATS):
        begin = perf_counter()
        change()
        seconds.append(perf_counter() - begin)
    return 1000 * float(np.median(seconds))


def _window(film: Share, brightness: float, contrast: float) -> Share:
    transform = library.load_library().RandomBrightnessContrast()
    shown = transform.apply(film, alpha=contrast, beta=0.5 + brightness - 0.5 * contrast)
    return np.asarray(np.clip(shown, 0, 1), np.float32)


def _collimate(film: Share, borders: tuple[int, int, int, int]) -> Share:
    left, top, right, bottom = borders
    side = len(film)
    sides = ((0, 0, left, side), (0, 0, side, top), (side - right, 0, side, side), (0, side - bottom, side, side))
    return np.asarray(library.load_library().CoarseDropout(fill=0).apply(film, np.array(sides), seed=0), np.float32)


if __name__ == "__main__":
    main()
