"""Quantum noise against counting statistics."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.data.degradations.images import average, flat, generator, noise
from xray_resnet.data.degradations.quantum_noise import add_quantum_noise, thin_quanta
from xray_resnet.detector.detector import Detector
from xray_resnet.detector.display_curve import FilmCurve

LATITUDE = np.log(50)


def quanta_behind(share: float) -> float:
    """Per pixel at 512² and full dose: 10⁴ in mid lung, shown at 0.3; a chest film spans exposures of 50 to 1."""
    return float(1e4 * np.exp((0.3 - share) * LATITUDE))


@pytest.mark.parametrize("share", [0.2, 0.3, 0.6, 0.8])
@pytest.mark.parametrize("dose_fraction", [0.9, 0.5, 0.1])
def test_a_film_of_dose_1_gets_the_noise_of_d_over_1_minus_d(share: float, dose_fraction: float) -> None:
    noisy = add_quantum_noise(flat(share), dose_fraction, generator=generator())
    added = quanta_behind(share) * dose_fraction / (1 - dose_fraction)
    assert noisy.std(dtype=np.float64) == pytest.approx(1 / (LATITUDE * np.sqrt(added)), rel=0.02)


def test_dose_1_is_the_identity() -> None:
    image = noise()
    np.testing.assert_array_equal(add_quantum_noise(image, 1.0, generator=generator()), image)


@pytest.mark.parametrize("size", [128, 256, 1024])
def test_a_pixel_of_another_size_has_the_quanta_of_what_it_averages(size: int) -> None:
    noisy = add_quantum_noise(flat(0.5, size=size), 0.25, generator=generator())
    added = quanta_behind(0.5) * (512 / size) ** 2 / 3
    assert noisy.std(dtype=np.float64) == pytest.approx(1 / (LATITUDE * np.sqrt(added)), rel=0.02)


@pytest.mark.parametrize("factor", [2, 4])
def test_noise_at_512_averaged_down_is_that_of_the_smaller_size(factor: int) -> None:
    averaged = average(add_quantum_noise(flat(0.5), 0.25, generator=generator()), factor)
    there = add_quantum_noise(flat(0.5, size=512 // factor), 0.25, generator=generator(1))
    assert averaged.std(dtype=np.float64) == pytest.approx(there.std(dtype=np.float64), rel=0.04)


def test_halving_the_dose_twice_is_a_quarter_of_it() -> None:
    twice = add_quantum_noise(
        add_quantum_noise(flat(0.4), 0.5, generator=generator()), 0.5, generator=generator(1),
        detector=Detector(FilmCurve(mid_lung=0.3 - np.log(2) / LATITUDE)),
    )  # fmt: skip
    once = add_quantum_noise(flat(0.4), 0.25, generator=generator(2))
    assert twice.std(dtype=np.float64) == pytest.approx(once.std(dtype=np.float64), rel=0.02)


def test_quantum_noise_is_white() -> None:
    added = add_quantum_noise(flat(0.5), 0.25, generator=generator(3)).astype(np.float64) - 0.5
    assert abs(np.corrcoef(added[:, 1:].ravel(), added[:, :-1].ravel())[0, 1]) < 4 / 512


@pytest.mark.parametrize("quanta", [90.0, 400.0, 3000.0])
def test_thinned_counts_have_the_moments_of_the_binomial_distribution(quanta: float) -> None:
    kept = thin_quanta(np.full((800, 800), quanta, np.float32), 0.1, generator=generator()).astype(np.float64)
    variance = quanta * 0.1 * 0.9
    assert kept.mean() == pytest.approx(quanta * 0.1, rel=0.002)
    assert kept.var() == pytest.approx(variance, rel=0.02)
    assert ((kept - kept.mean()) ** 3).mean() == pytest.approx(variance * 0.8, rel=0.25)


def test_few_quanta_are_whole() -> None:
    kept = thin_quanta(np.full((50, 50), 100, np.float32), 0.1, generator=generator())
    np.testing.assert_array_equal(kept, np.rint(kept))


def test_readout_noise_grows_to_its_full_size_relative_to_the_quanta() -> None:
    """8 quanta are in the film, of which a quarter dose keeps 2; √(8² − 2²) complete them."""
    quanta = np.full((600, 600), 100.0, np.float32) * 4
    kept = thin_quanta(quanta, 0.25, generator=generator(), readout=8.0).astype(np.float64)
    assert kept.var() == pytest.approx(400 * 0.25 * 0.75 + 64 - 4, rel=0.02)


def test_a_pixel_without_quanta_stays_finite() -> None:
    noisy = add_quantum_noise(flat(1.0, size=64), 1e-5, generator=generator())
    assert np.isfinite(noisy).all()


def test_less_than_one_quantum_counts_as_one() -> None:
    """At 0.7 expected quanta, one is shown ln(1 / 0.7) / ln 50 darker than the mean, two by ln(2 / 0.7) / ln 50."""
    dose_fraction = 0.7 / quanta_behind(1.0)
    noisy = add_quantum_noise(flat(1.0), dose_fraction, generator=generator())
    brightest = np.unique(noisy)[::-1][:2]
    assert brightest == pytest.approx(1 - np.log(np.array([1, 2]) / 0.7) / LATITUDE, abs=1e-5)


@given(share=st.floats(0, 1, width=32), dose_fraction=st.floats(0.01, 1), seed=st.integers(0, 2**32))
def test_quantum_noise_is_replayed_by_its_seed_within_the_display_range(
    share: float, dose_fraction: float, seed: int
) -> None:
    image = flat(share, size=8)
    first, second = (add_quantum_noise(image, dose_fraction, generator=generator(seed)) for _ in range(2))
    np.testing.assert_array_equal(first, second)
    assert first.dtype == np.float32
    assert first.min() >= 0
    assert first.max() <= 1
    np.testing.assert_array_equal(image, flat(share, size=8))


@pytest.mark.parametrize("dose_fraction", [0.0, -1.0, 1.5])
def test_an_impossible_dose_is_refused(dose_fraction: float) -> None:
    with pytest.raises(ValueError, match="expected more than 0 and at most 1"):
        add_quantum_noise(flat(0.5, size=1), dose_fraction, generator=generator())
