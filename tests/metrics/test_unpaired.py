"""Differences of estimates that share no patient."""

import numpy as np
import pytest

from xray_resnet.metrics import Estimate
from xray_resnet.metrics.unpaired import METHOD, subtract_unpaired


def test_normal_intervals_give_that_of_the_difference() -> None:
    """Of symmetric ones the reaches add as their squares do."""
    difference = subtract_unpaired(Estimate(0.9, 0.87, 0.93), Estimate(0.8, 0.76, 0.84))
    assert difference.value == pytest.approx(0.1)
    assert (difference.low, difference.high) == (pytest.approx(0.05), pytest.approx(0.15))
    assert difference.method == METHOD


def test_the_reach_to_either_side_comes_from_the_ends_that_face_it() -> None:
    difference = subtract_unpaired(Estimate(0.9, 0.6, 0.93), Estimate(0.8, 0.76, 0.81))
    assert difference.low == pytest.approx(0.1 - np.hypot(0.3, 0.01))
    assert difference.high == pytest.approx(0.1 + np.hypot(0.03, 0.04))


@pytest.mark.parametrize("undefined_first", [True, False])
def test_an_undefined_side_leaves_nothing_with_its_reason(undefined_first: bool) -> None:
    sides = [Estimate(None, why_null="no positive"), Estimate(0.8, 0.7, 0.9)]
    difference = subtract_unpaired(*(sides if undefined_first else sides[::-1]))
    assert (difference.value, difference.low, difference.why_null) == (None, None, "no positive")


@pytest.mark.parametrize("few_first", [True, False])
def test_a_side_without_an_interval_leaves_none(few_first: bool) -> None:
    sides = [Estimate(0.9, why_null="too few patients"), Estimate(0.8, 0.7, 0.9)]
    difference = subtract_unpaired(*(sides if few_first else sides[::-1]))
    assert difference.value == pytest.approx(0.1 if few_first else -0.1)
    assert (difference.low, difference.high, difference.why_null) == (None, None, "too few patients")
