"""AUROC, partial AUROC and average precision with intervals by patients; AUROC of every finding and their average.

Nothing is drawn at random: the intervals are those of `ranking_intervals`, and averages are combined from them by how
the findings vary together over the patients.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import partial

import numpy as np
from numpy.typing import ArrayLike, NDArray

from xray_resnet.metrics.bootstrap import Estimate
from xray_resnet.metrics.clustered import Variation
from xray_resnet.metrics.components import (
    differentiate_auroc,
    differentiate_average_precision,
    differentiate_partial_auroc,
)
from xray_resnet.metrics.newcombe import combine_intervals, correlate
from xray_resnet.metrics.paired import vary_difference
from xray_resnet.metrics.ranking import Floats, average_precision, why_undefined
from xray_resnet.metrics.ranking_intervals import (
    AUROC,
    LOGIT,
    STUDENT,
    bound_aurocs,
    bound_differences,
    bound_partial_aurocs,
    bound_shares,
    standardise,
)

COMBINED = "combined from the findings' intervals (Zou and Donner 2008)"


@dataclass(frozen=True)
class Aurocs:
    """AUROC, or differences of AUROC, over the findings.

    Attributes:
        findings: One estimate per finding, in order.
        macro: Of the mean over the defined findings.
        n_defined: How many findings the macro average is over.
        sums: What each patient adds to each finding, (P,); None if that has no interval.
    """

    findings: tuple[Estimate, ...]
    macro: Estimate
    n_defined: int
    sums: tuple[Floats | None, ...] = field(repr=False, compare=False)

    def average(self, places: Sequence[int]) -> Estimate:
        """Of the mean over some findings, those that are defined."""
        return _combine([self.findings[place] for place in places], [self.sums[place] for place in places])


def estimate_aurocs(labels: NDArray[np.generic], scores: NDArray[np.generic], *, patients: ArrayLike) -> Aurocs:
    """AUROC per finding and macro, with intervals.

    Args:
        labels: (N, F) of 1, 0 or NaN.
        scores: (N, F).
        patients: (N,) identifiers.
    """
    variations = [
        None if why_undefined(truth) else Variation.of(differentiate_auroc, truth, score, patients=patients)
        for truth, score in zip(labels.T, scores.T, strict=True)
    ]
    estimates = [
        _undefined(truth) if each is None else bound_aurocs(each).estimate(0, float(each.values[0]), method=AUROC)
        for truth, each in zip(labels.T, variations, strict=True)
    ]
    return _average(estimates, variations)


def estimate_paired_difference(
    labels: NDArray[np.generic], first: NDArray[np.generic], second: NDArray[np.generic], *, patients: ArrayLike
) -> Aurocs:
    """AUROC of the second scores minus AUROC of the first over the same images, with intervals.

    Args:
        labels: (N, F) of 1, 0 or NaN.
        first: Scores (N, F) that are subtracted.
        second: Scores (N, F).
        patients: (N,) identifiers.
    """
    variations = [
        None if why_undefined(truth) else vary_difference(truth, one, other, patients=patients)
        for truth, one, other in zip(labels.T, first.T, second.T, strict=True)
    ]
    estimates = [
        _undefined(truth)
        if each is None
        else bound_differences(each).estimate(0, float(each.values[0]), method=STUDENT)
        for truth, each in zip(labels.T, variations, strict=True)
    ]
    return _average(estimates, variations)


def estimate_average_precision(labels: ArrayLike, scores: ArrayLike, *, patients: ArrayLike) -> Estimate:
    """Average precision of one finding with its interval, which holds at the prevalence of these images.

    Args:
        labels: (N,) of 1, 0 or NaN (left out).
        scores: (N,), finite where a label is.
        patients: (N,) identifiers.
    """
    value = average_precision(labels, scores)
    if value is None:
        return _undefined(labels)
    variation = Variation.of(differentiate_average_precision, labels, scores, patients=patients)
    return bound_shares(variation).estimate(0, value, method=LOGIT)


def estimate_partial_auroc(labels: ArrayLike, scores: ArrayLike, *, patients: ArrayLike, max_fpr: float) -> Estimate:
    """Partial AUROC of one finding with its interval: 0.5 is guessing (McClish, Medical Decision Making 9 (1989) 190).

    Args:
        labels: (N,) of 1, 0 or NaN (left out).
        scores: (N,), finite where a label is.
        patients: (N,) identifiers.
        max_fpr: False positive rate up to which the curve counts, more than 0 and at most 1.

    Raises:
        ValueError: if `max_fpr` is outside.
    """
    if not 0 < max_fpr <= 1:
        raise ValueError(f"max_fpr is {max_fpr}, expected more than 0 and at most 1")
    if why_undefined(labels) is not None:
        return _undefined(labels)
    metric = partial(differentiate_partial_auroc, max_fpr=max_fpr)
    variation = Variation.of(metric, labels, scores, patients=patients)
    return bound_partial_aurocs(variation, max_fpr=max_fpr).estimate(
        0, float(standardise(variation.values, max_fpr=max_fpr)[0]), method=LOGIT
    )


def _undefined(labels: ArrayLike) -> Estimate:
    return Estimate(None, why_null=why_undefined(labels))


def _average(findings: Sequence[Estimate], variations: Sequence[Variation | None]) -> Aurocs:
    """The findings and the mean over those that are defined, which have a variation."""
    sums = [
        None if each is None or finding.low is None else each.sums()[0]
        for finding, each in zip(findings, variations, strict=True)
    ]
    n_defined = sum(finding.value is not None for finding in findings)
    return Aurocs(tuple(findings), _combine(findings, sums), n_defined, tuple(sums))


def _combine(findings: Sequence[Estimate], sums: Sequence[Floats | None]) -> Estimate:
    """The mean of several AUROCs, or of several differences, over those that are defined."""
    terms = [finding for finding in findings if finding.value is not None]
    if not terms:
        return Estimate(None, why_null="no finding has both a positive and a negative image")
    values = [term.value for term in terms if term.value is not None]
    intervals = [(term.low, term.high) for term in terms if term.low is not None and term.high is not None]
    value = float(np.mean(values))
    if len(terms) == 1:
        return terms[0]
    if len(intervals) < len(terms):
        return Estimate(value, why_null=f"interval: {len(terms) - len(intervals)} of {len(terms)} findings without one")
    weights = np.full(len(terms), 1 / len(terms))
    correlation = correlate(np.stack([each for each in sums if each is not None]))
    return Estimate(
        value, *combine_intervals(values, intervals, weights=weights, correlation=correlation), method=COMBINED
    )
