"""The paired test: what it rejects, how rarely it errs, and that it agrees with the interval."""

import numpy as np
import pytest
from numpy.typing import NDArray

from xray_resnet.metrics import auroc, estimate_paired_difference, paired_test

Array = NDArray[np.float64]


def cohort(seed: int, *, patients: int, images: int, shift: float = 1.0) -> tuple[Array, Array, NDArray[np.intp]]:
    """Labels by patient, two scores of the same AUROC that share the patient, and patients."""
    generator = np.random.default_rng(seed)
    patient = np.repeat(np.arange(patients), images)
    labels = (np.arange(patients) % 2).astype(float)[patient]
    own = generator.normal(size=(2, patients))[:, patient]
    return labels, shift * labels + own + 0.3 * generator.normal(size=(2, len(patient))), patient


@pytest.mark.parametrize(("patients", "method"), [(160, "Student"), (12, "Student"), (8, "permutation")])
def test_models_that_are_equally_good_differ_as_rarely_as_is_said(patients: int, method: str) -> None:
    """At most about 5 % of tests reject at 0.05 although each patient has four images that resemble each other."""
    rejected = 0
    for seed in range(300):
        labels, scores, who = cohort(seed, patients=patients, images=4)
        generator = np.random.default_rng(seed)
        test = paired_test(labels, *scores, patients=who, generator=generator, permutations=200)
        assert test is not None and test.p_value is not None and test.method == method
        rejected += test.p_value < 0.05
    assert 0.01 <= rejected / 300 <= 0.08


@pytest.mark.parametrize("seed", range(12))
def test_test_and_interval_of_one_finding_agree(seed: int) -> None:
    labels, scores, who = cohort(seed, patients=24, images=2)
    better = scores[1] + 0.1 * seed * labels
    test = paired_test(labels, scores[0], better, patients=who, generator=np.random.default_rng(0))
    (estimate,) = estimate_paired_difference(labels[:, None], scores[:1].T, better[:, None], patients=who).findings
    assert test is not None and test.p_value is not None
    assert estimate.low is not None and estimate.high is not None
    assert estimate.value == test.difference
    assert (test.p_value < 0.05) == (estimate.low * estimate.high > 0)


def test_a_perfect_score_against_its_opposite_is_significant() -> None:
    labels = np.repeat([0.0, 1.0], 10)
    generator = np.random.default_rng(0)
    test = paired_test(labels, 1 - labels, labels, patients=np.arange(20), generator=generator)
    assert test is not None and test.p_value is not None
    assert (test.difference, test.method) == (1, "permutation")
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


def test_images_without_a_label_are_left_out() -> None:
    labels, scores, patients = cohort(3, patients=8, images=2)
    more = np.r_[labels, np.nan], *np.c_[scores, [[9.0], [np.nan]]], np.r_[patients, 99]
    tests = [
        paired_test(*each[:3], patients=each[3], generator=np.random.default_rng(0))
        for each in ((labels, *scores, patients), more)
    ]
    assert tests[0] is not None and tests[1] is not None
    assert tests[0].difference == tests[1].difference


def test_an_undefined_finding_is_not_tested() -> None:
    generator = np.random.default_rng(0)
    assert paired_test([0, 0], [0.1, 0.2], [0.2, 0.1], patients=[1, 2], generator=generator) is None
