"""Decision curves: image by image, with intervals that cover and ranges of harm that are there."""

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.special import expit

from xray_resnet.metrics.net_benefit import DecisionCurve, decision_curve, find_harm

Array = NDArray[np.float64]


def draw(seed: int, *, patients: int = 200, images: int = 2, bias: float = 0.0) -> tuple[Array, Array, Array]:
    """Labels, probabilities and patients; the true probability is lower by `bias` on the logit scale."""
    generator = np.random.default_rng(seed)
    logits = np.repeat(generator.normal(-1, 1, patients), images)
    labels = np.repeat(generator.random(patients), images) < expit(logits - bias)
    return labels.astype(float), expit(logits), np.repeat(np.arange(patients), images).astype(float)


def test_net_benefit_is_counted_image_by_image() -> None:
    labels, probabilities, _ = draw(4)
    curve = decision_curve(
        np.r_[labels, np.nan],
        np.r_[probabilities, 0.5],
        patients=np.arange(len(labels) + 1),
        thresholds=[0.1, 0.4, 0.75],
    )
    assert curve is not None
    for place, limit in enumerate((0.1, 0.4, 0.75)):
        gained = sum(1 if label else -limit / (1 - limit) for label in labels[probabilities >= limit])
        everyone = sum(1 if label else -limit / (1 - limit) for label in labels)
        assert curve.model[place] == pytest.approx(gained / 400, abs=1e-12)
        assert curve.everyone[place] == pytest.approx(everyone / 400, abs=1e-12)


def test_net_benefit_at_another_prevalence_is_that_of_images_in_that_proportion() -> None:
    """Doubling the images without the finding makes 2 : 1 of 1 : 1."""
    labels, probabilities = np.array([1.0, 1, 0, 0]), np.array([0.9, 0.2, 0.6, 0.1])
    doubled = decision_curve([*labels, 0, 0], [*probabilities, 0.6, 0.1], patients=range(6), thresholds=[0.3])
    moved = decision_curve(labels, probabilities, patients=range(4), thresholds=[0.3], prevalence=1 / 3)
    assert doubled is not None and moved is not None
    assert (moved.model[0], moved.everyone[0]) == pytest.approx((doubled.model[0], doubled.everyone[0]), abs=1e-12)


def test_net_benefit_without_both_classes_is_none() -> None:
    assert decision_curve([1, 1], [0.2, 0.3], patients=range(2), thresholds=[0.5]) is None


@pytest.mark.parametrize("images", [1, 4])
def test_intervals_of_the_net_benefit_cover_it(images: int) -> None:
    """Of 60 patients, by the net benefit of 500,000; images of a patient have one label."""
    how = {"thresholds": [0.1, 0.2, 0.5], "prevalence": 0.3}
    labels, probabilities, patients = draw(0, patients=500_000, images=1)
    true = decision_curve(labels, probabilities, patients=patients, **how)  # type: ignore[arg-type]
    assert true is not None
    covered, runs = np.zeros(3), 600
    for seed in range(runs):
        labels, probabilities, patients = draw(seed + 1, patients=60, images=images)
        found = decision_curve(labels, probabilities, patients=patients, **how)  # type: ignore[arg-type]
        assert found is not None
        covered += (found.low <= true.model) & (true.model <= found.high)
    assert (covered / runs > 0.93).all() and (covered / runs < 0.99).all()


def test_too_few_patients_have_no_interval_and_no_harm() -> None:
    found = decision_curve([1, 0, 1, 0], [0.1, 0.9, 0.2, 0.8], patients=range(4), thresholds=[0.5])
    assert found is not None and np.isnan(found.low[0]) and np.isnan(found.high[0])
    assert find_harm(found, 0.5) is None


def make_curve(highs: list[float]) -> DecisionCurve:
    """Intervals that end so; acting on everyone is worse than acting on none, but for the lowest threshold."""
    ends = np.array(highs)
    limits = np.arange(1, len(ends) + 1) / 10
    return DecisionCurve(limits, ends - 0.1, ends - 0.2, ends, everyone=0.15 - limits)


@pytest.mark.parametrize(
    ("threshold", "harm"), [(0.22, (0.2, 0.3)), (0.3, (0.2, 0.3)), (0.1, None), (0.45, None), (0.6, (0.5, 0.6))]
)
def test_harm_is_told_of_the_range_around_the_threshold_alone(
    threshold: float, harm: tuple[float, float] | None
) -> None:
    found = find_harm(make_curve([0.06, -0.1, -0.2, 0.1, -0.1, -0.1]), threshold)
    assert found is None if harm is None else found == pytest.approx(harm)


def test_probabilities_that_are_far_too_high_do_harm_against_none() -> None:
    labels, probabilities, patients = draw(0, patients=500, bias=3)
    curve = decision_curve(labels, probabilities, patients=patients, thresholds=np.linspace(0.1, 0.9, 9))
    assert curve is not None
    harm = find_harm(curve, 0.4)
    assert harm is not None and harm[0] <= 0.4 <= harm[1]
    assert curve.everyone[3] < curve.high[3] < 0


def test_acting_on_too_few_does_harm_against_everyone() -> None:
    labels, probabilities, patients = draw(0, patients=500, bias=-4)
    curve = decision_curve(labels, probabilities, patients=patients, thresholds=np.linspace(0.1, 0.9, 9))
    assert curve is not None and find_harm(curve, 0.4) is not None
    assert 0 < curve.high[3] < curve.everyone[3]


def test_right_probabilities_do_none() -> None:
    labels, probabilities, patients = draw(1, patients=500)
    curve = decision_curve(labels, probabilities, patients=patients, thresholds=np.linspace(0.1, 0.9, 9))
    assert curve is not None
    assert [find_harm(curve, limit) for limit in curve.thresholds] == [None] * 9
