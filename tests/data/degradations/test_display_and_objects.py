"""Exposure, collimation, pose, JPEG, grid lines, dead pixels and foreign objects against their formulas."""

import cv2
import numpy as np
import pytest

from tests.data.degradations.images import flat, generator, noise
from xray_resnet.data.degradations.collimation import collimate
from xray_resnet.data.degradations.dead_pixels import kill_pixels
from xray_resnet.data.degradations.exposure import apply_gamma, apply_window
from xray_resnet.data.degradations.foreign_objects import add_marker, add_tube
from xray_resnet.data.degradations.grid_lines import add_grid_lines
from xray_resnet.data.degradations.jpeg import compress_jpeg
from xray_resnet.data.degradations.pose import change_pose


def test_gamma_is_the_exponent_of_the_share() -> None:
    np.testing.assert_allclose(apply_gamma(noise(), 1.6), noise() ** 1.6, atol=1e-5)
    np.testing.assert_array_equal(apply_gamma(noise(), 1.0), noise())


def test_a_window_scales_about_the_middle_then_moves() -> None:
    shown = apply_window(np.array([[0.5, 0.7, 1.0]], np.float32), brightness=0.1, contrast=1.5)
    np.testing.assert_allclose(shown, [[0.6, 0.9, 1.0]], atol=1e-6)


def test_collimation_covers_the_share_of_each_side() -> None:
    covered = collimate(flat(0.5, size=100), (0.1, 0.2, 0.0, 0.05), shade=0.0)
    assert (covered == 0).all(axis=0)[:10].all()
    assert (covered[20:95, 10:] == 0.5).all()
    assert (covered == 0.5).sum() == 75 * 90


def test_collimation_of_nothing_is_bit_identical_and_another_image() -> None:
    image = noise()
    covered = collimate(image, (0, 0, 0, 0))
    np.testing.assert_array_equal(covered, image)
    assert not np.shares_memory(covered, image)


def test_without_a_shutter_the_margin_is_white() -> None:
    assert (collimate(flat(0.5, size=20), (0.2, 0, 0, 0), shade=1.0)[:, :4] == 1).all()


@pytest.mark.parametrize("degrees", [-20, 7.5, 90])
def test_a_pose_turns_counter_clockwise_by_its_angle(degrees: float) -> None:
    image = flat(0.0, size=201)
    image[98:103, 158:163] = 1
    y, x = np.nonzero(change_pose(image, degrees=degrees) > 0.5)
    assert np.degrees(np.arctan2(100 - y.mean(), x.mean() - 100)) == pytest.approx(degrees, abs=0.3)


def test_a_pose_magnifies_and_moves() -> None:
    image = flat(0.0, size=200)
    image[90:110, 90:110] = 1
    moved = change_pose(image, zoom=1.2, shift=(0.1, -0.05))
    y, x = np.nonzero(moved > 0.5)
    assert (x.mean(), y.mean()) == pytest.approx((99.5 + 20, 99.5 - 10), abs=0.1)
    assert moved.sum() == pytest.approx(400 * 1.2**2, rel=0.01)


def test_a_pose_of_nothing_is_bit_identical() -> None:
    np.testing.assert_array_equal(change_pose(noise()), noise())


def test_jpeg_is_what_another_decoder_reads_of_the_same_quality() -> None:
    from io import BytesIO

    from PIL import Image

    image = cv2.GaussianBlur(noise(), (0, 0), 3)
    buffer = BytesIO()
    Image.fromarray(np.rint(image * 255).astype(np.uint8)).save(buffer, "jpeg", quality=30)
    expected = np.asarray(Image.open(buffer), np.float32) / 255
    np.testing.assert_allclose(compress_jpeg(image, 30), expected, atol=2.5 / 255)


def test_grid_lines_have_their_contrast_and_period() -> None:
    lines = add_grid_lines(flat(0.5), 0.16, period=8.0)
    assert np.ptp(lines) == pytest.approx(0.16, abs=1e-5)
    spectrum = np.abs(np.fft.rfft(lines[0] - 0.5))
    assert spectrum.argmax() == 512 / 8
    np.testing.assert_array_equal(lines, np.tile(lines[:1], (512, 1)))


def test_grid_lines_run_across_too_and_keep_their_distance_at_another_size() -> None:
    lines = add_grid_lines(flat(0.5, size=256), 0.1, period=8.0, across=True)
    assert np.abs(np.fft.rfft(lines[:, 0] - 0.5)).argmax() == 512 / 8


def test_dead_pixels_are_the_fraction_of_rows_and_of_pixels() -> None:
    dead = kill_pixels(flat(0.5), 0.04, generator=generator()) != 0.5
    rows = dead.all(axis=1)
    assert rows.sum() == round(0.04 * 512)
    assert dead[~rows].mean() == pytest.approx(0.04, rel=0.03)


def test_dead_pixels_show_black_and_white_alike() -> None:
    image = kill_pixels(flat(0.5), 0.04, generator=generator())
    assert image[image != 0.5].mean() == pytest.approx(0.5, abs=0.25)
    assert set(np.unique(image)) == {0.0, 0.5, 1.0}


def test_a_marker_is_white_around_its_place_and_of_its_height() -> None:
    marked = add_marker(flat(0.2), "PORTABLE", centre=(0.5, 0.25), height=22)
    y, x = np.nonzero(marked > 0.9)
    assert (y.max() + y.min()) / 2 == pytest.approx(128, abs=4)
    assert (x.max() + x.min()) / 2 == pytest.approx(256, abs=4)
    assert np.ptp(y) == pytest.approx(22, abs=4)


def test_a_tube_is_brighter_by_its_contrast_along_its_curve() -> None:
    straight = np.array([(0.5, 0.1), (0.5, 0.3), (0.5, 0.6), (0.5, 0.9)])
    image = add_tube(flat(0.3), straight, width=6, contrast=0.2)
    assert image[256, 256] == pytest.approx(0.5, abs=0.01)
    assert (image[256] > 0.4).sum() == pytest.approx(6, abs=2)
    assert image[20, 256] == pytest.approx(0.3)
