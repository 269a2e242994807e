"""Augmentation: what it may change, what decides its draws, and that it can be replayed."""

import json
import pickle
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from tests.conftest import REPOSITORY
from tests.data.probabilities import HELD_OUT, PROBABILITIES
from xray_resnet.config import AugmentConfig
from xray_resnet.data import build_augmentation
from xray_resnet.data.augment import Drawing, Step
from xray_resnet.data.degradations import CORRUPTIONS, Detector, SigmoidCurve
from xray_resnet.data.transforms import list_transforms

EVERYTHING = AugmentConfig(**dict.fromkeys(PROBABILITIES, 1.0))  # type: ignore[arg-type]
RECIPES = sorted(REPOSITORY.glob("configs/*.yaml"))


def image_of(size: int = 48, *, seed: int = 0) -> NDArray[np.float32]:
    return np.random.default_rng(seed).random((size, size), np.float32)


def alone(**probability: float) -> AugmentConfig:
    return AugmentConfig(**dict.fromkeys(PROBABILITIES, 0.0) | probability)  # type: ignore[arg-type]


def test_probabilities_of_zero_change_nothing() -> None:
    for config in (alone(), AugmentConfig(probability=0)):
        np.testing.assert_array_equal(build_augmentation(config)(image_of(), np.random.default_rng(0)), image_of())


def test_the_factor_scales_every_probability() -> None:
    augmentation = build_augmentation(AugmentConfig(**dict.fromkeys(PROBABILITIES, 1.0), probability=0.5))  # type: ignore[arg-type]
    counts = [len(augmentation.draw(np.random.default_rng(seed)).steps) for seed in range(200)]
    assert np.mean(counts) / 15 == pytest.approx(0.5, abs=0.03)


@settings(deadline=None, max_examples=30)
@given(size=st.integers(32, 80), seed=st.integers(0, 2**32))
def test_an_augmentation_is_replayed_by_its_generator(size: int, seed: int) -> None:
    image, augmentation = image_of(size), build_augmentation(EVERYTHING)
    first, second = (augmentation(image, np.random.default_rng(seed)) for _ in range(2))
    np.testing.assert_array_equal(first, second)
    assert first.shape == image.shape
    assert first.dtype == np.float32
    assert first.min() >= 0
    assert first.max() <= 1


def test_what_was_drawn_can_be_written_down_and_applied_again() -> None:
    augmentation = build_augmentation(EVERYTHING)
    drawing = augmentation.draw(np.random.default_rng(4))
    written = json.loads(json.dumps([drawing.steps, drawing.exposure_ratio]))
    again = Drawing(tuple(Step(*step) for step in written[0]), written[1])
    np.testing.assert_array_equal(
        augmentation.apply(image_of(), again), augmentation(image_of(), np.random.default_rng(4))
    )


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


def test_a_clean_view_has_what_moves_the_patient_and_nothing_else() -> None:
    augmentation = build_augmentation(EVERYTHING)
    clean, whole = (augmentation.draw(np.random.default_rng(2), clean=clean) for clean in (True, False))
    assert [step.name for step in clean.steps] == ["flip", "pose"]
    assert clean.steps == whole.steps[:2]


def test_transforms_come_in_the_order_of_image_formation() -> None:
    """Pose and foreign objects, beam, detector, display, storage: noise before gamma, contrast and shutter."""
    names = [name for name, _, _ in list_transforms(AugmentConfig())]
    noise = [names.index(name) for name in ("quantum_noise", "electronic_noise")]
    before = [names.index(name) for name in ("flip", "pose", "tube", "marker", "scatter", "detector_blur")]
    after = [names.index(name) for name in ("gamma", "window", "collimation", "jpeg")]
    assert max(before) < min(noise)
    assert max(noise) < min(after)
    assert names[-1] == "jpeg"


def test_noise_is_that_of_the_detector_where_it_is_known() -> None:
    """A curve of four times the slope shows four times the noise; the ratio of exposures does not count then."""
    flat = np.full((256, 256), 0.5, np.float32)
    augmentation = build_augmentation(alone(quantum_noise=1.0))
    spreads = [
        augmentation(
            flat, np.random.default_rng(1), detector=Detector(SigmoidCurve(middle=0.0, latitude=latitude))
        ).std()
        for latitude in (1.0, 0.25)
    ]
    assert spreads[1] / spreads[0] == pytest.approx(4, rel=0.05)


def test_films_that_do_not_tell_span_exposure_ratios_drawn_log_uniformly() -> None:
    augmentation = build_augmentation(AugmentConfig(exposure_ratio=(10, 60)))
    ratios = [augmentation.draw(np.random.default_rng(seed)).exposure_ratio for seed in range(500)]
    assert 10 <= min(ratios) < 10.5
    assert 58 < max(ratios) <= 60
    assert np.log(ratios).mean() == pytest.approx(np.log(600) / 2, abs=0.1)


def test_transforms_are_drawn_independently() -> None:
    augmentation = build_augmentation(alone(quantum_noise=0.5, electronic_noise=0.5))
    counts = np.zeros((2, 2))
    for seed in range(600):
        names = {step.name for step in augmentation.draw(np.random.default_rng(seed)).steps}
        counts[int("quantum_noise" in names), int("electronic_noise" in names)] += 1
    np.testing.assert_allclose(counts / 600, 0.25, atol=0.07)


def test_no_noise_pattern_comes_twice_in_an_epoch() -> None:
    augmentation = build_augmentation(alone(quantum_noise=1.0))
    drawings = [augmentation.draw(np.random.default_rng((0, 0, row))) for row in range(2000)]
    assert len({drawing.steps[0].parameters["seed"] for drawing in drawings}) == 2000


def test_a_flip_alone_mirrors_the_image() -> None:
    flip = build_augmentation(alone(flip=1.0))
    np.testing.assert_array_equal(flip(image_of(), np.random.default_rng(0)), image_of()[:, ::-1])


def test_left_and_right_are_not_exchanged_by_default() -> None:
    assert AugmentConfig().flip == 0


@pytest.mark.parametrize("recipe", [None, *RECIPES], ids=lambda path: path.stem if path else "defaults")
def test_no_shipped_recipe_trains_on_what_the_ladder_holds_out(recipe: Path | None) -> None:
    content = yaml.safe_load(recipe.read_text(encoding="utf-8")) if recipe else {}
    config = AugmentConfig(**content.get("augment", {}))
    assert {name: getattr(config, name) for name in HELD_OUT} == dict.fromkeys(HELD_OUT, 0)


def test_what_the_ladder_holds_out_can_be_switched_on() -> None:
    held_out = {corruption.name for corruption in CORRUPTIONS if corruption.held_out}
    steps = build_augmentation(alone(**dict.fromkeys(HELD_OUT, 1.0))).draw(np.random.default_rng(0)).steps
    assert {step.name for step in steps} == held_out


def test_importing_is_quiet_without_a_network() -> None:
    code = "import pytest_socket; pytest_socket.disable_socket(); import xray_resnet.data"
    result = subprocess.run([sys.executable, "-W", "error", "-c", code], capture_output=True, text=True, check=False)
    assert (result.returncode, result.stdout, result.stderr) == (0, "", "")
