"""What albumentations does for training: the same as the functions that the corruption ladder uses."""

import subprocess
import sys
from collections.abc import Callable

import numpy as np
import pytest
from numpy.typing import NDArray

from xray_resnet.data.degradations import exposure, jpeg, pose
from xray_resnet.data.transforms import library

LAST_DIGIT = 2**-24
"""Half of the distance of float32 numbers below 1."""
OPENCV_EXPONENTIAL = 7e-6
"""Relative error that OpenCV's documentation of `cv::exp` allows in float32; each instruction set has its own code."""
ON_SOCKETS = """
import sys

def refuse(event, _):
    if event.startswith("socket."):
        raise AssertionError(event)

sys.addaudithook(refuse)
"""


def film(size: int = 96) -> NDArray[np.float32]:
    return np.random.default_rng(5).random((size, size), np.float32)


@pytest.mark.parametrize("degrees", [-15.0, 0.0, 7.3])
@pytest.mark.parametrize("shift", [(0.0, 0.0), (0.06, -0.03)])
def test_a_pose_is_that_of_the_ladder_pixel_by_pixel(degrees: float, shift: tuple[float, float]) -> None:
    expected = pose.change_pose(film(), degrees=degrees, zoom=1.07, shift=shift)
    np.testing.assert_array_equal(library.change_pose(film(), degrees=degrees, zoom=1.07, shift=shift), expected)


@pytest.mark.parametrize("gamma", [0.5, 0.73, 1.0, 1.6, 2.0])
def test_gamma_is_the_power_of_the_share(gamma: float) -> None:
    truth = film().astype(np.float64) ** gamma
    np.testing.assert_allclose(library.apply_gamma(film(), gamma), truth, rtol=0, atol=2 * LAST_DIGIT)
    np.testing.assert_allclose(exposure.apply_gamma(film(), gamma), truth, rtol=OPENCV_EXPONENTIAL, atol=0)


@pytest.mark.parametrize("quality", [5, 50, 100])
def test_jpeg_is_that_of_the_ladder(quality: int) -> None:
    compressed, expected = library.compress_jpeg(film(), quality), jpeg.compress_jpeg(film(), quality)
    np.testing.assert_allclose(compressed, expected, rtol=0, atol=LAST_DIGIT)


def test_a_mirrored_image_begins_with_its_last_column() -> None:
    np.testing.assert_array_equal(library.mirror(film()), film()[:, ::-1])


@pytest.mark.parametrize(
    "change",
    [
        library.mirror,
        lambda share: library.change_pose(share, degrees=3, zoom=1, shift=(0, 0)),
        lambda share: library.apply_gamma(share, 0.7),
        lambda share: library.compress_jpeg(share, 40),
    ],
)
def test_the_image_given_stays_as_it_is(change: Callable[[NDArray[np.float32]], NDArray[np.float32]]) -> None:
    given = film()
    changed = change(given)
    np.testing.assert_array_equal(given, film())
    assert changed.dtype == np.float32
    assert changed.shape == given.shape


def test_the_library_is_imported_without_a_network_and_a_word(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NO_ALBUMENTATIONS_UPDATE", raising=False)
    code = f"{ON_SOCKETS}\nfrom xray_resnet.data.transforms.library import load_library\nload_library()"
    done = subprocess.run([sys.executable, "-W", "error", "-c", code], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_unless_it_is_told_not_to_the_library_asks_the_network(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is kept from it is still there to be kept."""
    monkeypatch.delenv("NO_ALBUMENTATIONS_UPDATE", raising=False)
    code = f"{ON_SOCKETS}\nimport albumentations"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert "socket." in done.stderr


def test_the_library_is_not_imported_before_an_image_is_augmented() -> None:
    code = (
        "import sys, xray_resnet.training.fit, xray_resnet.evaluation.evaluate, xray_resnet.data as data\n"
        "from xray_resnet.config import AugmentConfig\n"
        "data.build_augmentation(AugmentConfig())\n"
        "print('xray_resnet.data.transforms.library' in sys.modules, 'albumentations' in sys.modules)"
    )
    shown = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert shown.stdout == "True False\n"
