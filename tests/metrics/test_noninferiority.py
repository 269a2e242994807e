"""Non-inferiority in a fixed sequence, and how many patients would show it."""

import numpy as np
import pytest
from scipy.stats import norm
from scipy.stats import t as student

from xray_resnet.metrics.noninferiority import ERROR, POWER, count_needed, judge_sequence
from xray_resnet.metrics.ranking_intervals import Intervals


def judge(low: list[float], high: list[float]) -> list[str]:
    return [*judge_sequence(Intervals(np.array(low), np.array(high), [None] * len(low)), margin=0.02)]


def test_an_interval_within_the_margin_is_safe_and_one_beyond_it_is_not() -> None:
    assert judge([-0.01, -0.05, -0.09], [0.01, 0.0, -0.03]) == ["safe", "cannot tell", "not safe"]


def test_an_end_on_the_margin_shows_nothing() -> None:
    assert judge([-0.02], [0.0]) == judge([-0.05], [-0.02]) == ["cannot tell"]


def test_a_condition_after_one_that_is_not_shown_is_not_tested() -> None:
    assert judge([-0.01, -0.03, -0.01], [0.01, 0.01, 0.01]) == ["safe", "cannot tell", "cannot tell"]
    assert judge([-0.09, -0.09, -0.09], [-0.03, 0.0, -0.03]) == ["cannot tell", "cannot tell", "not safe"]


def test_without_an_interval_nothing_can_be_told() -> None:
    assert judge([np.nan], [np.nan]) == ["cannot tell"]


def test_either_wrong_answer_has_a_chance_of_one_in_forty() -> None:
    assert pytest.approx(0.025) == ERROR


def test_many_patients_are_those_of_the_usual_formula() -> None:
    """n = ((z of 0.975 + z of 0.8) · spread of one patient / distance to the margin)², Chow, Shao and Wang (2008)."""
    spread, distance = 0.3, 0.004
    classic = ((norm.ppf(0.975) + norm.ppf(0.8)) * spread / distance) ** 2
    needed = count_needed(-0.016, spread**2 / 200, patients=200, margin=0.02)
    assert pytest.approx(0.8) == POWER
    assert needed == pytest.approx(classic, rel=0.05) and needed > classic


def test_patients_who_all_keep_their_place_must_still_be_enough() -> None:
    """Of 99, each could stand for others who lose all: t² · 0.5 / 99 is less than 0.02, of 98 it is more."""
    assert student.ppf(0.975, 98) ** 2 * 0.5 / 99 < 0.02 < student.ppf(0.975, 97) ** 2 * 0.5 / 98
    assert count_needed(0.0, 0.0, patients=5, margin=0.02) == 99


def test_no_number_shows_what_is_not_so() -> None:
    assert count_needed(-0.021, 1e-4, patients=100, margin=0.02) is None


def test_a_clear_gain_needs_no_more_than_any_interval_does() -> None:
    assert count_needed(0.4, 0.0, patients=5, margin=0.4) == 5
