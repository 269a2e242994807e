"""Confident learning: against the paper's definitions written out, and on labels whose mistakes are known."""

import numpy as np
import pytest
from numpy.typing import NDArray

from xray_resnet.metrics.label_errors import (
    LabelNoise,
    doubt_labels,
    estimate_joint,
    estimate_label_noise,
    find_label_errors,
)

Floats = NDArray[np.float64]
MISSED, INVENTED = 0.1, 0.03


def write_out_joint(labels: Floats, probabilities: Floats) -> Floats:
    """Equations 1 to 3 of Northcutt et al. as the paper has them, image by image."""
    chances = [(1 - p, p) for p in probabilities]
    thresholds = [np.mean([c[j] for c, label in zip(chances, labels, strict=True) if label == j]) for j in (0, 1)]
    counts = np.zeros((2, 2))
    for chance, label in zip(chances, labels, strict=True):
        above = [j for j in (0, 1) if chance[j] >= thresholds[j]]
        if above:
            counts[int(label), max(above, key=lambda j: chance[j])] += 1
    sizes = np.array([(labels == 0).sum(), (labels == 1).sum()])
    calibrated = counts / counts.sum(axis=1, keepdims=True) * sizes[:, None]
    return calibrated / calibrated.sum()


def make_noisy(
    count: int = 4000, *, separation: float = 6.0, seed: int = 0
) -> tuple[Floats, Floats, NDArray[np.bool_]]:
    """Labels, what Bayes' rule says of a positive label, and which labels are wrong.

    Two normal distributions of variance 1 lie `separation` apart; three images in ten have the finding.
    """
    generator = np.random.default_rng(seed)
    truth = generator.random(count) < 0.3
    wrong = generator.random(count) < np.where(truth, MISSED, INVENTED)
    seen = generator.normal(np.where(truth, separation / 2, -separation / 2))
    finding = 1 / (1 + 7 / 3 * np.exp(-separation * seen))
    return (truth ^ wrong).astype(float), (1 - MISSED) * finding + INVENTED * (1 - finding), wrong


def estimate(labels: Floats, probabilities: Floats, patients: NDArray[np.generic], resamples: int = 200) -> LabelNoise:
    generator = np.random.default_rng(0)
    return estimate_label_noise(labels, probabilities, patients=patients, generator=generator, resamples=resamples)


@pytest.mark.parametrize("seed", range(5))
def test_the_joint_is_that_of_the_paper(seed: int) -> None:
    generator = np.random.default_rng(seed)
    labels, probabilities = generator.integers(0, 2, 60).astype(float), generator.random(60)
    joint = estimate_joint(labels, probabilities, np.ones((60, 1)))[..., 0]
    np.testing.assert_allclose(joint, write_out_joint(labels, probabilities), rtol=1e-12)


def test_a_weight_counts_an_image_as_often() -> None:
    labels, probabilities, _ = make_noisy(80)
    weights = np.random.default_rng(1).integers(0, 3, 80)
    repeated = write_out_joint(np.repeat(labels, weights), np.repeat(probabilities, weights))
    weighted = estimate_joint(labels, probabilities, weights[:, None].astype(float))[..., 0]
    np.testing.assert_allclose(weighted, repeated, rtol=1e-12)


def test_rates_are_found_if_the_model_separates_well() -> None:
    labels, probabilities, wrong = make_noisy()
    noise = estimate(labels, probabilities, np.arange(len(labels)))
    assert noise.wrong.value == pytest.approx(wrong.mean(), abs=0.002)
    assert noise.wrong_positives.value == pytest.approx(wrong[labels == 1].mean(), abs=0.005)
    assert noise.wrong_negatives.value == pytest.approx(wrong[labels == 0].mean(), abs=0.005)
    assert noise.missed.value == pytest.approx(MISSED, abs=0.02)
    assert noise.invented.value == pytest.approx(INVENTED, abs=0.01)


def test_the_list_is_as_long_as_the_joint_says_and_holds_the_wrong_labels() -> None:
    labels, probabilities, wrong = make_noisy()
    joint = estimate(labels, probabilities, np.arange(len(labels))).joint
    listed = find_label_errors(labels, probabilities, joint)
    for given in (0, 1):
        assert listed[labels == given].sum() == round(len(labels) * joint[given, 1 - given])
    assert wrong[listed].mean() > 0.94


def test_the_least_likely_labels_of_each_kind_are_listed() -> None:
    labels = np.array([1.0, 1, 1, 0, 0, 0, np.nan])
    probabilities = np.array([0.9, 0.2, 0.4, 0.1, 0.3, 0.8, 0.0])
    listed = find_label_errors(labels, probabilities, np.array([[2, 1], [2, 1]]) / 6)
    assert np.flatnonzero(listed).tolist() == [1, 2, 5]


def test_of_equally_doubtful_labels_as_many_are_wrong_as_the_doubt_says() -> None:
    labels, probabilities, wrong = make_noisy(40_000, separation=2.0)
    truth = ((labels == 1) ^ wrong).astype(float)
    doubts = doubt_labels(labels, probabilities, write_out_joint(labels, truth))
    for low, high in ((0, 0.05), (0.05, 0.2), (0.2, 0.6), (0.6, 1.01)):
        alike = (doubts >= low) & (doubts < high)
        assert wrong[alike].mean() == pytest.approx(doubts[alike].mean(), abs=0.05)


def test_what_is_not_stated_has_no_doubt_and_is_left_out() -> None:
    labels, probabilities, _ = make_noisy(200)
    labels[:50], probabilities[:50] = np.nan, np.nan
    patients = np.arange(200)
    noise = estimate(labels, probabilities, patients)
    assert noise.wrong == estimate(labels[50:], probabilities[50:], patients[50:]).wrong
    assert np.isnan(doubt_labels(labels, probabilities, noise.joint)[:50]).all()
    assert not find_label_errors(labels, probabilities, noise.joint)[:50].any()


def test_intervals_count_patients_and_not_images() -> None:
    labels, probabilities, _ = make_noisy(600)
    alone = estimate(labels, probabilities, np.arange(600)).wrong
    repeated = estimate(np.repeat(labels, 4), np.repeat(probabilities, 4), np.repeat(np.arange(600), 4)).wrong
    assert repeated.value == pytest.approx(alone.value, abs=1e-12)
    assert (repeated.low, repeated.high) == pytest.approx((alone.low, alone.high), abs=1e-12)


def test_a_label_that_no_model_knows_is_an_error() -> None:
    with pytest.raises(ValueError, match=r"labels"):
        estimate(np.array([0.0, 1, 0.5]), np.array([0.1, 0.9, 0.5]), np.arange(3))
