"""PNG files: what any reader gets back."""

import io

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from xray_resnet.explain.png import encode_png


def make_picture(height: int, width: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 256, (height, width, 3), np.uint8)


@given(st.integers(1, 70), st.integers(1, 70), st.integers(0, 99))
@settings(deadline=None, max_examples=40)
def test_two_readers_get_every_pixel_back(height: int, width: int, seed: int) -> None:
    picture = make_picture(height, width, seed)
    encoded = encode_png(picture)
    by_opencv = cv2.imdecode(np.frombuffer(encoded, np.uint8), cv2.IMREAD_UNCHANGED)
    np.testing.assert_array_equal(by_opencv[..., ::-1], picture)
    with Image.open(io.BytesIO(encoded)) as by_pillow:
        by_pillow.load()
        assert by_pillow.mode == "RGB"
        np.testing.assert_array_equal(np.asarray(by_pillow), picture)


def test_a_part_of_another_picture_is_encoded_as_it_is_seen() -> None:
    picture = make_picture(30, 40)[3:20:2, ::-1]
    decoded = cv2.imdecode(np.frombuffer(encode_png(picture), np.uint8), cv2.IMREAD_COLOR)
    np.testing.assert_array_equal(decoded[..., ::-1], picture)


def test_a_smooth_picture_is_small() -> None:
    ramp = np.repeat(np.add.outer(np.arange(256), np.arange(256))[..., None] // 2, 3, axis=2).astype(np.uint8)
    assert len(encode_png(ramp)) < 0.05 * ramp.size


def test_damage_is_seen_by_a_reader() -> None:
    encoded = bytearray(encode_png(make_picture(16, 16)))
    encoded[60] ^= 1
    with pytest.raises((OSError, SyntaxError), match=r"broken|CRC|checksum"), Image.open(io.BytesIO(encoded)) as image:
        image.verify()
