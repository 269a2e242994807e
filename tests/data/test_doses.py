"""A film at a lower dose: what is drawn, and how noisy it is."""

import numpy as np
import pytest

from xray_resnet.data.doses import fingerprint_doses, lower_dose
from xray_resnet.detector import Detector, FilmCurve

FLAT = np.full((512, 512), 0.3, np.float32)
"""Mid lung everywhere, by the assumption for films."""


def lower(dose: float, *, image: str = "a", repetition: int = 0, detector: Detector | None = None) -> np.ndarray:
    return lower_dose(FLAT, dose, image=image, repetition=repetition, detector=detector)


def test_full_dose_leaves_a_film_as_it_is() -> None:
    np.testing.assert_array_equal(lower(1.0), FLAT)


def test_the_noise_is_that_of_the_quanta_which_are_missing() -> None:
    """Relative variance (1 - d) / (d N) of the exposure, N = 10,000; the share falls by its logarithm over ln 50."""
    noise = np.sqrt((1 - 0.25) / (0.25 * 10_000)) / np.log(50)
    assert lower(0.25).std() == pytest.approx(noise, rel=0.01)


def test_a_known_detector_shows_the_noise_by_its_own_curve() -> None:
    steep = Detector(FilmCurve(latitude=float(np.log(50) / 2)))
    assert lower(0.25, detector=steep).std() == pytest.approx(2 * lower(0.25).std(), rel=0.01)


def test_films_and_repetitions_have_their_own_quanta_and_doses_the_same() -> None:
    first = lower(0.5) - FLAT
    np.testing.assert_array_equal(lower(0.5), lower(0.5))
    for other in (lower(0.5, image="b"), lower(0.5, repetition=1)):
        assert abs(np.corrcoef(first.ravel(), (other - FLAT).ravel())[0, 1]) < 0.02
    assert np.corrcoef(first.ravel(), (lower(0.4) - FLAT).ravel())[0, 1] > 0.99


def test_the_fingerprint_is_that_of_the_pixels(monkeypatch: pytest.MonkeyPatch) -> None:
    before = fingerprint_doses()
    assert fingerprint_doses() == before
    monkeypatch.setattr("xray_resnet.detector.detector.QUANTA_AT_FULL_DOSE", 9_000.0)
    assert fingerprint_doses() != before
