"""Tests without SciPy, held against SciPy's."""

import numpy as np
import pytest
from scipy.stats import fisher_exact, ks_2samp

from xray_resnet.shift.two_samples import fisher_p_value, kolmogorov_p_value, measure_gap


@pytest.mark.parametrize("decimals", [0, 8])
def test_the_gap_is_that_of_kolmogorov_and_smirnov(decimals: int) -> None:
    generator = np.random.default_rng(0)
    sample, reference = (generator.normal(shift, size=n).round(decimals) for shift, n in ((0.4, 60), (0, 90)))
    assert measure_gap(sample, reference) == pytest.approx(ks_2samp(sample, reference).statistic)


def test_a_weight_of_two_is_a_film_twice() -> None:
    sample, reference = np.array([1.0, 4, 6]), np.array([2.0, 5, 7])
    twice = measure_gap(sample, np.array([2.0, 2, 5, 7]))
    assert measure_gap(sample, reference, np.array([2.0, 1, 1])) == pytest.approx(twice)


@pytest.mark.parametrize("shift", [0.0, 0.2, 0.4, 0.6])
def test_the_p_value_is_near_the_exact_one(shift: float) -> None:
    generator = np.random.default_rng(1)
    sample, reference = generator.normal(shift, size=100), generator.normal(size=150)
    exact = ks_2samp(sample, reference, method="exact")
    ours = kolmogorov_p_value(exact.statistic, sample=100, reference=150)
    assert ours == pytest.approx(exact.pvalue, rel=0.15, abs=1e-6)


def test_no_gap_is_no_evidence() -> None:
    assert kolmogorov_p_value(0.0, sample=50, reference=50) == 1.0


@pytest.mark.parametrize(
    "table", [(0, 100, 0, 264), (5, 100, 1, 264), (20, 100, 50, 264), (30, 30, 0, 40), (3, 9, 8, 9)]
)
def test_fishers_test_is_scipys(table: tuple[int, int, int, int]) -> None:
    hits, total, other_hits, other_total = table
    expected = fisher_exact([[hits, total - hits], [other_hits, other_total - other_hits]]).pvalue
    assert fisher_p_value(*table) == pytest.approx(expected, rel=1e-6)
