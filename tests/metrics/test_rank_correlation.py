"""Rank correlation: SciPy's where both have an order."""

import numpy as np
import pytest
from scipy.stats import spearmanr

from xray_resnet.metrics.rank_correlation import correlate_ranks


@pytest.mark.parametrize("seed", range(4))
def test_it_is_scipys_with_ties(seed: int) -> None:
    first, second = np.random.default_rng(seed).integers(0, 6, (2, 7, 7))
    assert correlate_ranks(first, second) == pytest.approx(spearmanr(first.ravel(), second.ravel()).statistic)


def test_one_value_everywhere_has_no_order() -> None:
    assert correlate_ranks(np.zeros((3, 3)), np.arange(9).reshape(3, 3)) == 0
