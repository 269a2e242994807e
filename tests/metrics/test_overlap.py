"""Overlap of maps with findings, against counting pixels and trying every set of cells."""

from itertools import product

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy import stats

from xray_resnet.metrics.localisation import NO_POINT
from xray_resnet.metrics.overlap import (
    NO_CASE,
    THRESHOLDS,
    Truth,
    choose_threshold,
    compare_overlaps,
    find_best_energy,
    find_best_iou,
    measure_energy,
    measure_ious,
)

CELLS = np.repeat(np.repeat(np.arange(9).reshape(3, 3), [2, 4, 6], axis=0), [2, 4, 6], axis=1)
"""(12, 12) the cell of each pixel, of 3 × 3 that are not equally large."""


def draw_mask(seed: int) -> NDArray[np.bool_]:
    generator = np.random.default_rng(seed)
    mask = np.zeros((12, 12), bool)
    for _ in range(2):
        top, left, height, width = generator.integers(0, 9, 4)
        mask[top : top + 1 + height, left : left + 1 + width] = True
    return mask


def truth_of(mask: NDArray[np.bool_]) -> Truth:
    counts = (np.bincount(CELLS[where], minlength=9).reshape(3, 3) for where in (mask, np.ones_like(mask)))
    return Truth(*counts)


def draw_heat(seed: int) -> NDArray[np.float64]:
    return np.random.default_rng(seed).normal(size=(3, 3))


@pytest.mark.parametrize("seed", range(3))
def test_energy_is_that_of_the_pixels(seed: int) -> None:
    mask, heat = draw_mask(seed), draw_heat(seed)
    pixels = np.maximum(heat, 0).ravel()[CELLS]
    assert measure_energy(heat, truth_of(mask)) == pytest.approx(pixels[mask].sum() / pixels.sum())


@pytest.mark.parametrize("seed", range(3))
def test_intersection_over_union_is_that_of_the_pixels(seed: int) -> None:
    mask, heat = draw_mask(seed), draw_heat(seed)
    pixels = heat.ravel()[CELLS]
    marked = [(pixels >= threshold * heat.max()) for threshold in THRESHOLDS]
    expected = [(each & mask).sum() / (each | mask).sum() for each in marked]
    np.testing.assert_allclose(measure_ious(heat, truth_of(mask)), expected)


def test_a_map_in_which_nothing_is_positive_marks_nothing() -> None:
    truth = truth_of(draw_mask(0))
    assert measure_energy(-np.ones((3, 3)), truth) == 0
    assert not measure_ious(-np.ones((3, 3)), truth).any()
    assert not measure_ious(np.zeros((3, 3)), truth).any()


@pytest.mark.parametrize("seed", range(4))
def test_no_set_of_cells_overlaps_more_than_the_oracle(seed: int) -> None:
    mask = draw_mask(seed)
    every = (np.array(chosen)[CELLS] for chosen in product([False, True], repeat=9))
    assert find_best_iou(truth_of(mask)) == pytest.approx(
        max((each & mask).sum() / (each | mask).sum() for each in every)
    )


@pytest.mark.parametrize("seed", range(3))
def test_no_map_has_more_of_its_energy_in_the_finding_than_the_oracle(seed: int) -> None:
    truth = truth_of(draw_mask(seed))
    alone = [measure_energy(np.eye(9)[cell].reshape(3, 3), truth) for cell in range(9)]
    assert find_best_energy(truth) == pytest.approx(max(alone))
    assert all(measure_energy(draw_heat(other), truth) <= max(alone) for other in range(50))


def test_the_threshold_is_the_best_on_average() -> None:
    ious = np.zeros((2, len(THRESHOLDS)))
    ious[0, 3], ious[:, 7] = 0.5, 0.3
    assert choose_threshold(ious) == 7
    assert THRESHOLDS[choose_threshold(ious[:0])] == 0.5


def test_maps_are_compared_with_the_prior_in_the_same_cases() -> None:
    maps, prior = np.random.default_rng(0).random((2, 30))
    found = compare_overlaps(maps, prior, np.full(30, 0.9), patients=np.arange(30))
    expected = stats.ttest_rel(maps, prior).confidence_interval(0.95)
    assert (found.difference.low, found.difference.high) == pytest.approx((expected.low, expected.high))
    assert (found.n_cases, found.ceiling) == (30, pytest.approx(0.9))


def test_without_a_case_nothing_is_compared() -> None:
    found = compare_overlaps([], [], [], patients=[])
    assert (found.n_cases, found.maps.why_null, found.ceiling) == (0, NO_CASE, None)


def test_without_a_prior_there_is_nothing_to_compare_with() -> None:
    found = compare_overlaps([0.5, 0.6], [0.1, np.nan], [1, 1], patients=[1, 2])
    assert found.maps.value == pytest.approx(0.55)
    assert (found.baseline.why_null, found.difference.why_null) == (NO_POINT, NO_POINT)
