"""Electronic noise, blur and scatter against their formulas."""

import numpy as np
import pytest

from tests.data.degradations.images import average, flat, generator, noise, wave
from xray_resnet.data.degradations.detector_blur import blur_detector
from xray_resnet.data.degradations.electronic_noise import add_electronic_noise
from xray_resnet.data.degradations.motion_blur import blur_motion, build_line_kernel
from xray_resnet.data.degradations.scatter import add_scatter


@pytest.mark.parametrize("sigma", [0.01, 0.04, 0.12])
@pytest.mark.parametrize("size", [128, 512])
def test_electronic_noise_has_its_standard_deviation_at_512_and_s_over_512_of_it_elsewhere(
    sigma: float, size: int
) -> None:
    noisy = add_electronic_noise(flat(0.5, size=size), sigma, generator=generator())
    assert noisy.std(dtype=np.float64) == pytest.approx(sigma * size / 512, rel=0.02)


def test_electronic_noise_at_512_averaged_down_is_that_of_the_smaller_size() -> None:
    averaged = average(add_electronic_noise(flat(0.5), 0.04, generator=generator()), 4)
    assert averaged.std(dtype=np.float64) == pytest.approx(0.04 / 4, rel=0.03)


def test_electronic_noise_of_zero_is_bit_identical() -> None:
    np.testing.assert_array_equal(add_electronic_noise(noise(), 0.0, generator=generator()), noise())


@pytest.mark.parametrize("period", [12, 20, 50])
@pytest.mark.parametrize("sigma", [0.7, 2.0, 4.5])
def test_blur_lowers_a_wave_by_the_modulation_transfer_of_a_gaussian(period: float, sigma: float) -> None:
    middle = slice(100, -100)
    blurred = blur_detector(wave(period), sigma)[256, middle] - 0.5
    transfer = np.abs(blurred).max() / np.abs(wave(period)[256, middle] - 0.5).max()
    assert transfer == pytest.approx(np.exp(-2 * np.pi**2 * (sigma / period) ** 2), abs=0.01)


def test_blur_is_stated_in_pixels_of_512() -> None:
    np.testing.assert_allclose(
        blur_detector(wave(20, size=256), 4.0)[128, 60:-60], blur_detector(wave(20), 2.0)[256, 60:196], atol=1e-5
    )


def test_blur_of_zero_is_bit_identical() -> None:
    np.testing.assert_array_equal(blur_detector(noise(), 0.0), noise())


def test_scatter_lowers_the_contrast_of_fine_detail_by_its_fraction() -> None:
    """In exposure, E' = (1 − f) E + f; a fine wave about a flat surround keeps 1 − f of its relative height."""
    image = wave(16, amplitude=0.002)
    scattered = add_scatter(image, 0.3)
    assert np.ptp(scattered[256, 200:312]) / np.ptp(image[256, 200:312]) == pytest.approx(0.7, rel=0.01)


def test_scatter_leaves_a_flat_image() -> None:
    np.testing.assert_allclose(add_scatter(flat(0.4), 0.6), flat(0.4), atol=1e-5)


def test_scatter_keeps_the_total_exposure() -> None:
    """Far from the rim, so that nothing leaves the image; exposure is 50 to 1 over the display range."""
    image = flat(0.5)
    image[240:272, 240:272] = 0.2
    before, after = (np.exp(-share.astype(np.float64) * np.log(50)).sum() for share in (image, add_scatter(image, 0.5)))
    assert after == pytest.approx(before, rel=1e-3)


def test_scatter_is_spread_by_a_tenth_of_the_side() -> None:
    """The glare of a bright point falls to exp(−1/2) of its height at σ."""
    image = flat(0.8)
    image[252:260, 252:260] = 0.0
    glare = 0.8 - add_scatter(image, 0.6)[256].astype(np.float64)
    profile = glare[[256 + 20, 256 + 51]]
    expected = np.exp(-(np.array([20, 51]) ** 2) / (2 * 51.2**2))
    assert profile[1] / profile[0] == pytest.approx(expected[1] / expected[0], rel=0.05)


def test_scatter_of_zero_is_bit_identical() -> None:
    np.testing.assert_array_equal(add_scatter(noise(), 0.0), noise())


@pytest.mark.parametrize("degrees", [0, 30, 90])
def test_motion_spreads_a_point_along_a_line_of_its_length(degrees: float) -> None:
    kernel = build_line_kernel(22, degrees).astype(np.float64)
    y, x = np.mgrid[: len(kernel), : len(kernel)] - len(kernel) // 2
    along = x * np.cos(np.deg2rad(degrees)) - y * np.sin(np.deg2rad(degrees))
    across = x * np.sin(np.deg2rad(degrees)) + y * np.cos(np.deg2rad(degrees))
    assert kernel.sum() == pytest.approx(1)
    assert (kernel * along**2).sum() == pytest.approx(22**2 / 12, rel=0.02)
    assert (kernel * across**2).sum() < 0.3


def test_motion_is_stated_in_pixels_of_512() -> None:
    step = flat(0.0, size=256)
    step[:, 128:] = 1
    row = blur_motion(step, 20, degrees=0)[100]
    assert ((row > 0.01) & (row < 0.99)).sum() == pytest.approx(10, abs=1)


def test_motion_turns_a_step_into_a_ramp_of_its_length() -> None:
    step = flat(0.0)
    step[:, 256:] = 1
    row = blur_motion(step, 10, degrees=0)[200]
    assert ((row > 0.01) & (row < 0.99)).sum() == pytest.approx(10, abs=1)
    np.testing.assert_allclose(blur_motion(step, 10, degrees=90)[200], step[200], atol=1e-6)
