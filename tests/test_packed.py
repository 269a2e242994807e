"""Arrays as text within JSON: exact, and refused before they are unpacked if their size is another."""

import json
from dataclasses import asdict

import numpy as np
import pytest

from xray_resnet.packed import Packed, pack


def test_an_array_comes_back_from_json_bit_for_bit() -> None:
    array = np.random.default_rng(0).normal(size=(3, 5)).astype(np.float32)
    again = Packed.from_plain(json.loads(json.dumps(asdict(pack(array)))))
    assert again == pack(array)
    np.testing.assert_array_equal(again.array, array)


def test_bytes_are_little_endian_floats() -> None:
    assert pack([1.0]).data == "AACAPw=="


@pytest.mark.parametrize("shape", [(2**40, 2**20), (2,), (4,)])
def test_a_shape_that_its_text_does_not_fill_is_refused(shape: tuple[int, ...]) -> None:
    with pytest.raises(ValueError, match=r"has not the \d+ characters that it takes"):
        Packed(shape, pack(np.zeros(3 * 3)).data)


@pytest.mark.parametrize("shape", [(), (0, 3), (2.0,), (True,), (-1, -1)])
def test_sides_that_cannot_be_are_refused(shape: tuple[int, ...]) -> None:
    with pytest.raises(ValueError, match=r"expected whole numbers from 1 on"):
        Packed(shape, "AAAA")


def test_text_that_is_no_base64_is_refused() -> None:
    with pytest.raises(ValueError, match=r"is not base64"):
        Packed((1,), "!ACAPw==")


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_values_that_are_no_numbers_are_refused(value: float) -> None:
    with pytest.raises(ValueError, match=r"values that are no numbers"):
        pack([value])
