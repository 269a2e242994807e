"""A film in a few numbers."""

import numpy as np
import pytest

from tests.builders import make_chest
from xray_resnet.dicom.appearance import measure_film
from xray_resnet.shift.reference import FILM_COLUMNS


def measure(pixels: np.ndarray, *, view: str = "") -> dict[str, float]:
    return dict(zip(FILM_COLUMNS, measure_film(pixels, view=view), strict=True))


def chest() -> np.ndarray:
    return np.uint8(make_chest(120, 100, np.random.default_rng(0)) * 255)


@pytest.mark.parametrize(("view", "value"), [("AP", 1), ("ap", 1), ("PA", 0), ("LL", -1), ("", -1)])
def test_a_view_is_ap_or_pa_or_unknown(view: str, value: float) -> None:
    assert measure(chest(), view=view)["ap"] == value


def test_the_noise_on_a_slope_is_the_standard_deviation_that_was_added() -> None:
    slope = np.linspace(15_000, 45_000, 200)[:, None] + np.linspace(0, 5_000, 200)
    noise = np.random.default_rng(0).normal(scale=0.02 * 65_535, size=slope.shape)
    assert measure(np.uint16(slope))["noise"] < 1e-4
    assert measure(np.uint16(slope + noise))["noise"] == pytest.approx(0.02, rel=0.03)


def test_greys_are_shares_of_the_display_range_whatever_the_bits() -> None:
    film = measure(chest())
    assert film["grey"] == pytest.approx(chest().mean() / 255, rel=1e-5)
    assert film["contrast"] == pytest.approx(chest().std() / 255, rel=1e-5)
    assert measure(chest() * np.uint16(257)) == film


def test_a_negative_is_inverted_and_not_elsewhere() -> None:
    plain, negative = measure(chest()), measure(255 - chest())
    assert (plain["inverted"], negative["inverted"], negative["elsewhere"]) == (0, 1, 0)
