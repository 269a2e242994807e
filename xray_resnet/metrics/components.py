"""What each image adds to a ranking metric: the derivative of the metric by the weight of the image.

For AUROC these are the components of DeLong et al. (Biometrics 44 (1988) 837), for other metrics the same: the
influence function at the sample, or infinitesimal jackknife (Efron, The Jackknife, the Bootstrap and Other Resampling
Plans, 1982, chapter 6). Squared and summed they are the variance of the metric, however the scores are distributed.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.stats import rankdata

from xray_resnet.metrics.ranking import Floats

_ROUNDING = 9


@dataclass(frozen=True)
class Components:
    """A metric of K scores of the same images, and what each image adds to it.

    Attributes:
        values: (K,) the metric.
        positives: (K, M) its derivative by the weight of each positive.
        negatives: (K, N) by the weight of each negative; with those of the positives they add up to 0.
    """

    values: Floats
    positives: Floats
    negatives: Floats


Metric = Callable[[Floats, Floats], Components]
"""(K, M) scores of the positives and (K, N) of the negatives to a metric of each of the K."""


def differentiate_auroc(positive: Floats, negative: Floats) -> Components:
    """AUROC and its components, a tie counting one half."""
    over_negatives, under_positives = place(positive, negative)
    return _center(over_negatives.mean(axis=1), over_negatives, under_positives)


def differentiate_partial_auroc(positive: Floats, negative: Floats, *, max_fpr: float) -> Components:
    """Area under the ROC curve up to a false positive rate, as a share of that rate, and its components.

    Negatives matter above the cut, the score at which the rate is reached; those at the cut in part. The curve is
    straight across ties.

    Args:
        positive: (K, M) scores.
        negative: (K, N) scores.
        max_fpr: More than 0 and at most 1.
    """
    count = negative.shape[1]
    within = round(max_fpr * count, _ROUNDING)
    cut = -np.sort(-negative, axis=1)[:, [int(np.ceil(within)) - 1]]
    tied = (negative == cut).sum(axis=1, keepdims=True)
    part = (within - (negative > cut).sum(axis=1, keepdims=True)) / tied
    above, at_cut = ((positive > cut).mean(axis=1, keepdims=True), (positive == cut).mean(axis=1, keepdims=True))
    over_negatives, under_positives = place(positive, negative)
    share = np.where(negative > cut, 1.0, np.where(negative == cut, part, 0.0))
    rate = np.where(negative == cut, above + part * at_cut / 2, under_positives)
    area = (share * rate).mean(axis=1)
    gain = np.where(
        positive > cut, max_fpr - (1 - over_negatives), np.where(positive == cut, part**2 * tied / count / 2, 0.0)
    )
    end = above + part * at_cut
    parts = _center(area, gain, share * (rate - end) + max_fpr * end)
    return Components(parts.values / max_fpr, parts.positives / max_fpr, parts.negatives / max_fpr)


def differentiate_average_precision(positive: Floats, negative: Floats) -> Components:
    """Average precision and its components; images of one score stand at one threshold.

    A positive counts by the precision at its threshold and raises that at every lower one; a negative lowers it there.
    """
    scores = np.hstack([positive, negative])
    order = np.argsort(-scores, axis=1, kind="stable")
    is_positive = order < positive.shape[1]
    first, last = _bound_ties(np.take_along_axis(scores, order, axis=1))
    hits, alarms = (
        np.take_along_axis(np.cumsum(which, axis=1), last, axis=1).astype(np.float64)
        for which in (is_positive, ~is_positive)
    )
    called = hits + alarms
    precision = hits / called
    raised, lowered = (
        np.take_along_axis(_sum_from(np.where(is_positive, step / called**2, 0.0)), first, axis=1)
        for step in (alarms, -hits)
    )
    value = np.where(is_positive, precision, 0.0).sum(axis=1) / positive.shape[1]
    sorted_parts = np.where(is_positive, precision - value[:, None] + raised, lowered) / positive.shape[1]
    parts = np.empty_like(sorted_parts)
    np.put_along_axis(parts, order, sorted_parts, axis=1)
    return Components(value, parts[:, : positive.shape[1]], parts[:, positive.shape[1] :])


def place(positive: Floats, negative: Floats) -> tuple[Floats, Floats]:
    """Placements by midranks (Sun and Xu, IEEE Signal Processing Letters 21 (2014) 1389).

    Args:
        positive: (K, M) scores.
        negative: (K, N) scores.

    Returns:
        (K, M) share of the negatives below each positive, (K, N) share of the positives above each negative. A tie
        counts one half.
    """
    m, n = positive.shape[1], negative.shape[1]
    midranks = rankdata(np.hstack([positive, negative]), axis=1)
    return (
        (midranks[:, :m] - rankdata(positive, axis=1)) / n,
        1 - (midranks[:, m:] - rankdata(negative, axis=1)) / m,
    )


def _center(values: Floats, positives: Floats, negatives: Floats) -> Components:
    """Components from means over the positives, and over the negatives, that both are the values."""
    return Components(
        values,
        (positives - values[:, None]) / positives.shape[1],
        (negatives - values[:, None]) / negatives.shape[1],
    )


def _bound_ties(falling: Floats) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """First and last place of the tie that each place of the falling rows (K, L) belongs to."""
    length = falling.shape[1]
    places = np.broadcast_to(np.arange(length), falling.shape)
    differs = np.diff(falling, axis=1) != 0
    edge = np.ones((len(falling), 1), bool)
    first = np.maximum.accumulate(np.where(np.hstack([edge, differs]), places, 0), axis=1)
    ends = np.where(np.hstack([differs, edge]), places, length - 1)
    return first, np.minimum.accumulate(ends[:, ::-1], axis=1)[:, ::-1]


def _sum_from(values: Floats) -> Floats:
    """Sums of each row from each place to its end."""
    return np.asarray(np.cumsum(values[:, ::-1], axis=1)[:, ::-1])
