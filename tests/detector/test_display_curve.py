"""Display curves against the formulas of film and of PS3.3 C.11.2.1.3."""

import cv2
import numpy as np
import pytest

from tests.data.degradations.images import Share, flat, noise
from xray_resnet.detector import FilmCurve, SigmoidCurve
from xray_resnet.detector.display_curve import blur_widely, choose_shrink


def attenuate(curve: FilmCurve | SigmoidCurve, share: Share, attenuation: Share) -> Share:
    """What is shown if every pixel is attenuated further, by exp(−attenuation)."""
    return curve.change_exposure(share, np.exp(-attenuation))


def test_a_film_shows_mid_lung_at_0_3_and_spans_exposures_of_50_to_1() -> None:
    mid_lung, dark, bright = FilmCurve().to_exposure(np.array([0.3, 0, 1], np.float32))
    assert mid_lung == pytest.approx(1)
    assert dark / bright == pytest.approx(50, rel=1e-5)


def test_twice_the_exposure_of_a_film_is_ln_2_over_its_latitude_darker() -> None:
    shown = FilmCurve().change_exposure(flat(0.5, size=2), flat(2.0, size=2))
    np.testing.assert_allclose(shown, 0.5 - np.log(2) / np.log(50), atol=1e-6)


def test_a_sigmoid_shows_its_middle_in_the_middle_of_the_window() -> None:
    curve = SigmoidCurve(middle=1.2, latitude=0.5, window=(0.1, 0.9))
    assert curve.to_exposure(flat(0.5, size=1)).item() == pytest.approx(np.exp(-1.2), rel=1e-5)


def test_a_sigmoid_rises_as_the_function_of_the_standard() -> None:
    """y = 1 / (1 + exp(−4 (x − c) / w)), with the width w of four latitudes."""
    attenuation = np.linspace(-1, 3, 9, dtype=np.float32)[None]
    shown = attenuate(SigmoidCurve(middle=1.2, latitude=0.5), np.full((1, 9), 0.5, np.float32), attenuation - 1.2)
    np.testing.assert_allclose(shown, 1 / (1 + np.exp(-4 * (attenuation - 1.2) / 2.0)), atol=1e-6)


def test_a_window_shows_its_part_of_the_sigmoid() -> None:
    inner, whole = SigmoidCurve(1.2, 0.5, window=(0.2, 0.7)), SigmoidCurve(1.2, 0.5)
    shares = np.linspace(0.05, 0.95, 7, dtype=np.float32)[None]
    np.testing.assert_allclose(inner.to_exposure(shares), whole.to_exposure(0.2 + 0.5 * shares), rtol=1e-5)


def test_what_lies_outside_a_window_is_black_or_white() -> None:
    curve = SigmoidCurve(1.2, 0.5, window=(0.2, 0.7))
    assert attenuate(curve, flat(0.5, size=2), flat(-5, size=2)).max() == 0
    assert attenuate(curve, flat(0.5, size=2), flat(5, size=2)).min() == 1


def test_detail_is_as_it_was_unless_a_curve_raises_it() -> None:
    """The share is 1 / (1 + exp((middle − x) / latitude)) of each pixel's own attenuation."""
    shown = attenuate(SigmoidCurve(0.0, 1.0), flat(0.5, size=64), noise())
    np.testing.assert_allclose(shown, 1 / (1 + np.exp(-noise())), atol=1e-6)


def test_detail_is_raised_by_its_gain() -> None:
    row = (0.02 * np.sin(2 * np.pi * np.arange(256) / 8)).astype(np.float32)
    fine = np.tile(row, (256, 1))
    plain, raised = (attenuate(SigmoidCurve(0.0, 1.0, detail=gain), flat(0.5, size=256), fine) for gain in (0.0, 0.8))
    assert np.ptp(raised[128, 64:192]) / np.ptp(plain[128, 64:192]) == pytest.approx(1.8, rel=0.01)


@pytest.mark.parametrize("gain", [0.9, 1.0])
def test_detail_is_lowered_again_to_find_the_exposure(gain: float) -> None:
    """The display of a known attenuation, by the formula itself: y = x + detail · (x − blur(x))."""
    attenuation = 1 + 0.5 * np.outer(np.hanning(256), np.sin(np.arange(256) / 12)).astype(np.float32)
    raised = attenuation + gain * (attenuation - cv2.GaussianBlur(attenuation, (0, 0), 0.04 * 256))
    share = 1 / (1 + np.exp((1.1 - raised) / 0.6))
    found = SigmoidCurve(1.1, 0.6, detail=gain).to_exposure(share)
    np.testing.assert_allclose(-np.log(found)[30:-30, 30:-30], attenuation[30:-30, 30:-30], atol=0.01)


@pytest.mark.parametrize("shade", [0, 1])
def test_saturated_pixels_tell_nothing_of_the_surroundings(shade: int) -> None:
    share = flat(0.5, size=128)
    share[:, :40] = shade
    curve = SigmoidCurve(1.0, 0.5, window=(0.1, 0.9), detail=0.8)
    np.testing.assert_allclose(curve.to_exposure(share)[:, 40:], np.exp(-1.0), rtol=1e-3)


@pytest.mark.parametrize(("sigma", "pixels"), [(0.5, 1), (3, 1), (5.9, 1), (6, 2), (11.9, 2), (12, 4)])
def test_a_wide_blur_is_of_3_to_6_coarse_pixels(sigma: float, pixels: int) -> None:
    assert choose_shrink(sigma) == pixels


def test_a_wide_blur_is_the_gaussian_of_oblong_images_too() -> None:
    waves = np.tile(np.sin(np.arange(256) / 12).astype(np.float32), (128, 1))
    inner = np.s_[24:-24, 24:-24]
    np.testing.assert_allclose(blur_widely(waves, 8)[inner], cv2.GaussianBlur(waves, (0, 0), 8)[inner], atol=0.02)


@pytest.mark.parametrize("curve", [FilmCurve(), SigmoidCurve(1.1, 0.6, (0.1, 0.9)), SigmoidCurve(1.1, 0.6, detail=0.7)])
def test_the_same_exposure_is_shown_the_same(curve: FilmCurve | SigmoidCurve) -> None:
    np.testing.assert_allclose(curve.change_exposure(noise(), flat(1.0, size=64)), noise(), atol=1e-4)
    assert curve.to_exposure(noise()).dtype == curve.change_exposure(noise(), flat(2.0, size=64)).dtype == np.float32


@pytest.mark.parametrize("curve", [FilmCurve(), SigmoidCurve(1.1, 0.6, (0.1, 0.9))])
def test_a_changed_exposure_is_found_again(curve: FilmCurve | SigmoidCurve) -> None:
    image = 0.4 + 0.2 * noise()
    found = curve.to_exposure(curve.change_exposure(image, flat(1.3, size=64)))
    np.testing.assert_allclose(found, 1.3 * curve.to_exposure(image), rtol=1e-4)
