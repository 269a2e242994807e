"""Display: the logarithm, the characteristic curve, the window of the standard, the marker."""

from dataclasses import replace

import numpy as np
import pytest

from data_prep.phantom.display import Look, draw_look, enhance, log_exposure, show, store, window_of
from tests.phantom.bodies import aim

LOOK = Look(detail=0.5, middle=1.0, latitude=0.8, window=(0.1, 0.9), marker="")


@pytest.mark.parametrize("dose", [1.0, 0.1])
def test_the_logarithm_undoes_beer_lambert_at_any_dose(dose: float) -> None:
    integral = np.full((256, 256), [-1.0, 2.0] * 128, np.float32)
    quanta = (4e4 * dose * np.exp(-integral)).astype(np.float32)
    np.testing.assert_allclose(log_exposure(quanta, dose_fraction=dose), integral, atol=1e-5)


def test_pixels_without_quanta_count_as_one_quantum() -> None:
    shown = log_exposure(np.full((512, 512), [-20.0, 1.0] * 256, np.float32), dose_fraction=1)
    np.testing.assert_allclose(shown, np.log(1e4), rtol=1e-6)


def test_enhancement_leaves_a_flat_field_alone() -> None:
    flat = np.full((160, 160), 1.5, np.float32)
    np.testing.assert_allclose(enhance(flat, aim(), LOOK), flat, atol=1e-4)


def test_enhancement_raises_fine_detail_by_its_gain() -> None:
    """Stripes of two pixels of 2.5 mm: their surroundings average to nothing."""
    stripes = np.tile(np.array([0.1, 0.1, -0.1, -0.1], np.float32), (160, 40))
    middle = enhance(stripes, aim(), LOOK)[40:120, 40:120]
    np.testing.assert_allclose(middle, 1.5 * stripes[40:120, 40:120], atol=2e-3)


@pytest.mark.parametrize("bits", [12, 14])
def test_the_curve_is_logistic_about_its_middle(bits: int) -> None:
    image = np.full((160, 160), 1.0, np.float32)
    image[0] = 1.0 + 0.8 * np.log(3)  # a logistic curve is at three quarters there
    stored = store(image, aim(), LOOK, bits=bits)
    assert stored[80, 80] == pytest.approx((2**bits - 1) / 2, abs=0.6)
    assert stored[0, 80] == pytest.approx(0.75 * (2**bits - 1), abs=0.6)


def test_dense_is_bright_and_stored_values_stay_within_their_bits() -> None:
    ramp = np.tile(np.linspace(-40, 40, 160, dtype=np.float32), (160, 1))
    stored = store(ramp, aim(), LOOK, bits=12)
    assert (stored.min(), stored.max()) == (0, 4095)
    assert (np.diff(stored[0].astype(int)) >= 0).all()


def test_the_window_shows_its_shares_of_the_curve_as_the_standard_says() -> None:
    """PS3.3 C.11.2.1.2.1: at most black at c − 0.5 − (w − 1)/2, white from c − 0.5 + (w − 1)/2."""
    center, width = window_of(LOOK, bits=12)
    assert center - 0.5 - (width - 1) / 2 == pytest.approx(0.1 * 4095, abs=0.1)
    assert center - 0.5 + (width - 1) / 2 == pytest.approx(0.9 * 4095, abs=0.1)


def test_values_are_shown_through_the_function_linear() -> None:
    """PS3.3 C.11.2.1.2.1, its own example: center 2048 and width 4096 map 0 to black and 4095 to white."""
    shown = show(np.array([[0, 4095, 1024, 2047, 3071]], np.uint16), (2048.0, 4096.0))
    expected = np.array([[0, 4095, 1024, 2047, 3071]]) / 4095 * 255
    np.testing.assert_array_equal(shown, np.rint(expected))


def test_values_beyond_the_window_are_black_and_white() -> None:
    """The standard's example of center 0 and width 100, moved by 1000: black up to −50, white from 49 on."""
    shown = show(np.array([[0, 950, 951, 1048, 1049, 4095]], np.uint16), (1000.0, 100.0))
    np.testing.assert_array_equal(shown, [[0, 0, 3, 252, 255, 255]])


@pytest.mark.parametrize(("letter", "is_left"), [("R", True), ("L", False)])
def test_the_marker_stands_in_the_upper_corner_of_its_side(letter: str, is_left: bool) -> None:
    """The patient's right is on the left of a frontal film."""
    image = np.full((160, 160), -40, np.float32)
    stored = store(image, aim(), replace(LOOK, marker=letter), bits=12)
    rows, columns = np.nonzero(stored)
    assert rows.max() < 0.2 * 160
    assert (columns.max() < 0.25 * 160) if is_left else (columns.min() > 0.75 * 160)
    assert 0.7 * 4095 < stored.max() <= 0.9 * 4095 + 0.5  # no whiter than the window's white


def test_a_film_without_a_marker_has_none() -> None:
    assert store(np.full((160, 160), -40, np.float32), aim(), LOOK, bits=12).max() == 0


def test_the_shutter_blackens_what_the_collimator_closed() -> None:
    image = np.full((160, 160), 40, np.float32)
    closed, bare = (aim(collimation=(0.25, 0.0, 0.0, 0.0), shuttered=value) for value in (True, False))
    stored = store(image, closed, LOOK, bits=12)
    assert stored[:, :40].max() == 0 and stored[:, 42:].min() == 4095
    assert store(image, bare, LOOK, bits=12).min() == 4095


def test_a_look_follows_the_contrast_of_the_patient() -> None:
    """Middle and latitude are shares of it; all else is chance."""
    flat, steep = (draw_look(np.random.default_rng(5), contrast=contrast) for contrast in (1.0, 3.0))
    assert steep.middle == pytest.approx(3 * flat.middle) and steep.latitude == pytest.approx(3 * flat.latitude)
    assert (steep.detail, steep.window, steep.marker) == (flat.detail, flat.window, flat.marker)
