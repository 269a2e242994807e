"""Overlays colour what is positive, outline the boxes, and leave the rest of the radiograph as it is."""

import subprocess
import sys

import cv2
import numpy as np
import pytest

from xray_resnet.explain.overlay import draw_overlay, normalise_map, to_8_bit

GREY = np.full((64, 48), 100, np.uint8)


def test_where_the_map_is_not_positive_the_radiograph_stays_grey() -> None:
    heat = -np.ones((8, 6))
    heat[0, 0] = 1
    picture = draw_overlay(GREY, heat)
    np.testing.assert_array_equal(picture[32:, 24:], 100)
    assert len(np.unique(picture[2, 2])) > 1


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_both_pixel_types_look_the_same(dtype: type[np.unsignedinteger]) -> None:
    pixels = (GREY.astype(dtype) << (8 * (np.dtype(dtype).itemsize - 1))).astype(dtype)
    np.testing.assert_array_equal(to_8_bit(pixels), GREY)


def test_boxes_are_outlined_and_their_inside_is_left() -> None:
    picture = draw_overlay(GREY, np.zeros((2, 2)), boxes=[(10, 20, 16, 12)])
    assert not np.array_equal(picture[20, 10:26], picture[0, 10:26])
    np.testing.assert_array_equal(picture[22:30, 12:24], 100)


def test_the_content_is_cut_out_with_its_map_and_its_boxes() -> None:
    heat, boxes = np.arange(4.0).reshape(2, 2), [(10, 20, 16, 12)]
    whole = draw_overlay(GREY, heat, boxes=boxes)
    np.testing.assert_array_equal(draw_overlay(GREY, heat, boxes=boxes, content=(8, 4, 40, 30)), whole[8:48, 4:34])


def test_the_opacity_is_that_of_the_maximum() -> None:
    clear, dense = (draw_overlay(GREY, np.ones((2, 2)), opacity=opacity) for opacity in (0.0, 1.0))
    assert (clear == 100).all()
    brightest = cv2.applyColorMap(np.full((1, 1), 255, np.uint8), cv2.COLORMAP_INFERNO)[0, 0, ::-1]
    np.testing.assert_array_equal(dense[0, 0], brightest)


def test_a_map_keeps_its_maximum_at_one_and_an_empty_one_stays_empty() -> None:
    assert normalise_map(np.array([[0.0, 3.0]]), size=(4, 4)).max() == pytest.approx(1)
    assert normalise_map(np.zeros((2, 2)), size=(4, 4)).max() == 0


def test_the_radiograph_is_not_changed() -> None:
    pixels = GREY.copy()
    draw_overlay(pixels, np.ones((2, 2)), boxes=[(1, 1, 5, 5)])
    np.testing.assert_array_equal(pixels, GREY)


def test_colours_lie_over_the_film_as_opaque_as_the_map_is_high() -> None:
    """55 % of inferno's colour at the map's maximum, over 45 % of the film; nothing where the map is 0."""
    rng = np.random.default_rng(4)
    grey, heat = rng.integers(0, 256, (40, 40), np.uint8), rng.random((40, 40)).astype(np.float32)
    share = (heat / heat.max())[..., None]
    levels = (255 * share[..., 0]).astype(np.uint8)
    colours = cv2.applyColorMap(levels, cv2.COLORMAP_INFERNO)[..., ::-1]
    expected = grey[..., None] * (1 - 0.55 * share) + colours * 0.55 * share
    assert np.abs(draw_overlay(grey, heat) - expected).max() <= 2


def test_drawing_needs_no_torch() -> None:
    code = "import sys, xray_resnet.explain.caption, xray_resnet.explain.panels; print('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True).stdout == "False\n"


def test_a_cell_is_drawn_where_its_receptive_field_has_its_centre() -> None:
    """Four cells of stride 16 look at 0, 16, 32 and 48 of 64 pixels."""
    heat = np.zeros((4, 4), np.float32)
    heat[1, 2] = 1
    shown = normalise_map(heat, size=(64, 64))
    assert np.unravel_index(shown.argmax(), shown.shape) == (16, 32)
    assert shown[16, 40] == pytest.approx(0.5) and shown[0, 32] == 0
