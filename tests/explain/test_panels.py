"""A film beside its overlay: in its own shape, with a key, and a caption that fits."""

import numpy as np
import pytest

from xray_resnet.explain.lettering import LINE_HEIGHT, draw_key, draw_text
from xray_resnet.explain.overlay import blend, draw_overlay
from xray_resnet.explain.panels import draw_panels

LONG = "Enlarged Cardiomediastinum or Pleural Thickening of uncertain origin: score 0.83, positive (threshold 0.35)"
FILM = np.random.default_rng(0).integers(0, 256, (96, 96), np.uint8)
HEAT = np.arange(9.0).reshape(3, 3)


def test_the_film_stands_beside_its_overlay_in_its_own_shape() -> None:
    picture = draw_panels(FILM, HEAT, caption="a", content=(0, 16, 96, 64), boxes=[(20, 20, 30, 30)], opacity=0.3)
    np.testing.assert_array_equal(picture[:96, :64], np.repeat(FILM[:, 16:80, None], 3, axis=2))
    expected = draw_overlay(FILM, HEAT, boxes=[(20, 20, 30, 30)], opacity=0.3, content=(0, 16, 96, 64))
    np.testing.assert_array_equal(picture[:96, -64:], expected)
    assert picture.shape == (96 + 2 * LINE_HEIGHT, 2 * 64 + 4, 3)


def test_without_content_the_film_fills_its_square() -> None:
    assert draw_panels(FILM, HEAT, caption="a").shape[1] == 2 * 96 + 4


def test_a_long_caption_is_broken_and_none_of_it_is_cut() -> None:
    """As much ink as in one line that is wide enough."""
    narrow, wide = draw_text(LONG, width=260), draw_text(LONG, width=1600)
    assert len(wide) == LINE_HEIGHT < len(narrow)
    ink = [(picture > 100).sum() for picture in (narrow, wide)]
    assert ink[0] == pytest.approx(ink[1], rel=0.1)
    assert (narrow[:, -4:] == narrow[0, 0]).all()


def test_a_word_that_is_too_long_is_drawn_narrower() -> None:
    picture = draw_text("Hyperinflationofbothlungs", width=80)
    assert picture.shape == (LINE_HEIGHT, 80, 3)
    assert (picture[:, -1:] == picture[0, 0]).all()


def test_the_key_has_the_colours_as_they_look_over_grey() -> None:
    key = draw_key(width=300, opacity=0.7)
    ends = blend(np.full((1, 2), 128, np.uint8), np.array([[0, 1]], np.float32), opacity=0.7)[0]
    np.testing.assert_array_equal(key[LINE_HEIGHT // 2, [4, 4 + 95]], ends)
    assert (key[:, 110:] > 100).any(), "words beside it"
