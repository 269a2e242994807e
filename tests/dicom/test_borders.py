"""What counts as the border of a film: even, and black or white along an edge."""

import numpy as np
import pytest

from xray_resnet.dicom.square.collimation import find_field

WHOLE = (0, 0, 100, 100)


def film() -> np.ndarray:
    return np.random.default_rng(0).integers(15_000, 50_000, (100, 100)).astype(np.uint16)


def cover_top(value: int, rows: int = 20) -> np.ndarray:
    covered = film()
    covered[:rows] = value
    return covered


@pytest.mark.parametrize("value", [0, 3_276, 62_259, 65_535])
def test_an_even_border_close_to_black_or_white_is_cut(value: int) -> None:
    """Within a twentieth of the 65535 grey values of either end."""
    assert find_field(cover_top(value)) == (20, 0, 80, 100)


@pytest.mark.parametrize("value", [3_277, 30_000, 62_258])
def test_an_even_grey_margin_is_part_of_the_film(value: int) -> None:
    assert find_field(cover_top(value)) == WHOLE


def test_a_dark_margin_with_structure_is_part_of_the_film() -> None:
    """Soft tissue that is nearly black varies by more than a fiftieth of the range."""
    dark = cover_top(0)
    dark[:20] = np.tile(np.linspace(0, 3_000, 100), (20, 1))
    assert find_field(dark) == WHOLE


@pytest.mark.parametrize(("spread", "field"), [(1_310, (20, 0, 80, 100)), (1_311, WHOLE)])
def test_a_border_may_vary_by_a_fiftieth_of_the_range(spread: int, field: tuple[int, ...]) -> None:
    uneven = cover_top(0)
    uneven[:20, ::2] = spread
    assert find_field(uneven) == field


def test_a_letter_on_the_border_is_overlooked_and_a_larger_mark_is_not() -> None:
    for columns, field in ((4, (20, 0, 80, 100)), (8, WHOLE)):
        marked = cover_top(0)
        marked[:20, 50 : 50 + columns] = 40_000
        assert find_field(marked) == field


def test_a_black_band_within_the_film_stays() -> None:
    banded = film()
    banded[40:50] = 0
    assert find_field(banded) == WHOLE


def test_columns_are_judged_within_the_rows_that_are_open() -> None:
    """Above and below all is black, between them the left fifth is white: of the whole column only a part."""
    framed = film()
    framed[:, :20] = 65_535
    framed[:15], framed[-15:] = 0, 0
    assert find_field(framed) == (15, 20, 70, 80)


@pytest.mark.parametrize(("rows", "field"), [(50, (50, 0, 50, 100)), (51, WHOLE)])
def test_half_of_a_side_is_enough_of_a_film_and_less_is_not(rows: int, field: tuple[int, ...]) -> None:
    assert find_field(cover_top(0, rows)) == field
    turned = np.ascontiguousarray(cover_top(0, rows).T)
    assert find_field(turned) == (field[1], field[0], field[3], field[2])


def test_each_side_is_measured_by_its_own_length() -> None:
    """Three quarters of the short side of a wide film are less than half of its long one."""
    wide = film()[:40]
    wide[:10] = 0
    assert find_field(wide) == (10, 0, 30, 100)
    assert find_field(np.ascontiguousarray(wide.T)) == (0, 10, 100, 30)


def test_a_wide_film_that_is_black_is_left_whole() -> None:
    assert find_field(np.zeros((40, 100), np.uint16)) == (0, 0, 40, 100)
    assert find_field(np.pad(film(), ((0, 150), (0, 0)))) == (0, 0, 250, 100)
