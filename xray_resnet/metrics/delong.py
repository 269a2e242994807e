"""DeLong's variance of AUROC and the paired test, by the fast algorithm on midranks.

DeLong, DeLong & Clarke-Pearson, Biometrics 44 (1988) 837; Sun & Xu, IEEE Signal Processing Letters 21 (2014) 1389.
The images count as independent: with several images per patient the variance is too small, and the patient-clustered
bootstrap is the one to quote.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.stats import norm, rankdata

from xray_resnet.metrics.bootstrap import CONFIDENCE
from xray_resnet.metrics.ranking import Floats, checked, why_undefined


@dataclass(frozen=True)
class DelongTest:
    """Whether two scores of the same images have the same AUROC.

    Attributes:
        difference: AUROC of the second minus AUROC of the first.
        standard_error: Of the difference.
        p_value: Two-sided; None where the standard error is 0 and the test says nothing.
    """

    difference: float
    standard_error: float
    p_value: float | None


def delong_covariance(labels: ArrayLike, scores: ArrayLike) -> tuple[Floats, Floats]:
    """AUROC of each score and their covariance.

    Args:
        labels: (N,) of 1, 0 or NaN (left out).
        scores: (K, N), K scores of the same images.

    Returns:
        (K,) AUROC and (K, K) covariance (Sun & Xu 2014, algorithm 2).

    Raises:
        ValueError: with fewer than two positives or two negatives, where no variance exists.
    """
    rows = [checked(labels, row) for row in np.atleast_2d(np.asarray(scores, np.float64))]
    truth, stacked = rows[0][0], np.stack([score for _, score in rows])
    positive, negative = stacked[:, truth == 1], stacked[:, truth == 0]
    m, n = positive.shape[1], negative.shape[1]
    if m < 2 or n < 2:
        raise ValueError(f"{m} positives and {n} negatives: a variance needs two of each")
    midranks = rankdata(np.hstack([positive, negative]), axis=1)
    over_negatives = (midranks[:, :m] - rankdata(positive, axis=1)) / n
    under_positives = 1 - (midranks[:, m:] - rankdata(negative, axis=1)) / m
    covariance = np.atleast_2d(np.cov(over_negatives)) / m + np.atleast_2d(np.cov(under_positives)) / n
    return over_negatives.mean(axis=1), covariance


def delong_interval(labels: ArrayLike, scores: ArrayLike) -> tuple[float, float] | None:
    """95 % normal interval of one AUROC, cut to [0, 1]; None where no variance exists.

    Args:
        labels: (N,) of 1, 0 or NaN (left out).
        scores: (N,).
    """
    if not has_variance(labels):
        return None
    (value,), covariance = delong_covariance(labels, scores)
    reach = norm.ppf((1 + CONFIDENCE) / 2) * np.sqrt(covariance[0, 0])
    return max(0.0, float(value - reach)), min(1.0, float(value + reach))


def delong_test(labels: ArrayLike, first: ArrayLike, second: ArrayLike) -> DelongTest | None:
    """The paired test of two scores (N,) of the same images; None where no variance exists."""
    if not has_variance(labels):
        return None
    values, covariance = delong_covariance(labels, np.stack([np.asarray(first), np.asarray(second)]))
    contrast = np.array([-1.0, 1.0])
    difference = float(contrast @ values)
    error = float(np.sqrt(max(0.0, contrast @ covariance @ contrast)))
    p_value = float(2 * norm.sf(abs(difference) / error)) if error > 0 else None
    return DelongTest(difference, error, p_value)


def has_variance(labels: ArrayLike) -> bool:
    """Whether labels (N,) hold at least two positives and two negatives."""
    truth: NDArray[np.float64] = np.asarray(labels, np.float64)
    return why_undefined(truth) is None and min((truth == 1).sum(), (truth == 0).sum()) >= 2
