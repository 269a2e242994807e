"""95 % intervals of a ranking metric and of its differences, with patients as the unit; none from too few patients.

All take Student's t for a normal quantile, because the variance is estimated from few patients; its degrees of freedom
are those of the kind of patients that there are fewer of. docs/coverage.py measures how often the intervals cover, and
chose the constants here.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import expit, logit, ndtri, stdtrit
from scipy.stats import t as student

from xray_resnet.metrics.bootstrap import Estimate
from xray_resnet.metrics.clustered import FEW_PATIENTS, Variation
from xray_resnet.metrics.newcombe import CONFIDENCE, newcombe_interval, wilson_interval
from xray_resnet.metrics.ranking import Floats

FEWEST_PATIENTS = 5
"""With or without the finding, counted as `Variation.equal_patients`."""
FEWEST_SEPARATED = 10
"""The same after perfect separation, where only the number of patients says how sure it is."""
TAIL = (1 - CONFIDENCE) / 2
"""Chance of the truth beyond either end."""
FEWEST_PARTIAL = 25
"""The same for a partial AUROC: with the finding, and without it within the false positive rate."""
JUMP = 0.1
"""How much a patient adds to a difference of AUROC who makes it larger than the seen patients do."""

LOGIT = "Student's t by patients on the logit scale"
AUROC = f"{LOGIT}, or Newcombe's method 5 where that is wider"
WITHIN = f"{LOGIT}, or if patients are few Wilson's with the greatest variance that an AUROC can have"
STUDENT = "Student's t by patients"

_ROUNDING = 1e-12


@dataclass(frozen=True)
class Intervals:
    """Intervals of K values.

    Attributes:
        low: (K,) lower ends; NaN if there is none.
        high: (K,) upper ends; NaN if there is none.
        why_null: (K,) why there is none.
    """

    low: Floats
    high: Floats
    why_null: Sequence[str | None]

    def estimate(self, place: int, value: float, *, method: str) -> Estimate:
        """The value at a place with its interval, or with the reason why it has none."""
        reason = self.why_null[place]
        if reason is not None:
            return Estimate(value, why_null=f"interval: {reason}")
        return Estimate(value, float(self.low[place]), float(self.high[place]), method=method)


def bound_aurocs(aurocs: Variation, *, tail: ArrayLike = TAIL) -> Intervals:
    """Of AUROC: of three intervals, at either end the one that is wider.

    The first is Student's on the logit scale, which is too narrow if few pairs are out of order. The second is
    Newcombe's, which does not hang on those: that of the images, its variance inflated by how much more patients vary
    than independent images would, but never wider than that of as many patients with one image each. The third is the
    first with one patient more than were seen, who varies as much as AUROC allows, within the same limit.

    Args:
        aurocs: Over all pairs.
        tail: Chance of the truth beyond either end; of one area also (T,), and then there are T intervals.
    """
    reason = why_few(aurocs)
    if reason is not None:
        return _none(len(aurocs.values), reason)
    by_images, by_patients = _bound_by_newcombe(aurocs, tail=tail)
    unseen = _bound_logits(aurocs, variance=_add_unseen(aurocs), tail=tail)
    limited = (_narrow(bound, by_patients) for bound in (by_images, unseen))
    low, high = _join(_bound_logits(aurocs, tail=tail), *limited)
    separated = np.isin(aurocs.values, (0, 1)) & (min(aurocs.equal_patients) < FEWEST_SEPARATED)
    return _leave_out(low, high, separated, f"perfect separation of too few patients, {_count(aurocs)}")


def bound_within(areas: Variation, *, size: float, tail: ArrayLike = TAIL) -> Intervals:
    """Of an AUROC over pairs within strata: Student's on the logit scale, of few patients never less than Wilson's.

    That is with the greatest variance that an AUROC can have, A (1 - A) / size (van Dantzig, Indagationes Mathematicae
    13 (1951) 1), since Newcombe's is not known for strata. Few are fewer than `FEW_PATIENTS` with the finding, or
    without it; where the area is 0 or 1 they always are.

    Args:
        areas: Over pairs within strata.
        size: As many independent trials vary no more.
        tail: Chance of the truth beyond either end; of one area also (T,), and then there are T intervals.
    """
    reason = why_few(areas)
    if reason is not None:
        return _none(len(areas.values), reason)
    by_logit = _bound_logits(areas, tail=tail)
    reaches = zip(*np.broadcast_arrays(areas.values, -ndtri(tail)), strict=True)
    greatest = np.array([wilson_interval(value, size, z=z) for value, z in reaches]).T
    is_few = np.isnan(by_logit[0]) | (min(areas.patients) < FEW_PATIENTS)
    widest = _join(by_logit, (greatest[0], greatest[1]))
    low, high = (np.where(is_few, wide, plain) for wide, plain in zip(widest, by_logit, strict=True))
    return Intervals(low, high, [None] * len(low))


def bound_shares(shares: Variation) -> Intervals:
    """Of a metric between 0 and 1: Student's on the logit scale, which a value of 0 or 1 does not have."""
    reason = why_few(shares)
    if reason is not None:
        return _none(len(shares.values), reason)
    low, high = _bound_logits(shares)
    same = np.isnan(low) | (np.sqrt(shares.variance()) < _ROUNDING)
    return _leave_out(low, high, same, "every patient gives the same value")


def bound_partial_aurocs(shares: Variation, *, max_fpr: float) -> Intervals:
    """Of the standardised partial AUROC: as of other shares, if enough patients lie within the false positive rate.

    Args:
        shares: Of the area up to the rate, as `differentiate_partial_auroc` gives them.
        max_fpr: The rate.
    """
    positive, negative = shares.equal_patients
    if min(positive, max_fpr * negative) < FEWEST_PARTIAL:
        within = f"{int(positive)} with and {int(max_fpr * negative)} without within the rate"
        return _none(len(shares.values), f"too few patients, {within}, expected {FEWEST_PARTIAL} of each")
    ends = bound_shares(shares)
    low, high = (standardise(end, max_fpr=max_fpr) for end in (ends.low, ends.high))
    return Intervals(low, high, ends.why_null)


def standardise(shares: Floats, *, max_fpr: float) -> Floats:
    """Areas as shares of a false positive rate (K,) so that guessing is 0.5 and perfect is 1 (McClish 1989)."""
    least = max_fpr / 2
    return np.asarray((1 + (shares - least) / (1 - least)) / 2)


def bound_differences(differences: Variation, *, jump: float = JUMP) -> Intervals:
    """Of a difference between two scores of the same images: Student's; without 0 if `compute_p_values` are below 0.05.

    The end away from 0 reckons with patients that were not seen. What makes the difference larger than the seen one, by
    x, are patients who add `jump` each; the variance there is larger by jump x / patients. Without that, a difference
    between high AUROCs, which few patients make, lies beyond that end too often.

    Args:
        differences: K of them.
        jump: More than 0.
    """
    reason = why_few(differences)
    if reason is not None:
        return _none(len(differences.values), reason)
    size, quantile = np.abs(differences.values), _quantile(differences)
    reach = quantile * np.sqrt(differences.variance())
    unseen = quantile**2 * jump / min(differences.equal_patients) / 2
    outward = unseen + np.hypot(unseen, reach)
    beyond = unseen + np.sqrt(np.maximum(0.0, unseen**2 + reach**2 - 4 * unseen * size))
    inward = np.where(reach < 2 * size, reach, beyond)
    rises = differences.values >= 0
    low = differences.values - np.where(rises, inward, outward)
    high = differences.values + np.where(rises, outward, inward)
    return Intervals(np.maximum(low, -1), np.minimum(high, 1), [None] * len(size))


def compute_p_values(differences: Variation) -> Floats:
    """Two-sided p-values (K,) of Student's test that a difference is 0; NaN if every patient gives the same.

    Raises:
        ValueError: if fewer than two patients have a positive image or fewer than two a negative one.
    """
    error = np.sqrt(differences.variance())
    ratio = np.divide(np.abs(differences.values), error, out=np.full(len(error), np.nan), where=error >= _ROUNDING)
    return np.asarray(2 * student.sf(ratio, _degrees(differences)))


def why_few(variation: Variation) -> str | None:
    """Why the patients are too few for any interval; None if they are not."""
    return f"too few patients, {_count(variation)}" if min(variation.equal_patients) < FEWEST_PATIENTS else None


def _count(variation: Variation) -> str:
    """How many patients there are, and as how many they count."""
    counted = [
        f"{patients}" if round(equal, 1) == patients else f"{patients} (as {equal:.1f} with equally many images)"
        for patients, equal in zip(variation.patients, variation.equal_patients, strict=True)
    ]
    return f"{counted[0]} with and {counted[1]} without"


def _bound_logits(
    shares: Variation, *, variance: Floats | None = None, tail: ArrayLike = TAIL
) -> tuple[Floats, Floats]:
    """Student's interval on the logit scale; NaN of 0 and 1. Without a variance, with that of the patients."""
    values = np.where(np.minimum(shares.values, 1 - shares.values) < _ROUNDING, np.nan, shares.values)
    error = np.sqrt(shares.variance() if variance is None else variance)
    reach = _quantile(shares, tail=tail) * error / (values * (1 - values))
    return expit(logit(values) - reach), expit(logit(values) + reach)


def _bound_by_newcombe(aurocs: Variation, *, tail: ArrayLike) -> list[tuple[Floats, Floats]]:
    """Newcombe's interval of the images, with the dispersion of the patients, and that of the patients."""
    variance, z = aurocs.variance(), -ndtri(tail)
    dispersion = np.divide(variance, aurocs.independent, out=np.full(len(variance), np.inf), where=variance > 0)
    inflated = np.maximum(1.0, dispersion * (_quantile(aurocs, tail=tail) / z) ** 2)
    counts = np.stack([aurocs.sizes.sum(axis=1), aurocs.equal_patients])
    dispersions = np.stack([inflated, np.ones_like(inflated)])
    lows, highs = newcombe_interval(aurocs.values, *counts.T[..., None], dispersion=dispersions, z=z)
    return [*zip(lows, highs, strict=True)]


def _add_unseen(aurocs: Variation) -> Floats:
    """The variance (K,) with one patient more, of the greatest that an AUROC can have (van Dantzig)."""
    patients = min(aurocs.equal_patients)
    return np.asarray((patients * aurocs.variance() + aurocs.values * (1 - aurocs.values) / patients) / (patients + 1))


def _join(*bounds: tuple[Floats, Floats]) -> tuple[Floats, Floats]:
    """At either end the one that is wider."""
    lows, highs = zip(*bounds, strict=True)
    return np.fmin.reduce(lows), np.fmax.reduce(highs)


def _narrow(first: tuple[Floats, Floats], second: tuple[Floats, Floats]) -> tuple[Floats, Floats]:
    """At either end the one that is narrower."""
    return np.maximum(first[0], second[0]), np.minimum(first[1], second[1])


def _quantile(variation: Variation, *, tail: ArrayLike = TAIL) -> Floats:
    return np.asarray(-stdtrit(_degrees(variation), tail))


def _degrees(variation: Variation) -> float:
    return min(variation.equal_patients) - 1


def _none(count: int, reason: str) -> Intervals:
    return Intervals(np.full(count, np.nan), np.full(count, np.nan), [reason] * count)


def _leave_out(low: Floats, high: Floats, which: NDArray[np.bool_], reason: str) -> Intervals:
    """The intervals but for some, which are left out for the reason."""
    return Intervals(
        np.where(which, np.nan, low), np.where(which, np.nan, high), [reason if each else None for each in which]
    )
