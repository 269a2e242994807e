"""Display curves against the formulas of film and of PS3.3 C.11.2.1.3."""

import numpy as np
import pytest

from tests.data.degradations.images import noise
from xray_resnet.data.degradations import FilmCurve, SigmoidCurve


def test_a_film_shows_mid_lung_at_0_3_and_spans_exposures_of_50_to_1() -> None:
    mid_lung, dark, bright = FilmCurve().to_exposure(np.array([0.3, 0, 1], np.float32))
    assert mid_lung == pytest.approx(1)
    assert dark / bright == pytest.approx(50, rel=1e-5)


def test_a_sigmoid_shows_its_middle_in_the_middle_of_the_window() -> None:
    curve = SigmoidCurve(middle=1.2, latitude=0.5, window=(0.1, 0.9))
    exposure = np.full((1, 1), np.exp(-1.2), np.float32)
    assert curve.to_share(exposure).item() == pytest.approx(0.5, abs=1e-6)


def test_a_sigmoid_rises_as_the_function_of_the_standard() -> None:
    """y = 1 / (1 + exp(−4 (x − c) / w)), with the width w of four latitudes."""
    curve = SigmoidCurve(middle=1.2, latitude=0.5)
    attenuation = np.linspace(-1, 3, 9, dtype=np.float32)[None]
    expected = 1 / (1 + np.exp(-4 * (attenuation - 1.2) / 2.0))
    np.testing.assert_allclose(curve.to_share(np.exp(-attenuation)), expected, atol=1e-6)


def test_detail_is_raised_by_its_gain() -> None:
    rows = np.arange(256) / 256
    fine = (0.02 * np.sin(2 * np.pi * rows * 32)).astype(np.float32)[None] * np.ones((256, 1), np.float32)
    plain, raised = (SigmoidCurve(0.0, 1.0, detail=gain).to_share(np.exp(-fine)) for gain in (0.0, 0.8))
    assert np.ptp(raised[128, 64:192]) / np.ptp(plain[128, 64:192]) == pytest.approx(1.8, rel=0.01)


@pytest.mark.parametrize("curve", [FilmCurve(), SigmoidCurve(1.1, 0.6, (0.1, 0.9))])
def test_a_curve_without_detail_is_inverted_exactly(curve: FilmCurve | SigmoidCurve) -> None:
    np.testing.assert_allclose(curve.to_share(curve.to_exposure(noise())), noise(), atol=1e-5)


def test_a_curve_with_detail_is_inverted_nearly() -> None:
    smooth = 0.3 + 0.4 * np.outer(np.hanning(256), np.hanning(256)).astype(np.float32)
    curve = SigmoidCurve(1.1, 0.6, (0.1, 0.9), detail=0.6)
    np.testing.assert_allclose(curve.to_share(curve.to_exposure(smooth)), smooth, atol=0.01)
