"""Logits to scores, probabilities and decisions, by their formulas."""

import math

import numpy as np
import pytest

from xray_resnet.basis import Basis
from xray_resnet.model_output import (
    Calibrations,
    IsotonicCalibration,
    LinearCalibration,
    ModelOutput,
    OperatingPoint,
    OperatingPoints,
    PrevalenceShift,
    Triages,
    compute_scores,
)
from xray_resnet.triage import Edge, Promise, Triage

BASIS = Basis("nih", "val", 120, "OpenVINO on CPU", "fp32")
LOGITS = np.array([[-2.0, 0.5], [1.0, 3.0]], np.float32)


def sigmoid(x: float) -> float:
    return 1 / (1 + math.exp(-x))


def test_a_score_is_the_sigmoid_of_the_logit() -> None:
    outcome = ModelOutput(("A", "B"))(LOGITS)
    expected = [[sigmoid(float(x)) for x in row] for row in LOGITS]
    np.testing.assert_allclose(outcome.scores, expected, rtol=1e-12)


def test_the_sigmoid_neither_overflows_nor_warns() -> None:
    np.testing.assert_array_equal(compute_scores(np.array([-1e4, 0, 1e4])), [0, 0.5, 1])


def test_nothing_made_leaves_no_probability_and_no_decision() -> None:
    outcome = ModelOutput(("A", "B"))(LOGITS)
    assert np.isnan(outcome.probabilities).all()
    assert (outcome.decisions == -1).all()
    assert (outcome.triage == -2).all()


def test_a_temperature_divides_the_logit() -> None:
    calibration = Calibrations(BASIS, {"A": LinearCalibration(1 / 2.5, 0.0)})
    outcome = ModelOutput(("A", "B"), calibration)(LOGITS)
    np.testing.assert_allclose(outcome.probabilities[:, 0], [sigmoid(-2 / 2.5), sigmoid(1 / 2.5)], rtol=1e-12)
    assert np.isnan(outcome.probabilities[:, 1]).all()


def test_platt_shifts_it_too() -> None:
    assert LinearCalibration(2.0, -1.0)(np.array([0.5]))[0] == 0.5


def test_an_isotonic_calibration_interpolates_and_stays_constant_beyond() -> None:
    calibrate = IsotonicCalibration((-1.0, 1.0, 2.0), (0.1, 0.3, 0.9))
    np.testing.assert_allclose(calibrate(np.array([-5, -1, 0, 1.5, 9])), [0.1, 0.1, 0.2, 0.6, 0.9])


def test_a_logit_at_the_operating_point_is_positive() -> None:
    points = OperatingPoints(BASIS, {"B": OperatingPoint("youden", 0.5)})
    outcome = ModelOutput(("A", "B"), operating_points=points)(np.array([[0.0, 0.5], [0.0, 0.499]]))
    assert outcome.decisions.tolist() == [[-1, 1], [-1, 0]]
    assert points.findings["B"].score == pytest.approx(sigmoid(0.5))


def test_a_triage_rules_in_and_out_and_leaves_the_operating_point_as_it_is() -> None:
    promise = Promise("predictive value", 0.9)
    edge, refused = Edge(promise, 1.0, 80), Edge(promise, None, 9, why_null="too few")
    triage = Triages(BASIS, {"B": Triage(edge, Edge(promise, 0.5, 80)), "C": Triage(refused, refused)})
    points = OperatingPoints(BASIS, {"B": OperatingPoint("youden", 0.0), "C": OperatingPoint("youden", 0.0)})
    outcome = ModelOutput(("A", "B", "C"), None, points, triage)(np.array([[9.0, 1.0, 9.0], [9, 0.9, 9], [9, 0.4, -9]]))
    assert outcome.triage.tolist() == [[-2, 1, -2], [-2, -1, -2], [-2, 0, -2]]
    assert outcome.decisions.tolist() == [[-1, 1, 1], [-1, 1, 1], [-1, 1, 0]]
    assert triage.list_deciding() == ["B"]


@pytest.mark.parametrize("slope", [0.0, -1.0, math.nan, math.inf])
def test_a_calibration_that_would_turn_the_order_is_refused(slope: float) -> None:
    with pytest.raises(ValueError, match="slope above 0"):
        LinearCalibration(slope, 0.0)


@pytest.mark.parametrize(
    ("logits", "probabilities"),
    [((0.0, 0.0), (0.1, 0.2)), ((0.0, 1.0), (0.3, 0.2)), ((0.0, 1.0), (0.3, 1.2)), ((), ()), ((0.0,), (0.1, 0.2))],
)
def test_isotonic_points_that_fall_are_refused(logits: tuple[float, ...], probabilities: tuple[float, ...]) -> None:
    with pytest.raises(ValueError, match="never fall"):
        IsotonicCalibration(logits, probabilities)


def test_a_threshold_that_is_no_number_is_refused() -> None:
    with pytest.raises(ValueError, match="expected a number"):
        OperatingPoint("youden", math.nan)


def test_another_prevalence_moves_the_logit_by_the_difference_of_their_logits() -> None:
    """As Bayes' theorem has it: odds = prior odds · likelihood ratio, and the ratio stays."""
    moved = PrevalenceShift(given=0.4, wanted=0.05)(np.array([0.0, 0.3, 1.0]))
    likelihood_ratio = (0.3 / 0.7) / (0.4 / 0.6)
    odds = likelihood_ratio * 0.05 / 0.95
    np.testing.assert_allclose(moved, [0, odds / (1 + odds), 1], rtol=1e-12)


def test_a_shift_of_prevalence_is_applied_after_the_calibration_and_leaves_decisions() -> None:
    points = OperatingPoints(BASIS, {"A": OperatingPoint("youden", 0.0)})
    made = {"A": LinearCalibration(2.0, 0.5)}
    shift = PrevalenceShift(0.5, 0.1)
    plain = ModelOutput(("A", "B"), Calibrations(BASIS, made), points)(LOGITS)
    moved = ModelOutput(("A", "B"), Calibrations(BASIS, made, {"A": shift}), points)(LOGITS)
    np.testing.assert_allclose(moved.probabilities[:, 0], shift(plain.probabilities[:, 0]), rtol=1e-12)
    np.testing.assert_array_equal(moved.decisions, plain.decisions)
    np.testing.assert_array_equal(moved.scores, plain.scores)


@pytest.mark.parametrize(("given", "wanted"), [(0.0, 0.5), (0.5, 1.0), (math.nan, 0.5)])
def test_a_prevalence_that_leaves_no_odds_is_refused(given: float, wanted: float) -> None:
    with pytest.raises(ValueError, match="more than 0, less than 1"):
        PrevalenceShift(given, wanted)
