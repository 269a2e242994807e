"""AUROC over pairs of one stratum, and its variance by patients.

An image is compared only with images that share its stratum: a view, a scanner. If some strata have more positives than
others, a score that merely tells the strata apart has a high AUROC over all pairs, and 0.5 within strata (Janes and
Pepe, Biometrika 96 (2009) 371, who weight strata by their positives; here each pair counts alike).
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import expit, logit

from xray_resnet.metrics.bootstrap import Estimate, number_patients
from xray_resnet.metrics.clustered import FEW_PATIENTS, FEWEST_PATIENTS
from xray_resnet.metrics.components import place
from xray_resnet.metrics.newcombe import Interval, Z, newcombe_interval, wilson_interval
from xray_resnet.metrics.ranking import Floats, checked, why_undefined

LOGIT = "normal on the logit scale, variance by patients (Obuchowski 1997)"
NEWCOMBE = "Newcombe's method 5, with patients for images"
VAN_DANTZIG = "Wilson's interval with the greatest variance that an AUROC can have, with patients for images"
NO_PAIRS = "no stratum has both positive and negative images"

_Counts = tuple[int, int]


@dataclass(frozen=True)
class ComparedPairs:
    """An AUROC over some of the pairs of positives and negatives, and what each patient adds to its error.

    Attributes:
        area: Share of the pairs in order, a tie counting one half.
        n_pairs: How many pairs.
        positive: (P,) sum over each patient's positives of what they add to `area` beyond the mean.
        negative: (P,) the same of the negatives.
        patients: How many have a positive in a pair, and how many a negative.
        strata: The same and the number of pairs of each stratum that has any.
        assessed: How many patients have an image in a pair.
    """

    area: float
    n_pairs: int
    positive: Floats
    negative: Floats
    patients: _Counts
    strata: tuple[tuple[_Counts, int], ...]
    assessed: int

    @cached_property
    def variance(self) -> float:
        """Of the area, by patients; with one stratum it is Obuchowski's. Needs two patients on each side."""
        crossed = _small_sample(self.assessed) * (self.positive @ self.negative)
        having, lacking = map(_small_sample, self.patients)
        own = having * (self.positive @ self.positive) + lacking * (self.negative @ self.negative)
        return max(0.0, float(own + 2 * crossed))

    def covariance(self, other: "ComparedPairs") -> float:
        """With another area, by the patients that both have; 0 if they share none."""
        assessed = min(self.assessed, other.assessed)
        both = (self.positive + self.negative) @ (other.positive + other.negative)
        return _small_sample(assessed) * float(both)

    def interval(self, z: float = Z) -> tuple[Interval, str]:
        """Interval of the area that reaches z standard errors, and how it was made.

        With `FEW_PATIENTS` with and without the finding and some pairs out of order, normal on the logit scale; else
        from the hypothesis: Newcombe's, or if there are strata Wilson's with the bound A (1 - A) / min(m, n) on the
        variance of an AUROC (van Dantzig, Indagationes Mathematicae 13 (1951) 1), summed over strata.
        """
        error = float(np.sqrt(self.variance)) if min(self.patients) >= FEW_PATIENTS else 0.0
        if 0 < self.area < 1 and error:
            reach = z * error / (self.area * (1 - self.area))
            return (float(expit(logit(self.area) - reach)), float(expit(logit(self.area) + reach))), LOGIT
        if len(self.strata) == 1:
            low, high = newcombe_interval(self.area, *self.patients, z=z)
            return (float(low), float(high)), NEWCOMBE
        return wilson_interval(self.area, self._effective_size(), z=z), VAN_DANTZIG

    def estimate(self) -> Estimate:
        """The area with its 95 % interval; without one if fewer than two patients have, or lack, the finding."""
        if min(self.patients) < FEWEST_PATIENTS:
            return Estimate(
                self.area, why_null="interval: too few patients, {} with and {} without".format(*self.patients)
            )
        (low, high), method = self.interval()
        return Estimate(self.area, low, high, method=method)

    def _effective_size(self) -> float:
        """How many independent trials have no more variance; a patient in several strata is not counted twice."""
        shares = [(pairs / self.n_pairs) ** 2 / min(counts) for counts, pairs in self.strata]
        return max(1.0, min(1 / sum(shares), *map(float, self.patients)))


def compare_within(
    labels: ArrayLike, scores: ArrayLike, strata: ArrayLike, *, patients: ArrayLike
) -> ComparedPairs | None:
    """Compares positives with the negatives of their own stratum; None if no stratum has both.

    Args:
        labels: (N,) of 1, 0 or NaN (left out).
        scores: (N,), finite where a label is.
        strata: (N,) whole numbers; a negative one leaves the image out.
        patients: (N,) identifiers; two results of the same (N,) patients have a covariance.
    """
    truth, score = checked(labels, scores)
    units = number_patients(patients)
    compared = [*_compare_each(truth, score, np.asarray(strata, np.intp))]
    return _put_together(compared, units) if compared else None


def estimate_within_strata(labels: ArrayLike, scores: ArrayLike, strata: ArrayLike, *, patients: ArrayLike) -> Estimate:
    """AUROC over pairs within strata with its 95 % interval, or why there is none; arguments as of `compare_within`."""
    compared = compare_within(labels, scores, strata, patients=patients)
    return Estimate(None, why_null=why_undefined(labels) or NO_PAIRS) if compared is None else compared.estimate()


@dataclass(frozen=True)
class _Stratum:
    """Positives (M,) and negatives (N,) of a stratum, by their rows; share of the others that each is in order with."""

    positives: NDArray[np.intp]
    negatives: NDArray[np.intp]
    area: float
    over: Floats
    under: Floats

    @property
    def n_pairs(self) -> int:
        return len(self.positives) * len(self.negatives)


def _compare_each(truth: Floats, score: Floats, strata: NDArray[np.intp]) -> Iterator[_Stratum]:
    for name in np.unique(strata[strata >= 0]):
        positives, negatives = (np.flatnonzero((strata == name) & (truth == value)) for value in (1, 0))
        if len(positives) and len(negatives):
            (over,), (under,) = place(score[None, positives], score[None, negatives])
            yield _Stratum(positives, negatives, float(over.mean()), over, under)


def _put_together(strata: Sequence[_Stratum], units: NDArray[np.intp]) -> ComparedPairs:
    """Strata weigh as many as their pairs; `units` (N,) numbers the patients."""
    n_pairs = sum(each.n_pairs for each in strata)
    area = sum(each.area * each.n_pairs for each in strata) / n_pairs
    over = np.concatenate([(each.over - area) * len(each.negatives) / n_pairs for each in strata])
    under = np.concatenate([(each.under - area) * len(each.positives) / n_pairs for each in strata])
    having = units[np.concatenate([each.positives for each in strata])]
    lacking = units[np.concatenate([each.negatives for each in strata])]
    width = int(units.max()) + 1
    return ComparedPairs(
        area,
        n_pairs,
        np.asarray(np.bincount(having, over, minlength=width), np.float64),
        np.asarray(np.bincount(lacking, under, minlength=width), np.float64),
        (_count(having), _count(lacking)),
        tuple(((_count(units[each.positives]), _count(units[each.negatives])), each.n_pairs) for each in strata),
        _count(np.concatenate([having, lacking])),
    )


def _count(units: NDArray[np.intp]) -> int:
    return len(np.unique(units))


def _small_sample(count: int) -> float:
    return count / (count - 1) if count > 1 else 1.0
