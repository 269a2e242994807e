"""Choosing a calibration: the kind that fits, by patients left out; none, with the reason, for few patients."""

import numpy as np
import pytest
from numpy.typing import NDArray

from xray_resnet.evaluation.choose_calibration import FEWEST_FOR_STEPS, choose_calibration
from xray_resnet.metrics.calibration import log_loss
from xray_resnet.model_output import IsotonicCalibration, LinearCalibration

Array = NDArray[np.float64]


def draw(
    truth: object, *, patients: int = 600, images: int = 2, seed: int = 0
) -> tuple[Array, Array, NDArray[np.intp]]:
    """Labels, logits and patients; `truth` gives the probability of a logit; a patient's labels agree."""
    generator = np.random.default_rng(seed)
    own = generator.normal(0, 2, patients)
    logits = (own[:, None] + generator.normal(0, 0.1, (patients, images))).ravel()
    labels = np.repeat(generator.random(patients) < truth(own), images).astype(float)  # type: ignore[operator]
    return labels, logits, np.repeat(np.arange(patients), images)


def sigmoid(logits: Array) -> Array:
    return 1 / (1 + np.exp(-logits))


def test_a_line_is_found_where_the_truth_is_one() -> None:
    labels, logits, patients = draw(lambda x: sigmoid(0.5 * x - 2))
    chosen = choose_calibration(labels, logits, patients=patients, seed=0)
    assert chosen.method == "platt"
    assert isinstance(chosen.calibration, LinearCalibration)
    assert (chosen.calibration.slope, chosen.calibration.intercept) == pytest.approx((0.5, -2), abs=0.3)


def test_scores_that_are_probabilities_are_left_alone() -> None:
    labels, logits, patients = draw(sigmoid, patients=150, seed=3)
    chosen = choose_calibration(labels, logits, patients=patients, seed=0)
    assert chosen.method == "identity"
    assert chosen.calibration == LinearCalibration(1.0, 0.0)
    np.testing.assert_allclose(chosen.probabilities, sigmoid(logits), rtol=1e-12)


def test_steps_are_found_where_the_truth_is_none_of_the_lines() -> None:
    labels, logits, patients = draw(lambda x: np.where(x > 2.5, 0.95, 0.25), patients=3000)
    chosen = choose_calibration(labels, logits, patients=patients, seed=0)
    assert chosen.method == "isotonic"
    assert isinstance(chosen.calibration, IsotonicCalibration)
    assert chosen.calibration(np.array([-3.0, 4.0])) == pytest.approx([0.25, 0.95], abs=0.06)


def test_steps_are_not_tried_with_few_patients_however_many_the_images() -> None:
    labels, logits, patients = draw(lambda x: np.where(x > 0, 0.9, 0.1), patients=2 * FEWEST_FOR_STEPS - 40, images=8)
    assert set(choose_calibration(labels, logits, patients=patients, seed=0).log_losses) == {
        "identity",
        "temperature",
        "platt",
    }
    labels, logits, patients = draw(lambda x: np.where(x > 0, 0.9, 0.1), patients=3 * FEWEST_FOR_STEPS, images=1)
    assert "isotonic" in choose_calibration(labels, logits, patients=patients, seed=0).log_losses


def test_the_least_log_loss_wins_and_is_that_of_the_probabilities() -> None:
    labels, logits, patients = draw(lambda x: sigmoid(0.3 * x))
    chosen = choose_calibration(labels, logits, patients=patients, seed=0)
    assert chosen.method is not None
    assert chosen.log_losses[chosen.method] == min(chosen.log_losses.values())
    assert chosen.log_losses[chosen.method] == log_loss(labels, chosen.probabilities)


def test_a_patient_of_many_images_is_left_out_whole() -> None:
    """One patient has a tenth of the images, all with the finding at logits where it is otherwise absent: only a fit
    that saw them could give them a high probability."""
    generator = np.random.default_rng(0)
    logits = np.r_[generator.normal(0, 1, 900), np.full(400, -6.0)]
    labels = np.r_[(generator.random(900) < sigmoid(3 * logits[:900])).astype(float), np.ones(400)]
    patients = np.r_[np.arange(900), np.full(400, 900)]
    chosen = choose_calibration(labels, logits, patients=patients, seed=0)
    assert np.unique(chosen.probabilities[900:]).size == 1
    assert chosen.probabilities[-1] < 0.01


@pytest.mark.parametrize(("positive", "negative"), [(19, 300), (300, 19)])
def test_few_patients_leave_none_with_the_reason(positive: int, negative: int) -> None:
    labels = np.r_[np.ones(3 * positive), np.zeros(3 * negative)]
    patients = np.repeat(np.arange(positive + negative), 3)
    chosen = choose_calibration(labels, np.arange(len(labels)), patients=patients, seed=0)
    assert (chosen.calibration, chosen.method, dict(chosen.log_losses)) == (None, None, {})
    assert chosen.why_null == f"{positive} patients with and {negative} without it, expected 20 of each"
    assert np.isnan(chosen.probabilities).all()


def test_scores_that_fall_with_the_finding_leave_none() -> None:
    labels, logits, patients = draw(lambda x: sigmoid(-x), patients=150)
    chosen = choose_calibration(labels, logits, patients=patients, seed=0)
    assert chosen.calibration is None
    assert chosen.why_null == "the finding is not more frequent where scores are higher"


def test_what_is_not_assessed_has_no_part_in_it() -> None:
    labels, logits, patients = draw(lambda x: sigmoid(0.5 * x))
    plain = choose_calibration(labels, logits, patients=patients, seed=0)
    more = choose_calibration(np.r_[labels, np.nan], np.r_[logits, 99], patients=np.r_[patients, 5], seed=0)
    assert more.calibration == plain.calibration
    assert np.isnan(more.probabilities[-1])
    np.testing.assert_array_equal(more.probabilities[:-1], plain.probabilities)
