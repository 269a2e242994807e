"""Decision curves: the net benefit of acting on probabilities, beside acting on every image or on none.

Vickers and Elkin, Medical Decision Making 26 (2006) 565. At a known prevalence the net benefit is a weighted difference
of the shares of positives and of negatives that one acts on; its interval is combined from those of both (Zou and
Donner 2008), which are Wilson's with patients for images, since close to the ends of the curve few patients decide.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from xray_resnet.metrics.newcombe import Interval, combine_intervals, wilson_interval
from xray_resnet.metrics.ranking import Floats
from xray_resnet.metrics.ranking_intervals import FEWEST_PATIENTS


@dataclass(frozen=True)
class DecisionCurve:
    """Net benefit of acting on probabilities, at a prevalence that is taken as known.

    Attributes:
        thresholds: (T,) probability from which on one acts; its odds are the harm of a false alarm over the benefit
            of a hit.
        model: (T,) true positives less false positives times those odds, per image.
        low: (T,) lower end of its 95 % interval; NaN with too few patients.
        high: (T,) upper end.
        everyone: (T,) net benefit of acting on every image; acting on none has 0.
    """

    thresholds: Floats
    model: Floats
    low: Floats
    high: Floats
    everyone: Floats


def decision_curve(
    labels: ArrayLike,
    probabilities: ArrayLike,
    *,
    patients: ArrayLike,
    thresholds: ArrayLike,
    prevalence: float | None = None,
) -> DecisionCurve | None:
    """Net benefit at each threshold; None if sensitivity or specificity is undefined.

    Args:
        labels: (N,) of 1, 0 or NaN (left out).
        probabilities: (N,), 0 to 1 where a label is; they hold at `prevalence`.
        patients: (N,) identifiers.
        thresholds: (T,), more than 0 and less than 1.
        prevalence: Where one acts; without it, that of the images.
    """
    truth, probability = np.asarray(labels, np.float64), np.asarray(probabilities, np.float64)
    limits, who = np.asarray(thresholds, np.float64), np.asarray(patients)
    has, lacks = truth == 1, truth == 0
    if not has.any() or not lacks.any():
        return None
    share = has.sum() / (has.sum() + lacks.sum()) if prevalence is None else prevalence
    odds = limits / (1 - limits)
    weights = np.stack([np.full(len(limits), share), -(1 - share) * odds])
    rates = np.array([(probability[side] >= limits[:, None]).mean(axis=1) for side in (has, lacks)])
    counts = [_count_equal(who[side]) for side in (has, lacks)]
    low, high = np.array([_bound(*each, counts=counts) for each in zip(rates.T, weights.T, strict=True)]).T
    return DecisionCurve(limits, (weights * rates).sum(axis=0), low, high, weights.sum(axis=0))


def find_harm(curve: DecisionCurve, threshold: float) -> tuple[float, float] | None:
    """From which to which threshold, around a given one, acting on probabilities is worse than acting without them.

    Args:
        curve: The decision curve.
        threshold: Probability from which on one acts.

    Returns:
        The range in which the whole interval of the net benefit is below that of acting on every image, or on none;
        None if the nearest threshold of the curve is not in one.
    """
    harms: NDArray[np.bool_] = curve.high < np.maximum(curve.everyone, 0)
    place = int(np.argmin(abs(curve.thresholds - threshold)))
    if not harms[place]:
        return None
    harmless = np.flatnonzero(~harms)
    first = int(harmless[harmless < place].max(initial=-1)) + 1
    last = int(harmless[harmless > place].min(initial=len(harms))) - 1
    return float(curve.thresholds[first]), float(curve.thresholds[last])


def _bound(rates: Floats, weights: Floats, *, counts: list[float]) -> Interval:
    """Of the weighted sum of two shares (2,), from so many patients."""
    if min(counts) < FEWEST_PATIENTS:
        return np.nan, np.nan
    intervals = [wilson_interval(rate, count) for rate, count in zip(rates, counts, strict=True)]
    return combine_intervals(rates.tolist(), intervals, weights=weights, correlation=np.eye(2))


def _count_equal(patients: NDArray[np.generic]) -> float:
    """As many patients with equally many images would say as much (Kish 1965)."""
    counts = np.unique(patients, return_counts=True)[1]
    return float(counts.sum() ** 2 / (counts**2).sum())
