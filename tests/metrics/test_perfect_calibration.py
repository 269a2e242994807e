"""What perfect probabilities would show: a test of its level, pairs counted one by one, and errors that are found."""

from itertools import combinations

import numpy as np
import pytest

from tests.metrics.test_calibration import simulate
from xray_resnet.metrics.calibration import calibration_error
from xray_resnet.metrics.perfect_calibration import PerfectErrors, estimate_resemblance, simulate_perfect


def drawn(seed: int, *, resamples: int = 200, **how: float) -> PerfectErrors:
    labels, probabilities, patients = simulate(seed, **how)  # type: ignore[arg-type]
    generator = np.random.default_rng(seed)
    found = simulate_perfect(labels, probabilities, patients=patients, generator=generator, resamples=resamples)
    assert found is not None
    return found


@pytest.mark.parametrize("images", [1, 4])
def test_of_perfect_probabilities_one_in_twenty_is_beyond_chance(images: int) -> None:
    """Also if one draw decides all images of a patient, which independent draws would find in far more."""
    found = [drawn(seed, patients=200, images=images) for seed in range(200)]
    beyond = np.mean([each.p_value is not None and each.p_value < 0.05 for each in found])
    assert beyond == pytest.approx(0.05, abs=3 * np.sqrt(0.05 * 0.95 / 200))


def test_the_quantile_is_that_of_errors_of_perfect_probabilities() -> None:
    found = drawn(0, patients=400, images=1, resamples=2000)
    errors = [
        calibration_error(*simulate(seed, patients=400, images=1)[:2], patients=np.arange(400)) for seed in range(400)
    ]
    assert found.root == pytest.approx(
        np.quantile([error.root for error in errors if error.root is not None], 0.95), rel=0.15
    )
    assert found.plugin == pytest.approx(np.quantile([error.plugin for error in errors if error.plugin], 0.95), rel=0.1)


def test_overconfident_probabilities_are_beyond_chance() -> None:
    found = drawn(0, temperature=2.0)
    assert found.p_value is not None and found.p_value == pytest.approx(1 / 201)


def test_resemblance_is_counted_pair_by_pair() -> None:
    generator = np.random.default_rng(0)
    units, probability = generator.integers(12, size=60), generator.random(60).round(1)
    truth = (np.where(units < 6, generator.random(12)[units], generator.random(60)) < probability).astype(float)
    found = most = 0.0
    for i, j in combinations(range(60), 2):
        if units[i] == units[j]:
            found += (truth[i] - probability[i]) * (truth[j] - probability[j])
            most += min(probability[i], probability[j]) - probability[i] * probability[j]
    assert estimate_resemblance(truth, probability, units) == pytest.approx(float(np.clip(found / most, 0, 1)))
    assert 0.1 < found / most < 0.9


@pytest.mark.parametrize(("images", "share"), [(1, 0.0), (3, 1.0)])
def test_resemblance_is_none_of_single_images_and_full_if_one_draw_decides(images: int, share: float) -> None:
    labels, probabilities, patients = simulate(0, patients=5000, images=images)
    assert estimate_resemblance(labels, probabilities, patients.astype(np.intp)) == pytest.approx(share, abs=0.05)


def test_a_bin_of_one_patient_leaves_only_the_plug_in_error() -> None:
    found = simulate_perfect(
        [0, 1, 1], [0.1, 0.2, 0.9], patients=["a", "b", "c"], generator=np.random.default_rng(0), bins=3
    )
    assert found is not None and (found.root, found.p_value) == (None, None) and found.plugin > 0


def test_blocks_of_draws_are_as_many_as_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("xray_resnet.metrics.perfect_calibration._VALUES_PER_BLOCK", 600 * 7)
    assert drawn(0, temperature=4.0, resamples=50).p_value == pytest.approx(1 / 51)


def test_nothing_assessed_leaves_nothing_to_draw() -> None:
    assert simulate_perfect([np.nan], [0.5], patients=["a"], generator=np.random.default_rng(0)) is None
