"""The corruption ladder against the table that defines it."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.data.degradations.images import flat, generator, noise
from xray_resnet.data.degradations import CORRUPTIONS, Corruption

by_name = {corruption.name: corruption for corruption in CORRUPTIONS}
every = pytest.mark.parametrize("corruption", CORRUPTIONS, ids=lambda corruption: corruption.name)


def test_four_kinds_are_held_out_of_training() -> None:
    held_out = {corruption.name for corruption in CORRUPTIONS if corruption.held_out}
    assert held_out == {"motion_blur", "jpeg", "grid_lines", "dead_pixels"}
    assert len(CORRUPTIONS) == len(by_name) == 11


@every
def test_a_corruption_is_replayed_and_leaves_the_image_it_is_given(corruption: Corruption) -> None:
    image = noise(96)
    first, second = (corruption.apply(image, 3, generator=generator(5)) for _ in range(2))
    np.testing.assert_array_equal(first, second)
    np.testing.assert_array_equal(image, noise(96))
    assert not np.array_equal(first, image)


@settings(max_examples=25, deadline=None)
@given(kind=st.sampled_from(CORRUPTIONS), severity=st.integers(1, 5), size=st.integers(33, 90), seed=st.integers(0, 99))
def test_a_corrupted_image_keeps_shape_type_and_range(kind: Corruption, severity: int, size: int, seed: int) -> None:
    corrupted = kind.apply(noise(size, seed=seed), severity, generator=generator(seed))
    assert corrupted.shape == (size, size)
    assert corrupted.dtype == np.float32
    assert corrupted.min() >= 0
    assert corrupted.max() <= 1


@every
def test_each_severity_changes_more_than_the_one_before(corruption: Corruption) -> None:
    y, x = np.mgrid[:256, :256]
    image = (0.45 + 0.2 * np.sin(x / 9) * np.cos(y / 7) + 0.1 * (x > 128)).astype(np.float32)
    changes = [np.abs(corruption.apply(image, s, generator=generator(1)) - image).mean() for s in range(1, 6)]
    assert changes == sorted(changes)


@pytest.mark.parametrize("severity", [0, 6, -1])
def test_another_severity_is_refused(severity: int) -> None:
    with pytest.raises(ValueError, match="expected 1 to 5"):
        by_name["scatter"].apply(noise(), severity, generator=generator())


def test_half_of_the_images_are_brighter_and_half_darker() -> None:
    means = [by_name["exposure"].apply(flat(0.5, size=4), 5, generator=generator(seed)).mean() for seed in range(200)]
    assert np.unique(np.round(means, 4)) == pytest.approx([0.5**2.6, 0.5 ** (1 / 2.6)], abs=1e-3)
    assert np.mean(np.array(means) > 0.5) == pytest.approx(0.5, abs=0.12)


def test_the_gravest_collimation_leaves_three_fifths_of_the_side() -> None:
    assert (by_name["collimation"].apply(flat(0.5), 5, generator=generator()) == 0.5).sum() == 308**2


def test_the_gravest_quantum_noise_is_that_of_a_fiftieth_of_the_dose() -> None:
    noisy = by_name["quantum_noise"].apply(flat(0.3), 5, generator=generator())
    assert noisy.std(dtype=np.float64) == pytest.approx(np.sqrt(0.98 / (0.02 * 1e4)) / np.log(50), rel=0.02)
