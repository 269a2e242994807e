"""How an image of any shape is resampled into the square: exact means, and lines that stay where they are."""

import numpy as np
import pytest

from xray_resnet.dicom.square.geometry import place


def noise(rows: int, columns: int) -> np.ndarray:
    return np.random.default_rng(0).integers(0, 65_536, (rows, columns)).astype(np.uint16)


@pytest.mark.parametrize("share", [2, 8, 16])
def test_shrinking_by_a_power_of_two_gives_the_means_of_blocks(share: int) -> None:
    pixels = noise(32 * share, 32 * share)
    square, _ = place(pixels, size=32)
    means = pixels.reshape(32, share, 32, share).mean((1, 3))
    np.testing.assert_allclose(square, means, atol=np.log2(share))  # each halving rounds once


def test_what_is_looked_up_is_averaged_and_not_the_other_way_round() -> None:
    """Of a curve that is not straight the mean of the values is not the value of the mean."""
    table = np.zeros(256, np.uint16)
    table[200:] = 60_000
    pixels = np.tile(np.array([0, 255], np.uint8), (64, 32))
    square, _ = place(pixels, table=table, size=32)
    np.testing.assert_array_equal(square, 30_000)


def test_a_table_and_a_field_go_together() -> None:
    table = np.arange(65_536, dtype=np.uint16)[::-1].copy()
    pixels = noise(40, 50)
    square, placement = place(pixels, table=table, field=(4, 6, 32, 32), size=32)
    np.testing.assert_array_equal(square, 65_535 - pixels[4:36, 6:38])
    assert placement.affine == (1, 0, -6, 0, 1, -4)


def test_an_image_that_grows_is_interpolated_between_the_middles_of_pixels() -> None:
    """Twice the size: a quarter and three quarters of the way, and the border as it is."""
    square, _ = place(np.array([[0, 1_000], [0, 1_000]], np.uint16), size=4)
    np.testing.assert_array_equal(square, np.tile([0, 250, 750, 1_000], (4, 1)))


def test_one_axis_may_shrink_while_the_other_grows() -> None:
    """4 rows of pixels 4 times as wide as high, 16 columns: means of 2 columns, rows between two rows."""
    pixels = np.repeat(np.arange(4, dtype=np.uint16)[:, None] * 1_000, 16, axis=1) + np.tile([0, 200], 8).astype(
        np.uint16
    )
    square, placement = place(pixels, aspect=4.0, size=8)
    assert placement.content == (0, 0, 8, 8)
    np.testing.assert_array_equal(np.unique(square, axis=1).shape, (8, 1))
    np.testing.assert_array_equal(square[:, 0], [100, 350, 850, 1_350, 1_850, 2_350, 2_850, 3_100])


def test_the_black_around_the_image_is_even_to_a_pixel() -> None:
    _, placement = place(noise(32, 21), size=32)
    top, left, height, width = placement.content
    assert (top, height, width) == (0, 32, 21)
    assert 32 - left - width - left in (0, 1)


def test_a_line_of_one_pixel_remains_a_line() -> None:
    square, placement = place(np.full((1, 500), 9_000, np.uint16), size=32)
    assert placement.content[2:] == (1, 32) and np.count_nonzero(square) == 32


def test_the_source_is_not_changed() -> None:
    pixels = noise(64, 64)
    before = pixels.copy()
    place(pixels, size=16)
    np.testing.assert_array_equal(pixels, before)
