"""Heart: its width is the cardiothoracic ratio, which is measured as on a film."""

import numpy as np
import pytest

from data_prep.phantom.heart import project_heart
from tests.phantom.bodies import aim, make_anatomy


def width_mm(mask: np.ndarray, pixel_mm: float) -> float:
    return int(mask.any(axis=0).sum()) * pixel_mm


@pytest.mark.parametrize("ratio", [0.42, 0.5, 0.6])
def test_the_heart_is_as_wide_as_the_ratio_says(ratio: float) -> None:
    """Danzer 1919: the greatest width of the heart over the greatest inner width of the thorax."""
    beam, anatomy = aim(400), make_anatomy(thorax_half_width=140.0)
    heart = project_heart(beam, anatomy, cardiothoracic_ratio=ratio)
    assert width_mm(heart.silhouette, beam.pixel_mm) / 280 == pytest.approx(ratio, abs=0.012)


def test_two_thirds_of_the_heart_lie_left_of_the_midline() -> None:
    beam = aim(400)
    silhouette = project_heart(beam, make_anatomy(), cardiothoracic_ratio=0.5).silhouette
    columns = beam.x[0][silhouette.any(axis=0)]
    assert columns.max() / (columns.max() - columns.min()) == pytest.approx(2 / 3, abs=0.03)


def test_the_heart_of_the_upright_chest_points_down_to_the_left() -> None:
    beam = aim(200)
    silhouette = project_heart(beam, make_anatomy(heart_tilt=0.7), cardiothoracic_ratio=0.5).silhouette
    x, y = beam.x[silhouette], beam.y[silhouette]
    assert np.corrcoef(x, y)[0, 1] > 0.1


def test_the_heart_rises_with_the_left_dome() -> None:
    anatomy = make_anatomy()
    low, high = (project_heart(aim(expiration=mm), anatomy, cardiothoracic_ratio=0.5) for mm in (0.0, 25.0))
    beam = aim()
    assert beam.y[low.silhouette].max() - beam.y[high.silhouette].max() == pytest.approx(25, abs=2 * beam.pixel_mm)


def test_the_shadow_reaches_above_the_heart_by_the_great_vessels() -> None:
    beam = aim()
    heart = project_heart(beam, make_anatomy(), cardiothoracic_ratio=0.45)
    assert beam.y[heart.path > 5].min() < beam.y[heart.silhouette].min() - 10


def test_a_wider_heart_is_deeper_and_fits_between_spine_and_breastbone() -> None:
    """Path lengths in blood of more than half and less than all of the chest's depth."""
    anatomy = make_anatomy(lung_depth=150.0)
    normal, large = (project_heart(aim(), anatomy, cardiothoracic_ratio=ratio).path.max() for ratio in (0.45, 0.6))
    assert 75 < normal < 150
    assert large > normal + 5


def test_the_aortic_knob_is_on_the_left_in_the_upper_half_and_higher_than_wide() -> None:
    """What an aorta of 22 mm shows that one of 4 mm does not."""
    beam = aim(400)
    small, wide = (
        project_heart(beam, make_anatomy(aorta=radius, apex=-130.0, dome=90.0), cardiothoracic_ratio=0.45).path
        for radius in (4.0, 22.0)
    )
    x, y = (axis[wide > small + 5] for axis in (beam.x, beam.y))
    assert x.min() > 0
    assert -130 < y.min() < y.max() < -20
    assert 2 * 22 < np.ptp(y) < 3 * 22
