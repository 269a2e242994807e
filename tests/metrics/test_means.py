"""Means with Student's interval: SciPy's for one value a patient; wider where the values of a patient are alike."""

import numpy as np
import pytest
from scipy.stats import ttest_1samp

from xray_resnet.metrics.means import estimate_mean

VALUES = np.random.default_rng(0).normal(0.2, 1, 30)


def test_with_one_value_a_patient_the_interval_is_scipys() -> None:
    found, expected = estimate_mean(VALUES, patients=np.arange(30)), ttest_1samp(VALUES, 0).confidence_interval()
    assert found.value == pytest.approx(VALUES.mean())
    assert (found.low, found.high) == (pytest.approx(expected.low), pytest.approx(expected.high))
    assert found.method == "Student's t by patients"


def test_values_that_are_repeated_in_a_patient_say_no_more() -> None:
    once, thrice = (estimate_mean(np.repeat(VALUES, n), patients=np.repeat(np.arange(30), n)) for n in (1, 3))
    assert (thrice.low, thrice.high) == (pytest.approx(once.low), pytest.approx(once.high))


def test_the_interval_covers_the_mean_of_other_patients() -> None:
    generator, covered = np.random.default_rng(1), 0
    patients = np.repeat(np.arange(12), 4)
    for _ in range(400):
        found = estimate_mean(generator.normal(size=12)[patients] + generator.normal(size=48), patients=patients)
        assert found.low is not None and found.high is not None
        covered += found.low <= 0 <= found.high
    assert 0.92 < covered / 400 < 0.98


def test_few_patients_have_no_interval_and_none_no_mean() -> None:
    few = estimate_mean([1.0] * 8, patients=[0, 0, 1, 1, 2, 2, 3, 3])
    assert (few.value, few.low, few.why_null) == (1, None, "interval: too few patients, 4")
    assert estimate_mean([], patients=[]).why_null == "nothing was measured"


def test_the_interval_ends_where_values_end() -> None:
    bounded = estimate_mean([-1, 1, 1, 1, 1, 1], patients=np.arange(6), least=-1, most=1)
    assert bounded.high == 1 and bounded.low is not None and -1 < bounded.low < 0
