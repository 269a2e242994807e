"""AUROC of every finding and their macro average, with patient-clustered intervals, alone and as a difference.

Below `FEW_PATIENTS` patients with a finding or without it, or after perfect separation, the bootstrap is too narrow.
There the interval is Newcombe's, which takes each patient for one image, and so is at worst too wide.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from xray_resnet.metrics.bootstrap import BOOTSTRAP, RESAMPLES, Estimate, bootstrap, estimate, number_patients
from xray_resnet.metrics.clustered import FEW_PATIENTS, FEWEST_PATIENTS, count_patients
from xray_resnet.metrics.newcombe import combine_intervals, correlate, newcombe_interval
from xray_resnet.metrics.ranking import Floats, RankedPairs, why_undefined

NEWCOMBE = "Newcombe's method 5, with patients for images"


@dataclass(frozen=True)
class Aurocs:
    """AUROC, or differences of AUROC, over the findings.

    Attributes:
        findings: One estimate per finding, in order.
        macro: Of the mean over the defined findings; a resample takes the mean over those defined in it.
        n_defined: How many findings the macro average is over.
    """

    findings: tuple[Estimate, ...]
    macro: Estimate
    n_defined: int


def estimate_aurocs(
    labels: NDArray[np.generic],
    scores: NDArray[np.generic],
    *,
    patients: ArrayLike,
    generator: np.random.Generator,
    resamples: int = RESAMPLES,
) -> Aurocs:
    """AUROC per finding and macro, with intervals.

    Args:
        labels: (N, F) of 1, 0 or NaN.
        scores: (N, F).
        patients: (N,) identifiers; a patient is drawn with all their images.
        generator: Draws the resamples.
        resamples: How many.
    """
    return _estimate(labels, [scores], patients, generator, resamples)


def estimate_paired_difference(
    labels: NDArray[np.generic],
    first: NDArray[np.generic],
    second: NDArray[np.generic],
    *,
    patients: ArrayLike,
    generator: np.random.Generator,
    resamples: int = RESAMPLES,
) -> Aurocs:
    """AUROC of the second scores minus AUROC of the first over the same images, with intervals.

    Both are computed in the same resamples, so what they share cancels.

    Args:
        labels: (N, F) of 1, 0 or NaN.
        first: Scores (N, F) that are subtracted.
        second: Scores (N, F).
        patients: (N,) identifiers; a patient is drawn with all their images.
        generator: Draws the resamples.
        resamples: How many.
    """
    return _estimate(labels, [second, first], patients, generator, resamples)


def _estimate(
    labels: NDArray[np.generic],
    scores: list[NDArray[np.generic]],
    patients: ArrayLike,
    generator: np.random.Generator,
    resamples: int,
) -> Aurocs:
    """Estimates for one set of scores, or for the first set minus the second."""
    units = number_patients(patients)
    pairs = [[RankedPairs.of(labels[:, f], s[:, f], units=units) for f in range(labels.shape[1])] for s in scores]

    def values(weights: Floats) -> Floats:
        return np.concatenate([np.stack([finding.auroc(weights) for finding in findings]) for findings in pairs])

    width = int(units.max(initial=-1)) + 1
    point = values(np.ones((width, 1)))[:, 0]
    samples = bootstrap(values, width, generator=generator, resamples=resamples)
    shape = (len(scores), labels.shape[1])
    counts = [count_patients(column, units) for column in labels.T]
    reasons = [why_undefined(column) for column in labels.T]
    findings = tuple(
        _estimate_finding(values, drawn, counts[f], reasons[f])
        for f, (values, drawn) in enumerate(
            zip(point.reshape(shape).T, samples.reshape(*shape, -1).swapaxes(0, 1), strict=True)
        )
    )
    return Aurocs(findings, _average(findings, _subtract(samples.reshape(*shape, -1))), len(_defined(findings)))


def _estimate_finding(values: Floats, samples: Floats, patients: tuple[int, int], reason: str | None) -> Estimate:
    """One AUROC, or the first of two minus the second.

    Args:
        values: (1,) or (2,) AUROC.
        samples: (1, R) or (2, R) of the resamples.
        patients: How many with the finding and without it.
        reason: Why the AUROC is undefined.
    """
    if reason is not None:
        return Estimate(None, excluded=samples.shape[1], why_null=reason)
    value = float(_subtract(values))
    if min(patients) < FEWEST_PATIENTS:
        return Estimate(value, why_null=f"interval: too few patients, {patients[0]} with and {patients[1]} without")
    if min(patients) >= FEW_PATIENTS and not np.isin(values, (0, 1)).any():
        return estimate(value, _subtract(samples))
    intervals = [newcombe_interval(float(auroc), *patients) for auroc in values]
    if len(values) == 1:
        return Estimate(value, *intervals[0], method=NEWCOMBE)
    ends = combine_intervals(values.tolist(), intervals, weights=(1, -1), correlation=correlate(samples))
    return Estimate(value, max(-1.0, ends[0]), min(1.0, ends[1]), method=NEWCOMBE)


def _average(findings: Sequence[Estimate], samples: Floats) -> Estimate:
    """The mean over the findings that are defined; its interval is made as theirs are.

    Args:
        findings: The F findings.
        samples: (F, R) of the resamples.
    """
    defined = _defined(findings)
    if not defined:
        return Estimate(None, why_null="no finding has both a positive and a negative image")
    terms = [*defined.values()]
    values = [term.value for term in terms if term.value is not None]
    intervals = [(term.low, term.high) for term in terms if term.low is not None and term.high is not None]
    value = float(np.mean(values))
    if len(intervals) < len(terms):
        return Estimate(value, why_null="interval: too few patients for that of a finding")
    if all(term.method == BOOTSTRAP for term in terms):
        return estimate(value, _mean_of_defined(samples))
    low, high = combine_intervals(
        values,
        intervals,
        weights=np.full(len(terms), 1 / len(terms)),
        correlation=correlate(samples[[*defined]]),
    )
    return Estimate(value, low, high, method=NEWCOMBE)


def _defined(findings: Sequence[Estimate]) -> dict[int, Estimate]:
    return {place: finding for place, finding in enumerate(findings) if finding.value is not None}


def _subtract(values: Floats) -> Floats:
    """The only one, or the first minus the second, along the first axis."""
    return values[0] if len(values) == 1 else np.asarray(values[0] - values[1])


def _mean_of_defined(samples: Floats) -> Floats:
    """Mean over the findings (F, R) of each resample, leaving out the undefined; NaN where all are."""
    known = np.isfinite(samples)
    count = known.sum(axis=0)
    total = np.where(known, samples, 0.0).sum(axis=0)
    return np.asarray(np.divide(total, count, out=np.full(samples.shape[1], np.nan), where=count > 0))
