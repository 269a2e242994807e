"""DeLong's variance against its slow definition, a case by hand, and the published ovarian cancer data."""

import numpy as np
import pytest
from numpy.typing import NDArray

from xray_resnet.metrics import auroc, delong_interval, delong_test
from xray_resnet.metrics.delong import delong_covariance

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


def slow_variance(labels: NDArray[np.float64], scores: NDArray[np.float64]) -> float:
    positives, negatives = scores[labels == 1], scores[labels == 0]
    wins = np.array([[1.0 if p > n else 0.5 if p == n else 0.0 for n in negatives] for p in positives])
    per_positive, per_negative = wins.mean(axis=1), wins.mean(axis=0)
    return per_positive.var(ddof=1) / len(positives) + per_negative.var(ddof=1) / len(negatives)


def test_the_published_ovarian_cancer_comparison_is_reproduced() -> None:
    albumin, protein, score, outcome = OVARIAN_CANCER.T
    areas, covariance = delong_covariance(outcome, np.stack([albumin, protein, 10 - score]))
    np.testing.assert_allclose(areas, [0.7366, 0.6478, 0.7258], atol=5e-5)
    np.testing.assert_allclose(np.sqrt(np.diag(covariance)), [0.0927, 0.1000, 0.1028], atol=5e-5)
    test = delong_test(outcome, 10 - score, albumin)
    assert test is not None
    assert test.difference == pytest.approx(0.0108, abs=5e-5)
    assert test.standard_error == pytest.approx(0.0953, abs=5e-5)
    assert test.p_value == pytest.approx(0.9102, abs=5e-5)


def test_the_variance_of_four_images_is_that_by_hand() -> None:
    areas, covariance = delong_covariance([0, 0, 1, 1], [0.1, 0.4, 0.35, 0.8])
    assert areas[0] == 0.75
    assert covariance[0, 0] == pytest.approx(0.125 / 2 + 0.125 / 2)


@pytest.mark.parametrize("seed", range(5))
def test_the_fast_variance_is_the_slow_one(seed: int) -> None:
    generator = np.random.default_rng(seed)
    labels = np.r_[0, 0, 1, 1, generator.integers(2, size=40)].astype(float)
    scores = generator.integers(6, size=44).astype(float)
    areas, covariance = delong_covariance(labels, scores)
    assert areas[0] == pytest.approx(auroc(labels, scores))
    assert covariance[0, 0] == pytest.approx(slow_variance(labels, scores))


def test_a_score_against_itself_shows_no_difference_and_no_p_value() -> None:
    labels, scores = [0, 1, 0, 1, 1], [0.1, 0.2, 0.3, 0.4, 0.0]
    test = delong_test(labels, scores, scores)
    assert test is not None
    assert (test.difference, test.standard_error, test.p_value) == (0, 0, None)


def test_one_positive_has_no_variance() -> None:
    assert delong_interval([0, 0, 1], [0.1, 0.2, 0.3]) is None
    assert delong_test([0, 0, 1], [0.1, 0.2, 0.3], [0.3, 0.2, 0.1]) is None
    with pytest.raises(ValueError, match="two of each"):
        delong_covariance([0, 0, 1], [0.1, 0.2, 0.3])


def test_the_interval_lies_around_the_value_within_zero_and_one() -> None:
    labels, scores = [0, 0, 0, 1, 1, 1], [0.1, 0.3, 0.5, 0.4, 0.8, 0.9]
    interval = delong_interval(labels, scores)
    assert interval is not None
    assert 0 <= interval[0] < 8 / 9 < interval[1] == 1
