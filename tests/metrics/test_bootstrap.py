"""The patient-clustered bootstrap: seeded, honest about clusters, and covering what it says."""

import numpy as np
import pytest

from xray_resnet.metrics.bootstrap import bootstrap, draw_weights, estimate, number_patients
from xray_resnet.metrics.ranking import Floats


def test_every_resample_draws_as_many_patients_as_there_are() -> None:
    weights = draw_weights(7, 50, generator=np.random.default_rng(0))
    assert weights.shape == (7, 50)
    assert (weights.sum(axis=0) == 7).all()


def test_one_seed_gives_one_answer() -> None:
    first, second = (draw_weights(20, 30, generator=np.random.default_rng(3)) for _ in range(2))
    np.testing.assert_array_equal(first, second)


def test_patients_are_numbered_by_identifier() -> None:
    np.testing.assert_array_equal(number_patients(["b", "a", "b", "c"]), [1, 0, 1, 2])


def test_the_interval_of_a_mean_has_its_known_width() -> None:
    generator = np.random.default_rng(5)
    values = generator.normal(size=400)

    def mean(weights: Floats) -> Floats:
        return (values @ weights / weights.sum(axis=0))[None]

    (samples,) = bootstrap(mean, 400, generator=generator)
    found = estimate(float(values.mean()), samples)
    assert found.low is not None and found.high is not None
    assert found.high - found.low == pytest.approx(2 * 1.96 * values.std() / 20, rel=0.06)


def test_undefined_resamples_are_left_out_and_counted() -> None:
    samples = np.r_[np.linspace(0.4, 0.6, 90), [np.nan] * 10]
    found = estimate(0.5, samples)
    assert (found.resamples, found.excluded) == (90, 10)
    assert found.low == pytest.approx(0.405) and found.high == pytest.approx(0.595)


def test_too_many_undefined_resamples_leave_no_interval() -> None:
    """One patient with the finding of n is missing from (1 - 1/n)^n of the resamples: 32 % of 4, 37 % of many."""
    found = estimate(0.5, np.r_[np.full(68, 0.5), [np.nan] * 32])
    assert (found.value, found.low, found.high) == (0.5, None, None)
    assert found.why_null is not None and "too few patients" in found.why_null


def test_an_undefined_value_keeps_its_reason() -> None:
    found = estimate(None, np.full(10, np.nan), why_null="no positive image")
    assert (found.value, found.low, found.why_null) == (None, None, "no positive image")
