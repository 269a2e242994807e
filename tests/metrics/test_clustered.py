"""The variance of AUROC by patients: its slow definition, the published ovarian cancer data, and tests that keep α."""

import numpy as np
import pytest
from numpy.typing import NDArray

from xray_resnet.metrics import auroc, clustered_interval, paired_test
from xray_resnet.metrics.clustered import FEW_PATIENTS, clustered_covariance

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


def cohort(seed: int, *, patients: int, images: int, shift: float = 1.0) -> tuple[Array, Array, NDArray[np.intp]]:
    """Labels by patient, two scores of the same AUROC that share the patient and half of the rest, and patients."""
    generator = np.random.default_rng(seed)
    patient = np.repeat(np.arange(patients), images)
    labels = (np.arange(patients) % 2).astype(float)[patient]
    own = generator.normal(size=(2, patients))[:, patient]
    scores = shift * labels + own + 0.3 * generator.normal(size=(2, len(patient)))
    return labels, scores, patient


def slow_covariance(labels: Array, scores: Array, patients: NDArray[np.generic]) -> Array:
    """Obuchowski 1997, pair by pair and patient by patient."""
    people = np.unique(patients)
    parts = []
    for score in scores:
        positive, negative = score[labels == 1], score[labels == 0]
        wins = np.array([[1.0 if p > n else 0.5 if p == n else 0.0 for n in negative] for p in positive])
        v10 = [(wins.mean(axis=1) - wins.mean())[patients[labels == 1] == who].sum() for who in people]
        v01 = [(wins.mean(axis=0) - wins.mean())[patients[labels == 0] == who].sum() for who in people]
        parts.append((np.array(v10), np.array(v01)))
    m, n = (labels == 1).sum(), (labels == 0).sum()
    having, lacking = len(set(patients[labels == 1])), len(set(patients[labels == 0]))
    result = np.zeros((len(scores), len(scores)))
    for i, (a10, a01) in enumerate(parts):
        for j, (b10, b01) in enumerate(parts):
            s10 = having / ((having - 1) * m) * a10 @ b10
            s01 = lacking / ((lacking - 1) * n) * a01 @ b01
            s11 = len(people) / (len(people) - 1) * (a10 @ b01 + a01 @ b10) / 2
            result[i, j] = s10 / m + s01 / n + 2 * s11 / (m * n)
    return result


def test_the_published_ovarian_cancer_comparison_is_reproduced() -> None:
    albumin, protein, score, outcome = OVARIAN_CANCER.T
    scores = np.stack([albumin, protein, 10 - score])
    areas, covariance = clustered_covariance(outcome, scores, patients=np.arange(len(outcome)))
    np.testing.assert_allclose(areas, [0.7366, 0.6478, 0.7258], atol=5e-5)
    np.testing.assert_allclose(np.sqrt(np.diag(covariance)), [0.0927, 0.1000, 0.1028], atol=5e-5)
    contrast = covariance[2, 2] + covariance[0, 0] - 2 * covariance[0, 2]
    assert np.sqrt(contrast) == pytest.approx(0.0953, abs=5e-5)


@pytest.mark.parametrize("seed", range(4))
def test_the_fast_covariance_is_the_slow_one(seed: int) -> None:
    generator = np.random.default_rng(seed)
    labels = np.r_[0, 0, 1, 1, generator.integers(2, size=40)].astype(float)
    scores = generator.integers(6, size=(2, 44)).astype(float)
    patients = np.r_[0, 1, 2, 3, generator.integers(12, size=40)]
    areas, covariance = clustered_covariance(labels, scores, patients=patients)
    assert areas == pytest.approx([auroc(labels, row) for row in scores])
    np.testing.assert_allclose(covariance, slow_covariance(labels, scores, patients), rtol=1e-12)


def test_one_patient_with_the_finding_has_no_variance() -> None:
    with pytest.raises(ValueError, match="1 patients with and 2 without the finding, expected two of each"):
        clustered_covariance([0, 0, 1, 1], [0.1, 0.2, 0.3, 0.4], patients=["a", "b", "c", "c"])


def test_few_patients_have_no_normal_interval_however_many_their_images() -> None:
    labels, scores, patients = cohort(0, patients=2 * FEW_PATIENTS, images=3)
    assert clustered_interval(labels, scores[0], patients=patients) is not None
    labels, scores, patients = cohort(0, patients=2 * FEW_PATIENTS - 2, images=30)
    assert clustered_interval(labels, scores[0], patients=patients) is None


def test_perfect_separation_has_no_normal_interval() -> None:
    labels, _, patients = cohort(0, patients=100, images=1)
    assert clustered_interval(labels, labels, patients=patients) is None


@pytest.mark.parametrize(("patients", "method"), [(160, "clustered"), (24, "permutation")])
def test_models_that_are_equally_good_differ_as_rarely_as_is_said(patients: int, method: str) -> None:
    """About 5 % of tests reject at 0.05 although each patient has four images that resemble each other."""
    rejected = 0
    for seed in range(300):
        labels, scores, who = cohort(seed, patients=patients, images=4)
        generator = np.random.default_rng(seed)
        test = paired_test(labels, *scores, patients=who, generator=generator, permutations=200)
        assert test is not None and test.p_value is not None and test.method == method
        rejected += test.p_value < 0.05
    assert 0.02 <= rejected / 300 <= 0.09


def test_a_perfect_score_against_its_opposite_is_significant() -> None:
    labels = np.repeat([0.0, 1.0], 10)
    generator = np.random.default_rng(0)
    test = paired_test(labels, 1 - labels, labels, patients=np.arange(20), generator=generator)
    assert test is not None and test.p_value is not None
    assert test.difference == 1
    assert test.p_value < 0.005


def test_scores_that_rank_alike_have_no_p_value() -> None:
    labels, scores, patients = cohort(1, patients=100, images=1)
    test = paired_test(labels, scores[0], 3 * scores[0], patients=patients, generator=np.random.default_rng(0))
    assert test is not None
    assert (test.difference, test.p_value) == (0, None)


def test_the_second_is_compared_with_the_first() -> None:
    labels, scores, patients = cohort(2, patients=200, images=2)
    test = paired_test(labels, scores[0], labels, patients=patients, generator=np.random.default_rng(0))
    assert test is not None
    assert test.difference == pytest.approx(1 - auroc(labels, scores[0]))  # type: ignore[operator]


def test_an_undefined_finding_is_not_tested() -> None:
    generator = np.random.default_rng(0)
    assert paired_test([0, 0], [0.1, 0.2], [0.2, 0.1], patients=[1, 2], generator=generator) is None
