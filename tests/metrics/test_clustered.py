"""How AUROC varies with the patients: its slow definition and the published ovarian cancer data."""

import numpy as np
import pytest
from numpy.typing import ArrayLike, NDArray

from tests.metrics.cohorts import draw_cohort
from xray_resnet.metrics import auroc
from xray_resnet.metrics.clustered import Variation, count_patients, subtract
from xray_resnet.metrics.components import differentiate_auroc

# DeLong et al. 1988 as reprinted in the SAS/STAT guide: albumin, total protein, K-G score, died (0) or not (1).
OVARIAN_CANCER = np.fromstring(
    """3.0 5.8 10 0 3.2 6.3 5 1 3.9 6.8 3 1 2.8 4.8 6 0 3.2 5.8 3 1 0.9 4.0 5 0 2.5 5.7 8 0 1.6 5.6 5 1
    3.8 5.7 5 1 3.7 6.7 6 1 3.2 5.4 4 1 3.8 6.6 6 1 4.1 6.6 5 1 3.6 5.7 5 1 4.3 7.0 4 1 3.6 6.7 4 0
    2.3 4.4 6 1 4.2 7.6 4 0 4.0 6.6 6 0 3.5 5.8 6 1 3.8 6.8 7 1 3.0 4.7 8 0 4.5 7.4 5 1 3.7 7.4 5 1
    3.1 6.6 6 1 4.1 8.2 6 1 4.3 7.0 5 1 4.3 6.5 4 1 3.2 5.1 5 1 2.6 4.7 6 1 3.3 6.8 6 0 1.7 4.0 7 0
    3.7 6.1 5 1 3.3 6.3 7 1 4.2 7.7 6 1 3.5 6.2 5 1 2.9 5.7 9 0 2.1 4.8 7 1 2.8 6.2 8 0 4.0 7.0 7 1
    3.3 5.7 6 1 3.7 6.9 5 1 3.6 6.6 5 1""",
    sep=" ",
).reshape(-1, 4)

Array = NDArray[np.float64]


def vary(labels: ArrayLike, scores: ArrayLike, patients: ArrayLike) -> Variation:
    return Variation.of(differentiate_auroc, labels, scores, patients=patients)


def slow_covariance(labels: Array, scores: Array, patients: NDArray[np.generic]) -> Array:
    """Obuchowski 1997, pair by pair and patient by patient, with the correction of Bell and McCaffrey 2002."""
    people = np.unique(patients)
    parts = []
    for score in scores:
        positive, negative = score[labels == 1], score[labels == 0]
        wins = np.array([[1.0 if p > n else 0.5 if p == n else 0.0 for n in negative] for p in positive])
        v10 = [(wins.mean(axis=1) - wins.mean())[patients[labels == 1] == who].sum() for who in people]
        v01 = [(wins.mean(axis=0) - wins.mean())[patients[labels == 0] == who].sum() for who in people]
        parts.append((np.array(v10), np.array(v01)))
    m, n = (labels == 1).sum(), (labels == 0).sum()
    result = np.zeros((len(scores), len(scores)))
    for i, (a10, a01) in enumerate(parts):
        for j, (b10, b01) in enumerate(parts):
            for place, who in enumerate(people):
                having = 1 / np.sqrt(1 - (labels[patients == who] == 1).sum() / m) / m
                lacking = 1 / np.sqrt(1 - (labels[patients == who] == 0).sum() / n) / n
                result[i, j] += having**2 * a10[place] * b10[place] + lacking**2 * a01[place] * b01[place]
                result[i, j] += having * lacking * (a10[place] * b01[place] + a01[place] * b10[place])
    return result


def draw_mixed(seed: int) -> tuple[Array, Array, NDArray[np.intp]]:
    """Labels, two scores and patients; many patients have images of both kinds, and scores tie."""
    generator = np.random.default_rng(seed)
    labels = np.r_[0, 0, 1, 1, generator.integers(2, size=40)].astype(float)
    return labels, generator.integers(6, size=(2, 44)).astype(float), np.r_[0, 1, 2, 3, generator.integers(12, size=40)]


def test_the_published_ovarian_cancer_comparison_is_reproduced() -> None:
    albumin, protein, score, outcome = OVARIAN_CANCER.T
    women = np.arange(len(outcome))
    found = vary(outcome, np.stack([albumin, protein, 10 - score]), women)
    np.testing.assert_allclose(found.values, [0.7366, 0.6478, 0.7258], atol=5e-5)
    np.testing.assert_allclose(np.sqrt(found.variance()), [0.0927, 0.1000, 0.1028], atol=5e-5)
    difference = subtract(vary(outcome, 10 - score, women), vary(outcome, albumin, women))
    assert np.sqrt(difference.variance()[0]) == pytest.approx(0.0953, abs=5e-5)


@pytest.mark.parametrize("seed", range(4))
def test_the_fast_covariance_is_the_slow_one(seed: int) -> None:
    labels, scores, patients = draw_mixed(seed)
    found, expected = vary(labels, scores, patients), slow_covariance(labels, scores, patients)
    assert found.values == pytest.approx([auroc(labels, row) for row in scores])
    np.testing.assert_allclose(found.covariance(), expected, rtol=1e-12)
    np.testing.assert_allclose(found.variance(), np.diag(expected), rtol=1e-12)


@pytest.mark.parametrize("seed", range(4))
def test_the_variance_of_a_difference_is_that_of_the_contrast(seed: int) -> None:
    labels, scores, patients = draw_mixed(seed)
    difference = subtract(vary(labels, scores[1], patients), vary(labels, scores[0], patients))
    contrast = np.array([-1, 1])
    assert difference.variance()[0] == pytest.approx(contrast @ slow_covariance(labels, scores, patients) @ contrast)
    assert difference.values[0] == pytest.approx(np.diff([auroc(labels, row) for row in scores])[0])


def test_independent_images_are_images_of_a_patient_each() -> None:
    labels, scores, patients = draw_mixed(5)
    found, alone = vary(labels, scores, patients), vary(labels, scores, np.arange(44))
    np.testing.assert_allclose(found.independent, alone.variance(), rtol=1e-12)


def test_images_without_a_label_say_nothing() -> None:
    labels, scores, patients = draw_mixed(6)
    more = np.r_[labels, np.nan], np.c_[scores, [[9.0], [np.nan]]], np.r_[patients, 99]
    np.testing.assert_allclose(vary(*more).covariance(), vary(labels, scores, patients).covariance())


def test_one_patient_with_the_finding_has_no_variance() -> None:
    with pytest.raises(ValueError, match="1 patients with and 2 without the finding, expected two of each"):
        vary([0, 0, 1, 1], [0.1, 0.2, 0.3, 0.4], ["a", "b", "c", "c"]).variance()


def test_patients_count_less_if_some_have_most_of_the_images() -> None:
    """Kish's effective number: (Σ images)² / Σ images²."""
    labels, patients = [1, 1, 1, 1, 1, 0, 0, 0, 0], [0, 0, 0, 1, 2, 3, 3, 4, 4]
    found = vary(labels, np.arange(9.0), patients)
    assert found.patients == (3, 2)
    assert found.equal_patients == pytest.approx((25 / 11, 2.0))


def test_patients_with_both_kinds_of_images_count_twice() -> None:
    assert count_patients([1, 0, 0, 1, np.nan], ["a", "a", "b", "c", "d"]) == (2, 2)


def test_repeating_the_images_of_every_patient_changes_no_variance() -> None:
    labels, scores, patients = draw_cohort(3, having=20, lacking=30)
    copies = [np.repeat(values, 5, axis=0) for values in (labels, scores, patients)]
    assert vary(*copies).variance() == pytest.approx(vary(labels, scores, patients).variance())


def test_of_equally_many_images_the_correction_is_obuchowskis() -> None:
    labels, scores, patients = draw_cohort(4, having=12, lacking=20, images=3)
    found = vary(labels, scores, patients)
    parts = [(found.positives[0] ** 2).sum() * 12 / 11, (found.negatives[0] ** 2).sum() * 20 / 19]
    assert found.variance()[0] == pytest.approx(sum(parts))


def test_the_variance_is_right_on_average_though_few_patients_have_most_of_the_images() -> None:
    """Four patients with 1, 2, 4 and 24 independent images of a score that says nothing, among many without it.

    The variance of the share that is in order is then 1 / 12 of that of the positives, 1 / (12 · 31); Obuchowski's
    n / (n - 1) would make it 0.69 of that.
    """
    patients = np.r_[np.repeat(np.arange(4), [1, 2, 4, 24]), 4 + np.arange(400)]
    labels = (patients < 4).astype(float)
    scores = np.random.default_rng(0).normal(size=(4000, len(labels)))
    found = vary(labels, scores, patients)
    true = 1 / (12 * 31) + 1 / (12 * 400) + 1 / (12 * 31 * 400)
    assert found.variance().mean() == pytest.approx(true, rel=0.05)
