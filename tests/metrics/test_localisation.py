"""The pointing game on boxes drawn by hand."""

import numpy as np
import pytest

from xray_resnet.metrics.localisation import find_most_covered_point, find_peak, is_hit, play_pointing_game


def test_the_peak_is_the_centre_of_the_strongest_cell() -> None:
    heat = np.zeros((7, 7))
    heat[2, 5] = 1
    assert find_peak(heat, 224) == (5.5 * 32, 2.5 * 32)


def test_a_point_in_any_box_is_a_hit() -> None:
    boxes = [(10.0, 20.0, 5.0, 5.0), (50.0, 60.0, 10.0, 1.0)]
    assert is_hit((12, 22), boxes)
    assert is_hit((59, 60.5), boxes)
    assert not is_hit((15, 22), boxes)
    assert not is_hit((20, 12), boxes)


def test_the_best_fixed_guess_is_where_most_boxes_overlap() -> None:
    boxes = [(10.0, 10.0, 20.0, 20.0), (20.0, 20.0, 20.0, 20.0), (70.0, 70.0, 10.0, 10.0)]
    x, y = find_most_covered_point(boxes, 100)
    assert 20 <= x < 30 and 20 <= y < 30


def test_without_boxes_the_guess_is_the_centre() -> None:
    assert find_most_covered_point([], 100) == (50, 50)


def test_rates_and_their_difference() -> None:
    generator = np.random.default_rng(0)
    hits, baseline = np.arange(100) % 4 != 0, np.arange(100) % 2 == 0
    game = play_pointing_game(hits, baseline, patients=np.arange(100), generator=generator)
    assert (game.maps.value, game.baseline.value) == (0.75, 0.5)
    assert game.difference.value == pytest.approx(0.25)
    assert game.difference.low is not None and 0 < game.difference.low < 0.25


def test_a_handful_of_patients_has_rates_but_no_interval() -> None:
    game = play_pointing_game([1, 0], [0, 0], patients=["a", "b"], generator=np.random.default_rng(0))
    assert (game.n_cases, game.maps.value, game.maps.low) == (2, 0.5, None)
    assert game.difference.why_null == "interval: fewer than 5 patients"


def test_no_case_is_undefined() -> None:
    game = play_pointing_game([], [], patients=[], generator=np.random.default_rng(0))
    assert game.maps.value is None
    assert game.maps.why_null == "no image has a box of a finding"
