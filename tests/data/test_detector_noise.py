"""Noise of the detector against what counting statistics say of it."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from xray_resnet.data.detector_noise import (
    LATITUDE,
    MID_LUNG,
    QUANTA_AT_FULL_DOSE,
    add_electronic_noise,
    add_quantum_noise,
    expected_quanta,
)

SHARES = st.floats(0, 1, width=32)
DOSES = st.floats(0.01, 1)


def flat(share: float, *, side: int = 400) -> NDArray[np.float32]:
    return np.full((side, side), share, np.float32)


def test_mid_lung_gets_ten_thousand_quanta_at_full_dose() -> None:
    assert expected_quanta(flat(MID_LUNG, side=1), 1.0).item() == pytest.approx(QUANTA_AT_FULL_DOSE) == 1e4


def test_the_display_range_spans_the_latitude() -> None:
    dark, bright = expected_quanta(np.array([0, 1], np.float32), 0.5)
    assert np.log(dark / bright) == pytest.approx(LATITUDE)


@pytest.mark.parametrize("share", [0.2, MID_LUNG, 0.6, 0.8])
@pytest.mark.parametrize("dose_fraction", [1.0, 0.25, 0.1])
def test_quantum_noise_has_the_standard_deviation_of_the_delta_method(share: float, dose_fraction: float) -> None:
    noisy = add_quantum_noise(flat(share), dose_fraction, generator=np.random.default_rng(0))
    quanta = 1e4 * dose_fraction * np.exp((MID_LUNG - share) * LATITUDE)
    assert noisy.std(dtype=np.float64) == pytest.approx(1 / (LATITUDE * np.sqrt(quanta)), rel=0.02)


def test_a_quarter_of_the_dose_doubles_the_noise() -> None:
    full, quarter = (
        add_quantum_noise(flat(0.4), dose, generator=np.random.default_rng(1)).std(dtype=np.float64)
        for dose in (1.0, 0.25)
    )
    assert quarter / full == pytest.approx(2, rel=0.02)


def test_quantum_noise_keeps_the_mean_but_for_the_bias_of_the_logarithm() -> None:
    noisy = add_quantum_noise(flat(0.5), 0.1, generator=np.random.default_rng(2))
    quanta = float(expected_quanta(flat(0.5, side=1), 0.1).item())
    bias = 1 / (2 * quanta * LATITUDE)
    assert noisy.mean(dtype=np.float64) == pytest.approx(0.5 + bias, abs=4 * noisy.std(dtype=np.float64) / 400)


def test_quantum_noise_is_white() -> None:
    noise = add_quantum_noise(flat(0.5), 0.25, generator=np.random.default_rng(3)).astype(np.float64) - 0.5
    neighbours = np.corrcoef(noise[:, 1:].ravel(), noise[:, :-1].ravel())[0, 1]
    assert abs(neighbours) < 4 / 400


def test_a_pixel_without_quanta_stays_finite() -> None:
    noisy = add_quantum_noise(flat(1.0), 1e-5, generator=np.random.default_rng(0))
    assert np.isfinite(noisy).all()


@pytest.mark.parametrize("sigma", [0.01, 0.04, 0.12])
def test_electronic_noise_has_the_stated_standard_deviation(sigma: float) -> None:
    noisy = add_electronic_noise(flat(0.5), sigma, generator=np.random.default_rng(0))
    assert noisy.std(dtype=np.float64) == pytest.approx(sigma, rel=0.02)
    assert noisy.mean(dtype=np.float64) == pytest.approx(0.5, abs=4 * sigma / 400)


def test_electronic_noise_of_zero_is_bit_identical() -> None:
    image = np.random.default_rng(0).random((32, 32), np.float32)
    np.testing.assert_array_equal(add_electronic_noise(image, 0.0, generator=np.random.default_rng(0)), image)


@given(share=SHARES, dose_fraction=DOSES, seed=st.integers(0, 2**32))
def test_quantum_noise_is_replayed_by_its_seed_within_the_display_range(
    share: float, dose_fraction: float, seed: int
) -> None:
    image = flat(share, side=8)
    first, second = (add_quantum_noise(image, dose_fraction, generator=np.random.default_rng(seed)) for _ in range(2))
    np.testing.assert_array_equal(first, second)
    assert first.dtype == np.float32
    assert first.min() >= 0
    assert first.max() <= 1
    np.testing.assert_array_equal(image, flat(share, side=8))


@pytest.mark.parametrize("dose_fraction", [0.0, -1.0])
def test_a_dose_that_cannot_be_is_refused(dose_fraction: float) -> None:
    with pytest.raises(ValueError, match="expected a number above 0"):
        add_quantum_noise(flat(0.5, side=1), dose_fraction, generator=np.random.default_rng(0))


def test_the_detector_model_has_the_stated_numbers() -> None:
    """10⁴ quanta in mid lung, which is shown at 0.3; a chest film spans exposures of 50 to 1."""
    mid_lung, dark, bright = expected_quanta(np.array([0.3, 0, 1], np.float32), 1.0)
    assert mid_lung == pytest.approx(10_000, rel=1e-6)
    assert dark / bright == pytest.approx(50, rel=1e-6)


def test_half_a_quantum_stands_for_none() -> None:
    """With 0.7 quanta expected, a pixel that gets none is shown ln(0.7 / 0.5) / ln 50 brighter, others darker."""
    dose_fraction = 0.7 / 10_000 / 50**0.3
    noisy = add_quantum_noise(flat(0.0, side=50), dose_fraction, generator=np.random.default_rng(0))
    assert np.unique(noisy) == pytest.approx([0, np.log(0.7 / 0.5) / np.log(50)], abs=1e-6)
