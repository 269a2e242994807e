"""Torso: lungs, diaphragm, body and stomach against the measures of the anatomy."""

import numpy as np
import pytest

from data_prep.phantom.torso import (
    LEFT,
    RIGHT,
    dome_height,
    hilum_of,
    lung_edges,
    project_airway,
    project_body,
    project_breasts,
    project_lung,
    project_stomach,
)
from tests.phantom.bodies import aim, make_anatomy


def test_the_right_dome_stands_higher_and_both_rise_in_expiration() -> None:
    """y points to the feet."""
    anatomy = make_anatomy(dome=90.0, dome_lead=15.0)
    assert [dome_height(anatomy, 0, side) for side in (LEFT, RIGHT)] == [90, 75]
    assert [dome_height(anatomy, 20, side) for side in (LEFT, RIGHT)] == [70, 55]


def test_the_left_hilum_stands_a_little_higher_than_the_right() -> None:
    """Fraser and Paré: in nearly all people."""
    anatomy = make_anatomy()
    (left_x, left_y), (right_x, right_y) = hilum_of(anatomy, LEFT), hilum_of(anatomy, RIGHT)
    assert left_x == -right_x > 0
    assert 0 < right_y - left_y < 20


def test_a_lung_reaches_from_its_apex_to_the_widest_place_of_the_thorax() -> None:
    anatomy = make_anatomy(thorax_half_width=140.0, mediastinum=20.0, apex=-130.0, dome=90.0)
    medial, lateral = lung_edges(anatomy, np.array([-200.0, -130.0, 120.0, 300.0], np.float32))
    np.testing.assert_allclose(medial[:2], lateral[:2])  # no width at and above the apex
    np.testing.assert_allclose(lateral[2:], 140)
    np.testing.assert_allclose(medial[2:], 20)


def test_a_lung_widens_downwards_on_both_of_its_sides() -> None:
    medial, lateral = lung_edges(make_anatomy(), np.linspace(-150, 150, 61).astype(np.float32))
    assert (np.diff(lateral) >= 0).all() and (np.diff(medial) <= 0).all()


def test_lungs_lie_on_their_own_sides_and_mirror_each_other() -> None:
    """With domes of one height and the ripple of the surface, which goes by the distance from the midline."""
    beam, anatomy = aim(), make_anatomy(dome_lead=0.0)
    left, right = project_lung(beam, anatomy, LEFT).path, project_lung(beam, anatomy, RIGHT).path
    np.testing.assert_allclose(left, right[:, ::-1], atol=1e-2)
    assert left[beam.x < 0].max() == 0 < left[beam.x > 0].max()


def test_a_lung_is_as_deep_as_the_patients_measure_and_no_deeper() -> None:
    path = project_lung(aim(), make_anatomy(lung_depth=150.0), LEFT).path
    assert 0.85 * 150 < path.max() <= 150
    assert path.min() == 0


def test_expiration_takes_lung_from_below_and_not_from_above() -> None:
    anatomy = make_anatomy()
    full, less = (project_lung(aim(expiration=mm), anatomy, LEFT).path for mm in (0.0, 30.0))
    assert less.sum() < 0.95 * full.sum()
    np.testing.assert_array_equal(less[:60], full[:60])


def test_the_costophrenic_angle_lies_below_the_dome_by_its_fall() -> None:
    anatomy = make_anatomy(dome=90.0, dome_lead=10.0, dome_fall=40.0)
    assert project_lung(aim(expiration=5.0), anatomy, RIGHT).angle == 90 - 10 - 5 + 40


def test_across_counts_from_the_mediastinum_to_the_chest_wall() -> None:
    beam, anatomy = aim(), make_anatomy()
    lung = project_lung(beam, anatomy, RIGHT)
    medial, lateral = lung_edges(anatomy, beam.y)
    for edge, share in ((medial, 0.0), (lateral, 1.0)):
        near = np.abs(-beam.x - edge) < 1.3
        np.testing.assert_allclose(lung.across[near & (beam.y > -50)], share, atol=0.02)


def test_the_trunk_is_as_deep_as_the_patients_measure_in_the_midline() -> None:
    beam, anatomy = aim(), make_anatomy(body_depth=220.0)
    assert project_body(beam, anatomy)[80, 80] == pytest.approx(220, rel=0.02)  # at mid-chest


def test_every_ray_through_a_lung_goes_through_the_body() -> None:
    beam, anatomy = aim(), make_anatomy()
    body = project_body(beam, anatomy)
    for side in (LEFT, RIGHT):
        assert (project_lung(beam, anatomy, side).path <= body).all()


def test_a_woman_has_breasts_below_the_level_of_a_mans_pectoral_muscles() -> None:
    def centre(breast: float) -> float:
        beam = aim()
        path = project_breasts(beam, make_anatomy(breast=breast), np.random.default_rng(0))
        return float((path * beam.y).sum() / path.sum())

    assert centre(40.0) > centre(0.0) + 50


def test_the_windpipe_lies_in_the_midline_and_forks_behind_the_mediastinum() -> None:
    beam, anatomy = aim(), make_anatomy(apex=-130.0, dome=90.0)
    path = project_airway(beam, anatomy)
    above, below = path[np.abs(beam.y[:, 0] + 90) < 5], path[np.abs(beam.y[:, 0] + 45) < 5]
    assert abs((above * beam.x[:4]).sum() / above.sum()) < 5
    width = [np.ptp(beam.x[0][rows.max(axis=0) > 1]) for rows in (above, below)]
    assert width[0] < 30 < width[1]


def test_the_gastric_bubble_lies_under_the_left_dome() -> None:
    beam, anatomy = aim(), make_anatomy(dome=70.0)
    bubbles = [project_stomach(beam, anatomy, np.random.default_rng(seed)) for seed in range(40)]
    shown = [bubble for bubble in bubbles if bubble.max() > 0]
    assert 20 < len(shown) < 40  # some patients show none
    for bubble in shown:
        assert beam.x[bubble > 0].min() > 0
        assert beam.y[bubble > 0].min() > dome_height(anatomy, 0, LEFT)


def test_shoulders_slope_down_from_the_neck_on_both_sides_alike() -> None:
    """The first row of the body that a ray meets lies no higher, the farther it is from the midline."""
    beam, anatomy = aim(shift=(0.0, 40.0)), make_anatomy()
    body = project_body(beam, anatomy)
    np.testing.assert_allclose(body, body[:, ::-1], atol=0.1)
    tops = [int(np.argmax(body[:, column] > 5)) for column in (80, 110, 125, 140)]
    assert tops == sorted(tops) and tops[0] + 10 < tops[1]
