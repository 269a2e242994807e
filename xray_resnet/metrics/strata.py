"""AUROC over pairs of one stratum, and its variance by patients.

An image is compared only with images that share its stratum: a view, a scanner. If some strata have more positives than
others, a score that merely tells the strata apart has a high AUROC over all pairs, and 0.5 within strata (Janes and
Pepe, Biometrika 96 (2009) 371, who weight strata by their positives; here each pair counts alike).
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import ArrayLike, NDArray

from xray_resnet.metrics.bootstrap import Estimate, number_patients
from xray_resnet.metrics.clustered import Variation
from xray_resnet.metrics.components import Components, place
from xray_resnet.metrics.ranking import Floats, checked, why_undefined
from xray_resnet.metrics.ranking_intervals import AUROC, TAIL, WITHIN, Intervals, bound_aurocs, bound_within

NO_PAIRS = "no stratum has both positive and negative images"

_Counts = tuple[int, int]


@dataclass(frozen=True)
class ComparedPairs:
    """An AUROC over some of the pairs of positives and negatives.

    Attributes:
        variation: The share of the pairs in order, a tie counting one half, and how it varies with the patients.
        n_pairs: How many pairs.
        strata: Patients with a positive in a pair, those with a negative, and pairs, of each stratum that has any.
        inflation: Of the variance, which `variation` has already.
    """

    variation: Variation
    n_pairs: int
    strata: tuple[tuple[_Counts, int], ...]
    inflation: float = 1.0

    def inflate(self, factor: float) -> "ComparedPairs":
        """The same with so many times the variance."""
        return replace(self, variation=self.variation.inflate(factor), inflation=factor * self.inflation)

    @property
    def area(self) -> float:
        """Share of the pairs in order."""
        return float(self.variation.values[0])

    @property
    def method(self) -> str:
        """How its interval is made."""
        return AUROC if len(self.strata) == 1 else WITHIN

    def bound(self, *, tail: ArrayLike = TAIL) -> Intervals:
        """The interval, with such a chance of the truth beyond either end, or several; of one stratum that of AUROC."""
        if len(self.strata) == 1:
            return bound_aurocs(self.variation, tail=tail)
        return bound_within(self.variation, size=self._effective_size(), tail=tail)

    def estimate(self) -> Estimate:
        """The area with its 95 % interval, or why there is none."""
        return self.bound().estimate(0, self.area, method=self.method)

    def _effective_size(self) -> float:
        """How many independent trials have no more variance; a patient in several strata is not counted twice."""
        shares = [(pairs / self.n_pairs) ** 2 / min(counts) for counts, pairs in self.strata]
        return max(1.0, min(1 / sum(shares), *self.variation.equal_patients) / self.inflation)


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


def estimate_within_strata(
    labels: ArrayLike, scores: ArrayLike, strata: ArrayLike, *, patients: ArrayLike, inflation: float = 1.0
) -> Estimate:
    """AUROC over pairs within strata with its 95 % interval, or why there is none; arguments as of `compare_within`.

    Its variance is taken `inflation` times.
    """
    compared = compare_within(labels, scores, strata, patients=patients)
    if compared is None:
        return Estimate(None, why_null=why_undefined(labels) or NO_PAIRS)
    return compared.inflate(inflation).estimate()


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
    having = np.concatenate([each.positives for each in strata])
    lacking = np.concatenate([each.negatives for each in strata])
    weights = (
        np.concatenate([np.full(len(each.positives), len(each.negatives)) for each in strata]) * len(having) / n_pairs,
        np.concatenate([np.full(len(each.negatives), len(each.positives)) for each in strata]) * len(lacking) / n_pairs,
    )
    parts = Components(np.array([area]), over[None], under[None])
    variation = Variation.sum_up(parts, (units[having], units[lacking]), int(units.max()) + 1, weights=weights)
    counts = [((_count(units[each.positives]), _count(units[each.negatives])), each.n_pairs) for each in strata]
    return ComparedPairs(variation, n_pairs, tuple(counts))


def _count(units: NDArray[np.intp]) -> int:
    return len(np.unique(units))
