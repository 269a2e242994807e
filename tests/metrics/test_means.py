"""Means with Student's interval that counts patients, against SciPy's of independent values."""

import numpy as np
import pytest
from scipy import stats

from xray_resnet.metrics.means import estimate_mean


def test_of_one_value_a_patient_the_interval_is_students() -> None:
    values = np.random.default_rng(0).random(12)
    expected = stats.t.interval(0.95, 11, loc=values.mean(), scale=stats.sem(values))
    found = estimate_mean(values, patients=np.arange(12))
    assert (found.low, found.high) == pytest.approx(expected)


def test_values_alike_of_one_patient_are_worth_one() -> None:
    values = np.random.default_rng(0).random(12)
    once, often = (
        estimate_mean(np.repeat(values, times), patients=np.repeat(np.arange(12), times)) for times in (1, 20)
    )
    assert (often.value, often.low, often.high) == pytest.approx((once.value, once.low, once.high))


def test_one_patient_or_values_that_are_all_alike_have_no_interval() -> None:
    assert estimate_mean([0.2, 0.3], patients=[1, 1]).why_null == "interval: too few patients, 1"
    assert estimate_mean([0.0] * 8, patients=range(8)).why_null == "interval: all values are alike"
    assert estimate_mean([], patients=[]).why_null == "nothing was measured"
