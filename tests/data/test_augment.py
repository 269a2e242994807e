"""Augmentation: what it may change, what decides its draws, and that it can be replayed."""

import pickle
import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from xray_resnet.config import AugmentConfig
from xray_resnet.data import build_augmentation
from xray_resnet.data.noise_transforms import ElectronicNoise, QuantumNoise

NOTHING = AugmentConfig(flip=0, geometry=0, exposure=0, quantum_noise=0, electronic_noise=0)
EVERYTHING = AugmentConfig(flip=1, geometry=1, exposure=1, quantum_noise=1, electronic_noise=1)


def image_of(size: int = 48, *, seed: int = 0) -> NDArray[np.float32]:
    return np.random.default_rng(seed).random((size, size), np.float32)


def test_probabilities_of_zero_change_nothing() -> None:
    image = image_of()
    np.testing.assert_array_equal(build_augmentation(NOTHING)(image, np.random.default_rng(0)), image)


@settings(deadline=None, max_examples=30)
@given(size=st.integers(32, 80), seed=st.integers(0, 2**32))
def test_an_augmentation_is_replayed_by_its_generator(size: int, seed: int) -> None:
    image, augmentation = image_of(size), build_augmentation(AugmentConfig())
    first, second = (augmentation(image, np.random.default_rng(seed)) for _ in range(2))
    np.testing.assert_array_equal(first, second)
    assert first.shape == image.shape
    assert first.dtype == np.float32
    assert first.min() >= 0
    assert first.max() <= 1


def test_the_image_that_is_augmented_stays_as_it_is() -> None:
    image = image_of()
    augmented = build_augmentation(EVERYTHING)(image, np.random.default_rng(0))
    np.testing.assert_array_equal(image, image_of())
    assert not np.array_equal(augmented, image)


def test_what_was_drawn_before_does_not_matter() -> None:
    image, augmentation = image_of(), build_augmentation(EVERYTHING)
    first = augmentation(image, np.random.default_rng(7))
    augmentation(image_of(seed=1), np.random.default_rng(8))
    np.testing.assert_array_equal(augmentation(image, np.random.default_rng(7)), first)


def test_another_process_augments_alike() -> None:
    augmentation, image = build_augmentation(EVERYTHING), image_of()
    copy = pickle.loads(pickle.dumps(augmentation))
    expected = augmentation(image, np.random.default_rng(3))
    np.testing.assert_array_equal(copy(image, np.random.default_rng(3)), expected)


@pytest.mark.parametrize("noise", [QuantumNoise(0.05, p=1.0), ElectronicNoise(0.04, p=1.0)])
def test_noise_is_replayed_from_its_recorded_parameters(noise: QuantumNoise | ElectronicNoise) -> None:
    noise.set_random_seed(5)
    image = image_of()
    drawn = noise(image=image)["image"]
    parameters = {name: noise.params[name] for name in ("dose_fraction", "sigma", "noise_seed") if name in noise.params}
    np.testing.assert_array_equal(noise.apply(image, **parameters), drawn)


@pytest.mark.parametrize("noise", [QuantumNoise(0.05, p=1.0), ElectronicNoise(0.04, p=1.0)])
def test_no_noise_pattern_comes_twice_in_an_epoch(noise: QuantumNoise | ElectronicNoise) -> None:
    noise.set_random_seed(5)
    assert len({noise.get_params()["noise_seed"] for _ in range(2000)}) == 2000


def test_the_kinds_of_noise_are_drawn_independently() -> None:
    image = np.full((8, 8), 0.5, np.float32)
    both = build_augmentation(AugmentConfig(0, 0, 0, quantum_noise=0.5, electronic_noise=0.5))
    quantum, electronic = both._pipeline.transforms
    counts = np.zeros((2, 2))
    for seed in range(600):
        both(image, np.random.default_rng(seed))
        counts[int(bool(quantum.params)), int(bool(electronic.params))] += 1
    np.testing.assert_allclose(counts / 600, 0.25, atol=0.07)


def test_dose_fractions_are_drawn_log_uniformly_down_to_the_lowest() -> None:
    noise = QuantumNoise(0.01, p=1.0)
    noise.set_random_seed(0)
    doses = np.log10([noise.get_params()["dose_fraction"] for _ in range(2000)])
    assert -2 <= doses.min() < -1.99
    assert -0.01 < doses.max() <= 0
    assert doses.mean() == pytest.approx(-1, abs=0.05)


def test_a_flip_alone_mirrors_the_image() -> None:
    image = image_of()
    flip = build_augmentation(AugmentConfig(1, 0, 0, 0, 0))
    np.testing.assert_array_equal(flip(image, np.random.default_rng(0)), image[:, ::-1])


def test_geometry_moves_a_centred_disc_only_a_little() -> None:
    y, x = np.mgrid[-1:1:96j, -1:1:96j]
    disc = (x**2 + y**2 < 0.25).astype(np.float32)
    geometry = build_augmentation(AugmentConfig(0, 1, 0, 0, 0))
    for seed in range(20):
        moved = geometry(disc, np.random.default_rng(seed)) > 0.5
        overlap = (moved & (disc > 0)).sum() / (moved | (disc > 0)).sum()
        assert overlap > 0.6


def test_importing_is_quiet_without_a_network() -> None:
    code = "import pytest_socket; pytest_socket.disable_socket(); import xray_resnet.data"
    result = subprocess.run([sys.executable, "-W", "error", "-c", code], capture_output=True, text=True, check=False)
    assert (result.returncode, result.stdout, result.stderr) == (0, "", "")
