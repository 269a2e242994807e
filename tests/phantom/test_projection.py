"""Projection: path lengths against geometry and against a traced solid."""

import numpy as np
import pytest

from data_prep.phantom.attenuation import Attenuation, Paths, line_integral
from data_prep.phantom.maps import blur
from data_prep.phantom.patient import stream
from data_prep.phantom.pose import Pose, draw_pose
from data_prep.phantom.projection import Beam, aim_beam, ellipsoid_path, samples_along, tube_path

STRAIGHT = Pose("PA", 300.0, 1.0, 0.0, 0.0, 0.0, (0.0, 0.0), 0.0, 0.0, (0.0, 0.0, 0.0, 0.0), False)


@pytest.fixture
def beam() -> Beam:
    return aim_beam(STRAIGHT, 150)


def test_path_through_a_ball_sums_to_its_volume(beam: Beam) -> None:
    path = ellipsoid_path(beam, (10.0, -20.0, 0.0), radii=(40.0, 40.0), depth=80.0)
    assert path.sum() * beam.pixel_mm**2 == pytest.approx(4 / 3 * np.pi * 40**3, rel=0.01)


def test_path_through_a_tilted_ellipsoid_equals_the_traced_one(beam: Beam) -> None:
    tilt, radii, depth = 0.6, (50.0, 25.0), 60.0
    path = ellipsoid_path(beam, (5.0, 8.0, 0.0), radii=radii, depth=depth, tilt=tilt)
    x, y = beam.x - 5, beam.y - 8
    along, across = x * np.cos(tilt) + y * np.sin(tilt), y * np.cos(tilt) - x * np.sin(tilt)
    z = (np.arange(600) + 0.5) / 600 * depth - depth / 2
    flat = ((along / radii[0]) ** 2 + (across / radii[1]) ** 2)[..., None]
    traced = (flat + (z / (depth / 2)) ** 2 <= 1).mean(axis=-1) * depth
    np.testing.assert_allclose(path, traced, atol=0.15)


def test_path_through_a_tube_sums_to_its_volume(beam: Beam) -> None:
    t = np.linspace(-1, 1, samples_along(beam, 160))
    axis = np.stack([60 * t, 40 * t, 30 * t], axis=1)[None]
    path = tube_path(beam, axis, np.array([[50.0]]), radius_mm=4)
    assert path.sum() * beam.pixel_mm**2 == pytest.approx(50 * np.linalg.norm([120, 80, 60]), rel=0.01)


def test_a_tube_along_the_beam_is_denser_than_one_across(beam: Beam) -> None:
    t = np.linspace(-40, 40, samples_along(beam, 80))
    across, along = (np.stack([t * (i == 0), 0 * t, t * (i == 2)], axis=1)[None] for i in (0, 2))
    area = np.array([[30.0]])
    assert tube_path(beam, along, area, radius_mm=4).max() > 5 * tube_path(beam, across, area, radius_mm=4).max()


@pytest.mark.parametrize("number", range(5))
def test_points_and_rays_agree_on_where_things_are(number: int) -> None:
    beam = aim_beam(draw_pose(stream("image", 1, number)), 128)
    centre = (20.0, -30.0, 60.0)
    path = ellipsoid_path(beam, centre, radii=(9.0, 9.0), depth=18.0)
    rows, columns = np.indices(path.shape)
    centroid = [(path * columns).sum() / path.sum(), (path * rows).sum() / path.sum()]
    np.testing.assert_allclose(beam.pixels_of(np.array([centre]))[0], centroid, atol=0.3)


def test_attenuation_is_the_sum_over_materials() -> None:
    mm = {
        name: np.full((1, 1), value, np.float32)
        for name, value in zip(
            ("body", "lung", "air", "bone", "vessel", "metal"), (200.0, 90.0, 10.0, 5.0, 4.0, 0.1), strict=True
        )
    }
    mu = Attenuation()
    expected = mu.soft * (200 - 90 - 10 - 5 + 4) + mu.lung * (90 - 4) + mu.bone * 5 + mu.metal * 0.1
    assert line_integral(Paths(**mm), mu)[0, 0] == pytest.approx(expected, rel=1e-5)


@pytest.mark.parametrize("sigma", [0.0, 1.0, 9.0, 30.0])
def test_blur_keeps_a_flat_field(sigma: float) -> None:
    flat = np.full((96, 96), 3.0, np.float32)
    np.testing.assert_allclose(blur(flat, sigma), flat, rtol=1e-4)
