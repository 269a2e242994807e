"""How far augmentation goes, measured on its pictures.

Training stays within the third of five severities that models are tested at: 10° of rotation, gamma below 1.6.
"""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from xray_resnet.config import AugmentConfig
from xray_resnet.data import build_augmentation
from xray_resnet.data.noise_transforms import ElectronicNoise

NOTHING = {"flip": 0.0, "geometry": 0.0, "exposure": 0.0, "quantum_noise": 0.0, "electronic_noise": 0.0}
DRAWS = 300


def augment(image: NDArray[np.float32], **options: float) -> Iterator[NDArray[np.float32]]:
    """The image as it comes out of many draws of the one augmentation in `options`."""
    augmentation = build_augmentation(AugmentConfig(**(NOTHING | options)))  # type: ignore[arg-type]
    return (augmentation(image, np.random.default_rng(seed)) for seed in range(DRAWS))


def measure_angle(image: NDArray[np.float32]) -> float:
    """Degrees between the x axis and the longer principal axis, by second moments."""
    y, x = np.mgrid[: image.shape[0], : image.shape[1]].astype(float)
    weight = image / image.sum()
    x, y = x - (weight * x).sum(), y - (weight * y).sum()
    return float(np.degrees(0.5 * np.arctan2(2 * (weight * x * y).sum(), (weight * (x**2 - y**2)).sum())))


def test_rotations_reach_ten_degrees_and_no_further() -> None:
    bar = np.zeros((96, 96), np.float32)
    bar[44:52, 28:68] = 1
    angles = [measure_angle(image) for image in augment(bar, geometry=1.0)]
    assert 9.5 < max(angles) < 10.3
    assert -10.3 < min(angles) < -9.5


def test_gamma_is_drawn_between_its_limits() -> None:
    flat = np.full((4, 4), 0.5, np.float32)
    images = augment(flat, exposure=1.0, brightness=0.0, contrast=0.0)
    gammas = [np.log(image.mean(dtype=np.float64)) / np.log(0.5) for image in images]
    assert 0.7 - 1e-3 <= min(gammas) < 0.71
    assert 1.39 < max(gammas) <= 1.4 + 1e-3


def test_limits_of_augmentation_are_those_of_the_configuration() -> None:
    flat = np.full((4, 4), 0.5, np.float32)
    augmentation = build_augmentation(AugmentConfig(0, 0, 1, 0, 0, gamma=(2.0, 2.0), brightness=0, contrast=0))
    np.testing.assert_allclose(augmentation(flat, np.random.default_rng(0)), 0.25, atol=1e-5)


def test_electronic_noise_is_drawn_uniformly_up_to_the_largest() -> None:
    noise = ElectronicNoise(0.04, p=1.0)
    noise.set_random_seed(0)
    sigmas = np.array([noise.get_params()["sigma"] for _ in range(2000)])
    assert 0 <= sigmas.min() < 0.001
    assert 0.039 < sigmas.max() <= 0.04
    assert abs(sigmas.mean() - 0.02) < 0.001
