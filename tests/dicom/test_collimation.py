"""What a collimator left open of a film."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from xray_resnet.dicom.square.collimation import find_field

borders = st.integers(0, 15)


@given(borders, borders, borders, borders, st.sampled_from([0, 65535]))
def test_the_field_is_what_a_collimator_left_open(top: int, left: int, bottom: int, right: int, shutter: int) -> None:
    film = np.random.default_rng(0).integers(15000, 50000, (40, 50)).astype(np.uint16)
    framed = np.pad(film, ((top, bottom), (left, right)), constant_values=shutter)
    assert find_field(framed) == (top, left, 40, 50)


def test_a_film_that_is_dark_for_the_most_part_is_left_whole() -> None:
    film = np.zeros((100, 100), np.uint16)
    film[40:60, 40:60] = 30000
    assert find_field(film) == (0, 0, 100, 100)
