"""Detector: quanta follow dose, noise follows quanta."""

import numpy as np
import pytest

from data_prep.phantom.detector import (
    Exposure,
    collimator,
    count_quanta,
    draw_exposure,
    expected_quanta,
)
from data_prep.phantom.projection import aim_beam
from tests.phantom.scenes import render_with
from tests.phantom.test_projection import STRAIGHT

FLAT = np.full((64, 64), 2.5, np.float32)


@pytest.mark.parametrize("dose", [1.0, 0.25])
@pytest.mark.parametrize("size", [64, 512])
def test_mid_lung_receives_ten_thousand_quanta_per_pixel_of_512(dose: float, size: int) -> None:
    exposure = Exposure(dose_fraction=dose, scatter_fraction=0.0, blur_mm=0.0)
    flat = np.full((size, size), 2.5, np.float32)
    expected = expected_quanta(flat, aim_beam(STRAIGHT, size), exposure, mid_lung=2.5)
    np.testing.assert_allclose(expected, 1e4 * (512 / size) ** 2 * dose, rtol=1e-5)


@pytest.mark.parametrize("quanta", [50.0, 2000.0])
@pytest.mark.parametrize("size", [256, 512])
def test_variance_is_quantum_plus_electronic(quanta: float, size: int) -> None:
    """Read-out noise has a σ of 8 quanta at 512²; a pixel of 256² sums four of them."""
    counted = count_quanta(np.full((size, size), quanta, np.float32), np.random.default_rng(0))
    assert counted.mean() == pytest.approx(quanta, rel=0.01)
    assert counted.var() == pytest.approx(quanta + 8**2 * (512 / size) ** 2, rel=0.03)


def test_scatter_lowers_contrast_and_keeps_the_mean() -> None:
    step = FLAT + np.where(np.arange(64) < 32, 0, 1).astype(np.float32)
    beam = aim_beam(STRAIGHT, 64)
    primary, scattered = (expected_quanta(step, beam, Exposure(1.0, share, 0.0), mid_lung=2.5) for share in (0.0, 0.4))
    assert scattered[:, :8].mean() / scattered[:, -8:].mean() < primary[:, :8].mean() / primary[:, -8:].mean()
    assert scattered.mean() == pytest.approx(primary.mean(), rel=0.05)


def test_blades_close_the_stated_share_of_the_field() -> None:
    pose = STRAIGHT.__class__(**{**vars(STRAIGHT), "collimation": (0.25, 0.0, 0.0, 0.125)})
    assert collimator(pose, 256).mean() == pytest.approx(0.75 * 0.875, abs=0.02)


def test_exposure_varies_about_the_dose() -> None:
    rng = np.random.default_rng(0)
    doses = [draw_exposure(rng, dose_fraction=0.5).dose_fraction for _ in range(400)]
    assert np.median(doses) == pytest.approx(0.5, rel=0.05)


def test_less_dose_is_the_same_image_with_more_noise() -> None:
    clean = render_with({"Effusion": 1}, dose_fraction=100).shown().astype(float)
    noise = {dose: np.std(render_with({"Effusion": 1}, dose_fraction=dose).shown() - clean) for dose in (1, 0.25, 0.1)}
    assert noise[1] < 0.65 * noise[0.25] < 0.65 * 0.75 * noise[0.1]


def test_noise_at_a_tenth_of_the_dose_is_plainly_visible_at_512() -> None:
    clean, noisy = (render_with({}, size=512, dose_fraction=dose).shown().astype(float) for dose in (100, 0.1))
    seen = (clean > 30) & (clean < 225)
    assert np.std((noisy - clean)[seen]) > 0.02 * 255
