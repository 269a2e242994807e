"""The walk against MAPIE: its p-values, its fixed-sequence test and its controller find the same thresholds."""

import numpy as np
import pytest
from mapie.risk_control import BinaryClassificationController, control_fwer, precision
from mapie.risk_control.methods import compute_hoeffding_bentkus_p_value
from numpy.typing import NDArray

from xray_resnet.metrics.risk_control import Walk

Floats = NDArray[np.float64]


def draw(seed: int) -> tuple[NDArray[np.int64], Floats]:
    generator = np.random.default_rng(seed)
    labels = generator.integers(2, size=400)
    return labels, 2.5 * labels + generator.normal(size=400)


@pytest.mark.parametrize("seed", range(5))
def test_a_positive_predictive_value_is_bounded_at_the_same_threshold(seed: int) -> None:
    """MAPIE rounds up errors that are whole but for rounding; those p-values are of one error more."""
    labels, logits = draw(seed)
    walk = Walk.through(labels, logits, of_negatives=False)
    sizes = [precision.get_value_and_effective_sample_size(labels, logits >= threshold) for threshold in walk.logits]
    shares, trials = np.transpose(sizes)
    theirs = compute_hoeffding_bentkus_p_value(shares, trials, 0.1, binary=True)[:, 0]
    rounded_up = np.ceil(trials * shares) - walk.errors
    assert set(rounded_up) <= {0, 1} and (rounded_up == 0).mean() > 0.5
    ours = Walk(walk.logits, (walk.errors + rounded_up).astype(np.int64), walk.trials).p_values(0.1)
    np.testing.assert_allclose(ours, theirs, rtol=1e-9)
    passed = control_fwer(walk.p_values(0.1)[59:], 0.05, "fixed_sequence")
    assert walk.reach(0.1, delta=0.05, start=60) == walk.logits[59 + passed.max()]


@pytest.mark.parametrize("seed", range(5))
def test_its_controller_bounds_the_false_positive_rate_at_the_same_threshold(seed: int) -> None:
    labels, logits = draw(seed)
    controller = BinaryClassificationController(
        lambda x: np.stack([-x, x], axis=1),
        "fpr",
        0.1,
        confidence_level=0.95,
        list_predict_params=np.sort(logits),
        fwer_method="fixed_sequence",
    ).calibrate(logits, labels)
    walk = Walk.through(labels, logits, of_negatives=True)
    assert walk.reach(0.1, delta=0.05) == min(controller.valid_predict_params)
