"""What shrinking in blocks costs in exactness, beside exact area averages; prints, asserts nothing of time."""

import time

import cv2
import numpy as np
import pytest

from xray_resnet.dicom.square.geometry import _halve, _resample

HEIGHT, WIDTH = 512, 427


def make_pictures() -> dict[str, np.ndarray]:
    """3000 × 2500: smooth with a detector's noise, and gratings of so many pixels."""
    generator = np.random.default_rng(0)
    smooth = cv2.resize(generator.random((9, 8)), (2500, 3000), interpolation=cv2.INTER_CUBIC)
    noisy = np.clip(smooth + generator.normal(0, 0.01, smooth.shape), 0, 1)
    gratings = {
        f"a grating of {period}": np.sin(np.arange(2500) * 2 * np.pi / period) / 2 + 0.5 for period in (4, 6, 8)
    }
    pictures = {"noise": noisy} | {name: np.tile(line, (3000, 1)) for name, line in gratings.items()}
    return {name: np.uint16(picture * 65535) for name, picture in pictures.items()}


@pytest.mark.parametrize("block", [2, 4])
def test_what_averaging_blocks_first_changes(block: int) -> None:
    """The largest difference from exact averages, in levels of 255."""
    cv2.setNumThreads(1)
    differences = {}
    for name, picture in make_pictures().items():
        exact = cv2.resize(picture.astype(np.float64), (WIDTH, HEIGHT), interpolation=cv2.INTER_AREA)
        start = time.perf_counter()
        quick = _resample(_halve(picture[:, : 2500 // block * block], block), HEIGHT, WIDTH)
        milliseconds = (time.perf_counter() - start) * 1000
        differences[name] = np.abs(quick - exact).max() / 257
    shown = ", ".join(f"{name} {difference:.1f}" for name, difference in differences.items())
    print(f"\nblocks of {block} first: {milliseconds:.1f} ms; off by at most {shown}")


def test_what_averaging_8_bits_changes() -> None:
    """The mean difference, in levels of 255: rounding a half up brightens."""
    picture = np.random.default_rng(0).integers(0, 256, (3000, 2500), np.uint8)
    halved = cv2.resize(picture, (1250, 1500), interpolation=cv2.INTER_AREA)
    exact = picture.reshape(1500, 2, 1250, 2).mean((1, 3))
    print(f"\n8 bits averaged by twos as they are: brighter by {(halved - exact).mean():.3f} levels")
