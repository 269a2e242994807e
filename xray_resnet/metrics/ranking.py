"""Ranking metrics of one finding: AUROC, average precision and their curves; None if undefined.

Labels are 1, 0 or NaN (not assessed, left out); a higher score means more likely positive.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.sparse import csr_array

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Curve:
    """Points of a ROC or precision-recall curve, from the highest threshold to the lowest.

    Attributes:
        x: False positive rate, or recall.
        y: True positive rate, or precision.
        thresholds: Score at and above which an image counts as positive; the first is infinite.
    """

    x: Floats
    y: Floats
    thresholds: Floats


@dataclass(frozen=True)
class RankedPairs:
    """Positives ranked among negatives, sorted once so that many weightings of the patients are cheap.

    Attributes:
        positives: (K, U) images of each unit that are positive with the k-th distinct score of a positive.
        negatives: (2K + 1, U) images of each unit that are negative: row 2k between the positive scores k - 1
            and k, row 2k + 1 tied with k.
    """

    positives: csr_array
    negatives: csr_array

    @classmethod
    def of(cls, labels: ArrayLike, scores: ArrayLike, *, units: ArrayLike | None = None) -> "RankedPairs":
        """Ranks labels (N,) by scores (N,); units (N,) number what is weighted together, default one unit."""
        truth, score = checked(labels, scores)
        unit = np.zeros(len(truth), np.intp) if units is None else np.asarray(units)
        levels, rank = np.unique(score[truth == 1], return_inverse=True)
        negative_scores = score[truth == 0]
        gap = np.searchsorted(levels, negative_scores) + np.searchsorted(levels, negative_scores, side="right")
        width = int(unit.max(initial=0)) + 1
        return cls(
            _counts(rank, unit[truth == 1], (len(levels), width)),
            _counts(gap, unit[truth == 0], (2 * len(levels) + 1, width)),
        )

    def auroc(self, weights: ArrayLike) -> Floats:
        """AUROC under each weighting: the weighted Mann–Whitney statistic, a tie counting one half.

        Args:
            weights: (U, R), how often each unit counts.

        Returns:
            (R,) AUROC; NaN where no positive or no negative has weight.
        """
        positive = self.positives @ np.asarray(weights, np.float64)
        negative = self.negatives @ np.asarray(weights, np.float64)
        beaten = np.cumsum(negative, axis=0)[:-1:2] + negative[1::2] / 2
        wins = np.einsum("kr,kr->r", positive, beaten)
        pairs = positive.sum(axis=0) * negative.sum(axis=0)
        return np.asarray(np.divide(wins, pairs, out=np.full(len(pairs), np.nan), where=pairs > 0))


def why_undefined(labels: ArrayLike) -> str | None:
    """Why no ranking metric exists for labels (N,); None if one does."""
    truth = np.asarray(labels, np.float64)
    if not np.isfinite(truth).any():
        return "no assessed image"
    if not (truth == 1).any():
        return "no positive image"
    if not (truth == 0).any():
        return "no negative image"
    return None


def auroc(labels: ArrayLike, scores: ArrayLike) -> float | None:
    """Area under the ROC curve: the share of positive–negative pairs in order, a tie counting one half.

    Args:
        labels: (N,) of 1, 0 or NaN (left out).
        scores: (N,), finite where a label is.

    Returns:
        A value in [0, 1]; None where `why_undefined` names a reason.

    Raises:
        ValueError: if a label is something else or a scored image has no finite score.

    Example:
        >>> auroc([0, 0, 1, 1], [0.1, 0.4, 0.35, 0.8])
        0.75
        >>> auroc([1, 1], [0.2, 0.3]) is None
        True
    """
    pairs = RankedPairs.of(labels, scores)
    return None if why_undefined(labels) else float(pairs.auroc([[1.0]])[0])


def average_precision(labels: ArrayLike, scores: ArrayLike) -> float | None:
    """Mean precision over the steps of recall, without interpolation; None if undefined.

    Args:
        labels: (N,) of 1, 0 or NaN (left out).
        scores: (N,), finite where a label is.
    """
    if why_undefined(labels):
        return None
    curve = pr_curve(labels, scores)
    return float(np.sum(np.diff(curve.x) * curve.y[1:]))


def macro_auroc(labels: NDArray[np.generic], scores: NDArray[np.generic]) -> float | None:
    """Mean AUROC over the findings where it is defined; None if it is defined for none.

    Args:
        labels: (N, F) of 1, 0 or NaN.
        scores: (N, F).
    """
    values = [auroc(labels[:, column], scores[:, column]) for column in range(labels.shape[1])]
    defined = [value for value in values if value is not None]
    return float(np.mean(defined)) if defined else None


def roc_curve(labels: ArrayLike, scores: ArrayLike) -> Curve:
    """True against false positive rate at every distinct score, from (0, 0) to (1, 1).

    Raises:
        ValueError: if the curve is undefined (see `why_undefined`).
    """
    hits, false_alarms, thresholds = _counts_at_thresholds(labels, scores)
    return Curve(false_alarms / false_alarms[-1], hits / hits[-1], thresholds)


def pr_curve(labels: ArrayLike, scores: ArrayLike) -> Curve:
    """Precision against recall at every distinct score, from recall 0 (precision 1 by convention) to 1.

    Raises:
        ValueError: if the curve is undefined (see `why_undefined`).
    """
    hits, false_alarms, thresholds = _counts_at_thresholds(labels, scores)
    called = hits + false_alarms
    precision = np.divide(hits, called, out=np.ones_like(hits), where=called > 0)
    return Curve(hits / hits[-1], precision, thresholds)


def _counts_at_thresholds(labels: ArrayLike, scores: ArrayLike) -> tuple[Floats, Floats, Floats]:
    """True and false positives at each distinct score from infinity down."""
    truth, score = checked(labels, scores)
    reason = why_undefined(truth)
    if reason:
        raise ValueError(f"the curve is undefined: {reason}")
    kept = np.isfinite(truth)
    order = np.argsort(-score[kept], kind="stable")
    truth, score = truth[kept][order], score[kept][order]
    last_of_tie = np.append(np.flatnonzero(np.diff(score)), len(score) - 1)
    hits = np.concatenate([[0.0], np.cumsum(truth)[last_of_tie]])
    false_alarms = np.concatenate([[0.0], np.cumsum(1 - truth)[last_of_tie]])
    return hits, false_alarms, np.concatenate([[np.inf], score[last_of_tie]])


def _counts(rows: NDArray[np.intp], columns: NDArray[np.intp], shape: tuple[int, int]) -> csr_array:
    return csr_array((np.ones(len(rows)), (rows, columns)), shape=shape)


def checked(labels: ArrayLike, scores: ArrayLike) -> tuple[Floats, Floats]:
    """Labels (N,) and scores (N,) as floats.

    Raises:
        ValueError: if a label is not 0, 1 or NaN, or an assessed image has no finite score.
    """
    truth, score = np.asarray(labels, np.float64), np.asarray(scores, np.float64)
    if truth.shape != score.shape or truth.ndim != 1:
        raise ValueError(f"labels {truth.shape} and scores {score.shape} are not two vectors of one length")
    if not np.isin(truth[~np.isnan(truth)], (0, 1)).all():
        raise ValueError("labels hold a value other than 0, 1 and NaN")
    if not np.isfinite(score[~np.isnan(truth)]).all():
        raise ValueError("an assessed image has a score that is not finite")
    return truth, score
