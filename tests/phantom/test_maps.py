"""Maps: the functions that shape path lengths."""

import numpy as np
import pytest

from data_prep.phantom.maps import blur, ramp, root


def test_the_root_of_what_is_negative_is_nothing() -> None:
    np.testing.assert_array_equal(root(np.array([-4.0, 0.0, 2.25])), [0, 0, 1.5])


def test_a_ramp_rises_smoothly_from_start_to_end() -> None:
    """The cubic 3t² − 2t³: a quarter of the way is 5/32 of the rise, the ends are level."""
    values = np.array([0, 10, 12.5, 15, 17.5, 20, 30], np.float32)
    np.testing.assert_allclose(ramp(values, start=10, end=20), [0, 0, 5 / 32, 1 / 2, 27 / 32, 1, 1], rtol=1e-6)


def test_a_ramp_may_fall() -> None:
    np.testing.assert_allclose(ramp(np.array([0.0, 1.0, 2.0], np.float32), start=2, end=0), [1, 0.5, 0])


@pytest.mark.parametrize("sigma", [1.0, 2.0, 7.0, 20.0])
def test_blur_spreads_a_point_by_its_sigma_on_a_fine_and_on_a_coarse_grid(sigma: float) -> None:
    """The second moment of a Gaussian along each axis is sigma²; what a grid adds to it is small."""
    image = np.zeros((256, 256), np.float32)
    image[126:130, 126:130] = 1  # its own second moment is (4² − 1) / 12
    spread = blur(image, sigma)
    offset = np.arange(256) - 127.5
    assert spread.sum() == pytest.approx(16, rel=0.01)
    variance = (spread * offset[None] ** 2).sum() / spread.sum() - 15 / 12
    assert variance**0.5 == pytest.approx(sigma, rel=0.05)


def test_blur_by_much_less_than_a_pixel_changes_nothing() -> None:
    image = np.random.default_rng(0).random((8, 8)).astype(np.float32)
    np.testing.assert_array_equal(blur(image, 0.1), image)
    assert np.abs(blur(image, 0.5) - image).max() > 0.01
