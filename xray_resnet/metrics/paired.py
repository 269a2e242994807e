"""Whether two scores of the same images have the same AUROC: the paired test, with patients as the unit."""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.stats import rankdata

from xray_resnet.metrics.bootstrap import number_patients
from xray_resnet.metrics.clustered import Variation, subtract
from xray_resnet.metrics.components import differentiate_auroc, place
from xray_resnet.metrics.ranking import Floats, why_undefined
from xray_resnet.metrics.ranking_intervals import compute_p_values, why_few

PERMUTATIONS = 2000

_VALUES_PER_BLOCK = 4_000_000


@dataclass(frozen=True)
class PairedTest:
    """Whether two scores of the same images have the same AUROC; patients are the unit.

    Attributes:
        difference: AUROC of the second minus AUROC of the first.
        p_value: Two-sided; None if the scores rank alike, so that there is nothing to test.
        method: Student: the difference over its standard error by patients; below 0.05 if its interval leaves out 0.
            permutation: how often exchanging the two scores of whole patients gives as large a difference, if patients
            are too few for an interval.
    """

    difference: float
    p_value: float | None
    method: Literal["Student", "permutation"]


def vary_difference(labels: ArrayLike, first: ArrayLike, second: ArrayLike, *, patients: ArrayLike) -> Variation:
    """AUROC of the second scores minus AUROC of the first over the same images.

    Args:
        labels: (N,) of 1, 0 or NaN (left out), both 1 and 0 among them.
        first: Scores (N,).
        second: Scores (N,).
        patients: (N,) identifiers.
    """
    before, after = (Variation.of(differentiate_auroc, labels, scores, patients=patients) for scores in (first, second))
    return subtract(after, before)


def paired_test(
    labels: ArrayLike,
    first: ArrayLike,
    second: ArrayLike,
    *,
    patients: ArrayLike,
    generator: np.random.Generator,
    permutations: int = PERMUTATIONS,
) -> PairedTest | None:
    """The test of two scores (N,) of the same images; None if no AUROC exists.

    Args:
        labels: (N,) of 1, 0 or NaN (left out).
        first: Scores (N,).
        second: Scores (N,).
        patients: (N,) identifiers.
        generator: Draws the exchanges if patients are few.
        permutations: How many.
    """
    if why_undefined(labels) is not None:
        return None
    variation = vary_difference(labels, first, second, patients=patients)
    difference = float(variation.values[0])
    known = np.isfinite(np.asarray(labels, np.float64))
    truth, who = np.asarray(labels, np.float64)[known], np.asarray(patients)[known]
    ranks = rankdata(np.stack([np.asarray(first), np.asarray(second)])[:, known], axis=1)
    if (ranks[0] == ranks[1]).all():
        return PairedTest(difference, None, "Student")
    p_value = np.nan if why_few(variation) else float(compute_p_values(variation)[0])
    if np.isfinite(p_value):
        return PairedTest(difference, p_value, "Student")
    p_value = _permute(truth, ranks, who, generator=generator, permutations=permutations)
    return PairedTest(difference, p_value, "permutation")


def _permute(
    truth: Floats, ranks: Floats, patients: NDArray[np.generic], *, generator: np.random.Generator, permutations: int
) -> float:
    """Two-sided p-value: the given assignment counts as one of them, so it is never 0 (Phipson and Smyth 2010)."""
    unit = number_patients(patients)
    observed = abs(float(np.diff(_areas(truth, ranks))[0])) - 1e-12
    as_large, left = 1, permutations
    while left:
        size = min(left, max(1, _VALUES_PER_BLOCK // len(truth)))
        exchanged = generator.random((size, int(unit.max()) + 1))[:, unit] < 0.5
        one, other = np.where(exchanged, ranks[1], ranks[0]), np.where(exchanged, ranks[0], ranks[1])
        as_large += int((abs(_areas(truth, other) - _areas(truth, one)) >= observed).sum())
        left -= size
    return as_large / (permutations + 1)


def _areas(truth: Floats, scores: Floats) -> Floats:
    """AUROC of each of (K, N) scores."""
    return np.asarray(place(scores[:, truth == 1], scores[:, truth == 0])[0].mean(axis=1))
