"""The pointing game on boxes drawn by hand."""

import numpy as np
import pytest
from numpy.typing import ArrayLike

from xray_resnet.map_grid import MapGrid
from xray_resnet.metrics import Estimate
from xray_resnet.metrics.localisation import (
    NO_POINT,
    PAIRED,
    WILSON,
    PointingGame,
    find_most_covered_cell,
    find_most_covered_point,
    is_hit,
    play_pointing_games,
)
from xray_resnet.metrics.newcombe import wilson_interval


def play(hits: ArrayLike, baseline: ArrayLike, *, patients: ArrayLike) -> PointingGame:
    """One game of all cases."""
    everyone = np.ones((1, len(np.asarray(hits))), bool)
    rivals = np.reshape(np.asarray(baseline, np.float64), (1, -1))
    ((game,),) = play_pointing_games(hits, rivals, everyone, patients=patients, generator=np.random.default_rng(0))
    return game


def test_the_best_fixed_cell_is_the_one_that_most_boxes_cover() -> None:
    boxes = [(0.0, 0.0, 30.0, 30.0), (10.0, 10.0, 30.0, 20.0), (60.0, 60.0, 40.0, 40.0)]
    assert find_most_covered_cell(boxes, MapGrid((2, 2), 100, 50, 25)) == (25, 25)


def test_a_fixed_cell_misses_boxes_between_the_centres_although_a_fixed_point_hits() -> None:
    boxes = [(45.0, 45.0, 10.0, 10.0)]
    assert not is_hit(find_most_covered_cell(boxes, MapGrid((2, 2), 100, 50, 25)), boxes)
    assert is_hit(find_most_covered_point(boxes, 100), boxes)


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


def test_the_guess_is_the_middle_of_what_most_boxes_cover() -> None:
    assert find_most_covered_point([(20.0, 30.0, 21.0, 11.0)], 100) == (30.5, 35.5)


def test_a_box_reaches_to_the_first_row_and_column() -> None:
    assert find_most_covered_point([(0.0, 0.0, 1.0, 1.0), (-3.0, -3.0, 4.0, 4.0)], 100) == (0.5, 0.5)


def test_of_cells_that_as_many_boxes_cover_the_one_nearest_the_middle_is_the_best() -> None:
    assert find_most_covered_cell([], MapGrid((5, 5), 100, 20, 10)) == (50, 50)
    assert find_most_covered_cell([(0.0, 0.0, 45.0, 45.0)], MapGrid((5, 5), 100, 20, 10)) == (30, 30)


def test_rates_and_their_difference() -> None:
    hits, baseline = np.arange(100) % 4 != 0, np.arange(100) % 2 == 0
    game = play(hits, baseline, patients=np.arange(100))
    assert (game.maps.value, game.baseline.value) == (0.75, 0.5)
    assert game.difference.value == pytest.approx(0.25)
    assert game.difference.low is not None and 0 < game.difference.low < 0.25


def test_of_many_patients_the_difference_has_the_interval_of_pairs() -> None:
    hits, baseline = np.arange(400) % 4 != 0, np.arange(400) % 2 == 0
    game = play(hits, baseline, patients=np.arange(400))
    assert game.difference.value == pytest.approx(0.25)
    half = 1.96 * np.sqrt((3 / 4 - 0.25**2) / 400)  # of the differences -1, 1, 0 and 1
    assert (game.difference.low, game.difference.high) == pytest.approx((0.25 - half, 0.25 + half), abs=0.01)


def test_two_patients_have_an_interval() -> None:
    game = play([1, 0], [0, 0], patients=["a", "b"])
    assert game.maps.low is not None and game.maps.low < 0.5


def test_one_patient_has_rates_but_no_interval() -> None:
    game = play([1, 0], [0, 0], patients=["a", "a"])
    assert (game.n_cases, game.maps.value, game.maps.low) == (2, 0.5, None)
    assert game.difference.why_null == "interval: too few patients, 1"


def test_eight_of_eight_is_not_certainty() -> None:
    game = play([1] * 8, [0] * 8, patients=range(8))
    assert (game.maps.low, game.maps.high) == pytest.approx((8 / (8 + 1.959964**2), 1))
    assert game.difference.low is not None and 0.4 < game.difference.low < 0.7


def play_repeatedly(hits: np.ndarray, cases: int) -> Estimate:
    """The hit rate if each patient has so many cases alike."""
    patients = np.repeat(np.arange(len(hits)), cases)
    hit, missed = np.repeat(hits, cases), np.repeat(~hits, cases)
    return play(hit, missed, patients=patients).maps


@pytest.mark.parametrize("patients", [10, 120])
def test_twenty_cases_alike_of_each_patient_are_worth_one(patients: int) -> None:
    hits = np.arange(patients) % 2 == 0
    once, often = play_repeatedly(hits, 1), play_repeatedly(hits, 20)
    assert (often.low, often.high) == pytest.approx((once.low, once.high))
    assert often.high - often.low == pytest.approx(2 * 1.96 * 0.5 / np.sqrt(patients), rel=0.2)  # type: ignore[operator]


def test_no_case_is_undefined() -> None:
    game = play([], [], patients=[])
    assert game.maps.value is None
    assert game.maps.why_null == "no image has a box of a finding"


def test_few_paired_shares_have_the_name_of_their_own_interval() -> None:
    game = play([1] * 6 + [0] * 2, [0] * 8, patients=range(8))
    assert (game.maps.method, game.baseline.method, game.difference.method) == (WILSON, WILSON, PAIRED)


def test_patients_with_unequal_numbers_of_cases_count_as_fewer() -> None:
    """Twenty cases, eleven of them of one of ten patients: as 20² / (11² + 9) patients (Kish 1965)."""
    patients = np.repeat(np.arange(10), [11, *[1] * 9])
    game = play(patients % 2 == 0, patients % 3 == 0, patients=patients)
    assert (game.maps.low, game.maps.high) == pytest.approx(wilson_interval(15 / 20, 400 / 130))


def test_a_group_of_all_cases_is_the_game_without_groups() -> None:
    hits, rival, half = np.arange(200) % 4 != 0, np.arange(200) % 2 == 0, np.arange(200) < 100
    ((_, together),) = play_pointing_games(
        hits, [rival], [half, half | True], patients=np.arange(200), generator=np.random.default_rng(0)
    )
    assert together == play(hits, rival, patients=np.arange(200))


def test_all_rivals_meet_the_same_draws_of_the_maps() -> None:
    hits, rival = np.arange(200) % 4 != 0, np.arange(200) % 2 == 0
    ((first,), (second,)) = play_pointing_games(
        hits, [rival, ~rival], [rival | True], patients=np.arange(200), generator=np.random.default_rng(0)
    )
    assert first.maps == second.maps
    assert first.maps.resamples == 2000


def test_a_case_without_a_fixed_point_leaves_the_maps_alone() -> None:
    game = play([1, 1, 0], [1, np.nan, 0], patients=range(3))
    assert game.maps == play([1, 1, 0], [1, 0, 0], patients=range(3)).maps
    assert (game.baseline.value, game.baseline.why_null, game.difference.why_null) == (None, NO_POINT, NO_POINT)
