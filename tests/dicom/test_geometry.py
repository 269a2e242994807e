"""Images of any shape in the square, and boxes there and back."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from xray_resnet.dicom.square.geometry import Placement, place

sides = st.integers(1, 200)
sizes = st.integers(8, 96)
aspects = st.floats(0.25, 4)
borders = st.integers(0, 15)


def place_white(rows: int, columns: int, size: int = 64, aspect: float = 1.0) -> tuple[np.ndarray, Placement]:
    return place(np.full((rows, columns), 40000, np.uint16), aspect=aspect, size=size)


@given(sides, sides, sizes, aspects, st.tuples(*[st.floats(-100, 300)] * 4))
def test_boxes_return_from_the_square(
    rows: int, columns: int, size: int, aspect: float, box: tuple[float, ...]
) -> None:
    _, placement = place_white(rows, columns, size, aspect)
    there_and_back = placement.to_file(placement.to_store(np.array([box])))
    np.testing.assert_allclose(there_and_back, [box], atol=1e-8)


@given(sides, sides, sizes, aspects)
def test_the_box_of_the_image_is_its_content(rows: int, columns: int, size: int, aspect: float) -> None:
    _, placement = place_white(rows, columns, size, aspect)
    top, left, height, width = placement.content
    box = placement.to_store(np.array([[0, 0, columns, rows]]))
    np.testing.assert_allclose(box, [[left, top, width, height]], atol=0.5)  # lines that fill no block are left out


@settings(max_examples=50)
@given(sides, sides, sizes, aspects)
def test_a_constant_image_stays_constant_and_the_rest_is_black(
    rows: int, columns: int, size: int, aspect: float
) -> None:
    square, placement = place_white(rows, columns, size, aspect)
    top, left, height, width = placement.content
    expected = np.zeros((size, size), np.uint16)
    expected[top : top + height, left : left + width] = 40000
    np.testing.assert_array_equal(square, expected)


@given(st.integers(20, 200), st.integers(20, 200), sizes)
def test_aspect_is_kept_to_the_pixel(rows: int, columns: int, size: int) -> None:
    _, placement = place_white(rows, columns, size)
    _, _, height, width = placement.content
    assert max(height, width) == size
    assert abs(height - width * rows / columns) <= 0.5 * max(1, rows / columns) + 1e-9


@pytest.mark.parametrize(("aspect", "content"), [(2.0, (0, 16, 64, 32)), (0.5, (16, 0, 32, 64))])
def test_pixels_that_are_not_square_become_square(aspect: float, content: tuple[int, int, int, int]) -> None:
    _, placement = place_white(100, 100, 64, aspect)
    assert placement.content == content


def test_the_image_lies_in_the_middle() -> None:
    _, placement = place_white(100, 50)
    assert placement.content == (0, 16, 64, 32)


def test_an_image_of_the_size_of_the_square_is_unchanged() -> None:
    pixels = np.arange(64 * 64, dtype=np.uint16).reshape(64, 64) * 16
    square, _ = place(pixels, size=64)
    np.testing.assert_array_equal(square, pixels)


def test_shrinking_averages_areas() -> None:
    pixels = np.random.default_rng(0).integers(0, 65536, (128, 128), np.uint16)
    square, _ = place(pixels, size=32)
    np.testing.assert_allclose(square, pixels.reshape(32, 4, 32, 4).mean((1, 3)), atol=1)


def test_8_bits_shown_as_they_are_need_no_table() -> None:
    pixels = np.random.default_rng(0).integers(0, 256, (300, 200), np.uint8)
    stretch = np.arange(256, dtype=np.uint16) * np.uint16(257)
    quick, _ = place(pixels, table=stretch, size=48)
    looked_up, _ = place(stretch[pixels], size=48)
    np.testing.assert_array_equal(quick, looked_up)


@pytest.mark.parametrize("side", [128, 129, 192, 255, 300, 513])
def test_shrinking_in_two_steps_keeps_every_place(side: int) -> None:
    ramp = np.tile(np.arange(side, dtype=np.uint16) * 100, (side, 1))
    square, placement = place(ramp, size=32)
    centres = placement.to_file(np.array([[x + 0.5, 0.5, 0, 0] for x in range(32)]))[:, 0]
    np.testing.assert_allclose(square[16], (centres - 0.5) * 100, atol=25)


@pytest.mark.parametrize("shape", [(64, 16), (16, 64), (20, 20)])
def test_a_mark_lands_where_its_box_says(shape: tuple[int, int]) -> None:
    pixels = np.zeros(shape, np.uint16)
    pixels[4:8, 8:12] = 65535
    square, placement = place(pixels, size=48)
    rows, columns = np.nonzero(square > 32767)
    x, y, width, height = placement.to_store(np.array([[8, 4, 4, 4]]))[0]
    np.testing.assert_allclose([columns.min(), rows.min()], [x, y], atol=1)
    np.testing.assert_allclose([columns.max() + 1, rows.max() + 1], [x + width, y + height], atol=1)


def test_no_boxes_stay_no_boxes() -> None:
    _, placement = place_white(10, 10)
    assert placement.to_store(np.zeros((0, 4))).shape == (0, 4)


@given(st.tuples(*[st.floats(-100, 300)] * 4), borders, borders)
def test_boxes_return_from_a_cropped_square(box: tuple[float, ...], top: int, left: int) -> None:
    film = np.full((70, 60), 30000, np.uint16)
    square, placement = place(film, size=64, field=(top, left, 40, 30))
    assert placement.content == (0, 8, 64, 48) and placement.cut(square).min() == 30000
    np.testing.assert_allclose(placement.to_file(placement.to_store(np.array([box]))), [box], atol=1e-8)
    np.testing.assert_allclose(placement.to_store(np.array([[left, top, 30, 40]])), [[8, 0, 48, 64]], atol=1e-9)
