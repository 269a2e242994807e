"""Canvas: solids against their formulas, the exposure against Beer–Lambert's law."""

import cv2
import numpy as np
import pytest

from data_prep.frontal.canvas import Canvas, display, expose


class Given:
    """Stands for a generator: its uniform draws are the given ones in turn, its normal draws a given one."""

    def __init__(self, *uniform: float, normal: float = 0.0) -> None:
        self._uniform, self._normal = iter(uniform), normal

    def uniform(self, *_: float) -> float:
        return next(self._uniform)

    def normal(self, _: float, sigma: float, size: tuple[int, ...] | None = None) -> float | np.ndarray:
        return self._normal if size is None else np.full(size, sigma)


def straight(size: int = 64) -> Canvas:
    return Canvas(np.random.default_rng(0), size=size, turn=0, shift=0, zoom=(1, 1))


def at(layer: np.ndarray, x: float, y: float) -> float:
    """The value where the frame, neither turned nor moved, has (x, y)."""
    return float(layer[int((y + 1) * len(layer) / 2), int((x + 1) * len(layer) / 2)])


def test_the_square_spans_from_minus_one_to_one_with_rays_in_the_middle_of_pixels() -> None:
    canvas = straight(4)
    np.testing.assert_allclose(canvas.x[2], [-0.75, -0.25, 0.25, 0.75])
    np.testing.assert_allclose(canvas.y[:, 1], [-0.75, -0.25, 0.25, 0.75])


def test_a_turned_and_zoomed_frame_keeps_angles_and_divides_lengths_by_the_scale() -> None:
    canvas = Canvas(np.random.default_rng(3), size=8, turn=1.0, shift=0, zoom=(2, 2))
    flat = straight(8)
    np.testing.assert_allclose(np.hypot(canvas.x, canvas.y), np.hypot(flat.x, flat.y) / 2, rtol=1e-5)
    cross = canvas.x[0, 0] * canvas.y[0, 7] - canvas.y[0, 0] * canvas.x[0, 7]
    assert cross == pytest.approx((2 * 0.875 * 0.875) / 4, rel=1e-5)  # a rotation keeps the sense of turning


def test_a_displaced_frame_moves_all_rays_alike() -> None:
    canvas, flat = Canvas(np.random.default_rng(3), turn=0, shift=0.3, zoom=(1, 1)), straight()
    for moved, still in ((canvas.x, flat.x), (canvas.y, flat.y)):
        assert np.ptp(moved - still) < 1e-6 and abs(float((moved - still).mean())) > 0.01


def test_an_ellipse_is_the_chord_of_an_ellipsoid() -> None:
    canvas = straight()
    radius = 0.6
    chord = np.sqrt(np.clip(radius**2 - canvas.x**2 - canvas.y**2, 0, None)) / radius
    np.testing.assert_allclose(canvas.ellipse((0, 0), (radius, radius)), chord, atol=1e-5)


def test_the_volume_of_an_ellipse_is_that_of_half_an_ellipsoid() -> None:
    """Half of 4/3 π a b c with c = 1."""
    layer = straight(256).ellipse((0.2, -0.1), (0.5, 0.3), tilt=0.7)
    assert layer.sum() * (2 / 256) ** 2 == pytest.approx(2 / 3 * np.pi * 0.5 * 0.3, rel=1e-3)


def test_a_tilt_turns_the_first_axis_from_x_towards_y() -> None:
    """y points down, so that a tilted ellipse leans from the upper left to the lower right."""
    layer = straight(64).ellipse((0, 0), (0.8, 0.1), tilt=np.pi / 4)
    assert layer[44, 44] > 0.5 and layer[20, 44] == 0


def test_a_box_has_the_area_of_its_sides() -> None:
    layer = straight(128).box((0.1, 0.2), (0.5, 0.25))
    assert layer.sum() * (2 / 128) ** 2 == pytest.approx(1.0 * 0.5, rel=1e-3)
    assert layer.max() == 1 and layer[0].max() == 0


def test_a_pixel_holds_the_share_that_a_box_covers_of_it() -> None:
    """Pixels of an eighth; the side lies a quarter of one beyond the middle of the fifteenth."""
    row = straight(16).box((0, 0), (13 / 16 + 1 / 32, 2.0))[8]
    np.testing.assert_allclose(row[-3:], [1, 0.75, 0])


def test_a_tilted_box_is_its_sides_exchanged_at_a_right_angle() -> None:
    canvas = straight()
    turned = canvas.box((0, 0), (0.6, 0.2), tilt=np.pi / 2)
    np.testing.assert_allclose(turned, canvas.box((0, 0), (0.2, 0.6)), atol=1e-4)


def test_a_bone_is_a_round_tube() -> None:
    """A circle of the half width: √(1 − (d/r)²) at the distance d from the axis."""
    canvas = straight()
    layer = canvas.bone(np.array([[0.0, -5.0], [0.0, 5.0]]), 0.5)
    distance = np.abs(canvas.x)
    np.testing.assert_allclose(layer, np.sqrt(np.clip(1 - (distance / 0.25) ** 2, 0, None)), atol=1e-5)


def test_a_bone_ends_in_balls_and_bends_at_its_points() -> None:
    layer = straight(256).bone(np.array([[-0.5, 0.0], [0.0, 0.0], [0.0, 0.5]]), 0.2)
    assert at(layer, -0.25, 0) > 0.99 and at(layer, 0, 0.25) > 0.99
    assert at(layer, -0.58, 0) > 0.5 and at(layer, -0.62, 0) == 0
    assert at(layer, 0, 0.58) > 0.5 and at(layer, 0, 0.62) == 0
    assert at(layer, -0.25, 0.25) == 0


def test_a_bone_of_one_place_is_a_ball() -> None:
    canvas = straight()
    layer = canvas.bone(np.array([[0.2, 0.1], [0.2, 0.1]]), 0.6)
    np.testing.assert_allclose(layer, canvas.ellipse((0.2, 0.1), (0.3, 0.3)), atol=1e-5)


def test_denser_is_brighter() -> None:
    layer = np.tile(np.linspace(0, 4, 64, dtype=np.float32), (64, 1))
    picture = expose(layer, np.random.default_rng(0))
    columns = picture.astype(float).mean(axis=0)
    assert picture.dtype == np.uint8 and columns[:8].mean() + 100 < columns[-8:].mean()


def test_an_exposure_is_the_logarithm_of_primary_and_scattered_rays() -> None:
    """Beer–Lambert: exp(−∫μ ds), 30 % of it spread, and a veil of 1 %; a window from end to end, without noise."""
    layer = np.random.default_rng(1).uniform(0, 3, (32, 32)).astype(np.float32)
    picture = expose(layer, Given(0.3, 0.1, 0.01, 0, 1, 0))  # type: ignore[arg-type]
    primary = np.exp(-layer)
    scattered = cv2.GaussianBlur(primary, (0, 0), 32 * 0.1)
    density = -np.log(0.7 * primary + 0.3 * scattered + 0.01)
    np.testing.assert_allclose(picture, 255 * (density - density.min()) / np.ptp(density), atol=0.51)


def test_a_window_clips_the_least_and_the_most_and_is_straight_between() -> None:
    ramp = np.arange(10_000.0).reshape(100, 100)
    picture = display(ramp, Given(0.1, 0.8, 0)).ravel()  # type: ignore[arg-type]
    assert np.mean(picture == 0) == pytest.approx(0.1, abs=0.003)
    assert np.mean(picture == 255) == pytest.approx(0.2, abs=0.003)
    np.testing.assert_allclose(picture[[2750, 4500, 6250]], [255 / 4, 255 / 2, 255 * 3 / 4], atol=0.6)


def test_the_curve_is_a_power_of_what_the_window_shows() -> None:
    ramp = np.linspace(0, 1, 101)[None]
    squared = display(ramp, Given(0, 1, 0, normal=np.log(2)))  # type: ignore[arg-type]
    np.testing.assert_allclose(squared, 255 * ramp**2, atol=0.51)


def test_noise_is_added_to_what_is_shown_and_clipped() -> None:
    noisy = display(np.array([[0.0, 0.5, 1.0]]), Given(0, 1, 0.2))  # type: ignore[arg-type]
    np.testing.assert_allclose(noisy, [[0.2 * 255, 0.7 * 255, 255]], atol=0.51)


def test_a_picture_of_one_value_is_black_and_finite() -> None:
    assert display(np.full((8, 8), 3.0), Given(0, 1, 0)).max() == 0  # type: ignore[arg-type]
