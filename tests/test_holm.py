"""Holm's correction."""

import pytest

from xray_resnet.metrics import correct_p_values


def test_the_example_by_hand() -> None:
    """0.01 × 4, 0.02 × 3, then the greater of 0.03 × 2 and what came before, then 0.04 × 1 lifted likewise."""
    assert correct_p_values([0.03, 0.01, 0.04, 0.02]) == pytest.approx([0.06, 0.04, 0.06, 0.06])


def test_no_test_costs_the_others_nothing() -> None:
    assert correct_p_values([None, 0.02, None, 0.5]) == [None, 0.04, None, 0.5]


def test_a_p_value_never_exceeds_one() -> None:
    assert correct_p_values([0.9, 0.8]) == [1, 1]
