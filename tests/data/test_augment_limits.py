"""How far augmentation goes: amounts lie within their settings and reach their limits."""

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from tests.data.probabilities import PROBABILITIES
from xray_resnet.config import AugmentConfig
from xray_resnet.data import build_augmentation

DRAWS = 400


def configure(**options: Any) -> AugmentConfig:
    return AugmentConfig(**dict.fromkeys(PROBABILITIES, 0.0) | options)  # type: ignore[arg-type]


def draw(name: str, parameter: str, **options: Any) -> NDArray[np.float64]:
    """The parameter of the transform `name` in many draws."""
    augmentation = build_augmentation(configure(**options))
    drawings = (augmentation.draw(np.random.default_rng(seed)) for seed in range(DRAWS))
    return np.array([step.parameters[parameter] for drawing in drawings for step in drawing.steps if step.name == name])


def augment(image: NDArray[np.float32], **options: Any) -> Iterator[NDArray[np.float32]]:
    """The image as it comes out of many draws of the one augmentation in `options`."""
    augmentation = build_augmentation(configure(**options))
    return (augmentation(image, np.random.default_rng(seed)) for seed in range(DRAWS))


def measure_angle(image: NDArray[np.float32]) -> float:
    """Degrees between the x axis and the longer principal axis, by second moments."""
    y, x = np.mgrid[: image.shape[0], : image.shape[1]].astype(float)
    weight = image / image.sum()
    x, y = x - (weight * x).sum(), y - (weight * y).sum()
    return float(np.degrees(0.5 * np.arctan2(2 * (weight * x * y).sum(), (weight * (x**2 - y**2)).sum())))


@pytest.mark.parametrize(
    ("name", "parameter", "options", "least", "most"),
    [
        ("pose", "degrees", {"geometry": 1, "rotation_degrees": 12}, -12, 12),
        ("pose", "zoom", {"geometry": 1, "zoom": 0.2}, 0.8, 1.2),
        ("pose", "shift", {"geometry": 1, "shift": 0.1}, -0.1, 0.1),
        ("tube", "width", {"tube": 1, "tube_width": (3, 5)}, 3, 5),
        ("tube", "contrast", {"tube": 1, "tube_contrast": (0.1, 0.3)}, 0.1, 0.3),
        ("marker", "height", {"marker": 1, "marker_height": (10, 20)}, 10, 20),
        ("scatter", "scatter_fraction", {"scatter": 1, "scatter_fraction": 0.4}, 0, 0.4),
        ("motion_blur", "length", {"motion": 1, "motion_length": 9}, 0, 9),
        ("motion_blur", "degrees", {"motion": 1}, 0, 180),
        ("detector_blur", "sigma", {"blur": 1, "blur_sigma": 3}, 0, 3),
        ("grid_lines", "contrast", {"grid_lines": 1, "grid_contrast": 0.1}, 0, 0.1),
        ("electronic_noise", "sigma", {"electronic_noise": 1, "electronic_sigma": 0.05}, 0, 0.05),
        ("dead_pixels", "fraction", {"dead_pixels": 1, "dead_fraction": 0.03}, 0, 0.03),
        ("window", "brightness", {"exposure": 1, "brightness": 0.2}, -0.2, 0.2),
        ("window", "contrast", {"exposure": 1, "contrast": 0.3}, 0.7, 1.3),
        ("collimation", "borders", {"collimation": 1, "border": 0.25}, 0, 0.25),
        ("jpeg", "quality", {"jpeg": 1, "jpeg_quality": 40}, 40, 100),
    ],
)
def test_amounts_are_drawn_uniformly_within_their_setting(
    name: str, parameter: str, options: dict[str, Any], least: float, most: float
) -> None:
    drawn = draw(name, parameter, **options)
    span = most - least
    assert least <= drawn.min() <= least + 0.03 * span
    assert most - 0.03 * span <= drawn.max() <= most
    assert drawn.mean() == pytest.approx((least + most) / 2, abs=0.06 * span)


@pytest.mark.parametrize(
    ("name", "parameter", "options", "limits"),
    [
        ("quantum_noise", "dose_fraction", {"quantum_noise": 1, "dose_fraction": 0.01}, (0.01, 1)),
        ("gamma", "gamma", {"exposure": 1, "gamma": (0.5, 2.5)}, (0.5, 2.5)),
    ],
)
def test_factors_are_drawn_log_uniformly_within_their_setting(
    name: str, parameter: str, options: dict[str, Any], limits: tuple[float, float]
) -> None:
    least, most = np.log(limits)
    drawn = np.log(draw(name, parameter, **options))
    assert least <= drawn.min() <= least + 0.02 * (most - least)
    assert most - 0.02 * (most - least) <= drawn.max() <= most
    assert drawn.mean() == pytest.approx((least + most) / 2, abs=0.05 * (most - least))


def test_each_border_is_drawn_by_itself_and_black_behind_a_shutter() -> None:
    borders = draw("collimation", "borders", collimation=1.0)
    assert np.abs(np.corrcoef(borders.T) - np.eye(4)).max() < 0.2
    shades = draw("collimation", "shade", collimation=1.0, shutter=0.8)
    assert np.mean(shades == 0) == pytest.approx(0.8, abs=0.06)
    assert set(shades) == {0.0, 1.0}


def test_markers_say_no_side() -> None:
    """A letter on the wrong side would teach that the heart's side means nothing."""
    assert {"L", "R", "LEFT", "RIGHT"}.isdisjoint(draw("marker", "word", marker=1.0))


def test_rotations_reach_their_limit_on_the_image() -> None:
    bar = np.zeros((96, 96), np.float32)
    bar[44:52, 28:68] = 1
    angles = [measure_angle(image) for image in augment(bar, geometry=1.0, rotation_degrees=10.0)]
    assert 9.5 < max(angles) < 10.3
    assert -10.3 < min(angles) < -9.5


def test_geometry_moves_a_centred_disc_only_a_little() -> None:
    y, x = np.mgrid[-1:1:96j, -1:1:96j]
    disc = (x**2 + y**2 < 0.25).astype(np.float32)
    for moved in augment(disc, geometry=1.0):
        overlap = ((moved > 0.5) & (disc > 0)).sum() / ((moved > 0.5) | (disc > 0)).sum()
        assert overlap > 0.6


def test_each_transform_does_on_the_image_what_was_drawn() -> None:
    """A pair that shows in a flat image: gamma 2, then a window of half the contrast."""
    options = {"exposure": 1.0, "gamma": (2.0, 2.0), "brightness": 0.0, "contrast": 0.0}
    np.testing.assert_allclose(next(augment(np.full((4, 4), 0.5, np.float32), **options)), 0.25, atol=1e-5)
