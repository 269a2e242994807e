"""AUROC of every finding and their macro average, with patient-clustered intervals, alone and as a difference."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from xray_resnet.metrics.bootstrap import RESAMPLES, Estimate, bootstrap, estimate, number_patients
from xray_resnet.metrics.ranking import Floats, RankedPairs, why_undefined


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
        each = [np.stack([finding.auroc(weights) for finding in findings]) for findings in pairs]
        return each[0] if len(each) == 1 else each[0] - each[1]

    width = int(units.max(initial=-1)) + 1
    point = values(np.ones((width, 1)))[:, 0]
    samples = bootstrap(values, width, generator=generator, resamples=resamples)
    return _summarise(point, samples, [why_undefined(column) for column in labels.T])


def _summarise(point: Floats, samples: Floats, reasons: list[str | None]) -> Aurocs:
    defined = np.isfinite(point)
    findings = tuple(
        estimate(float(value) if known else None, row, why_null=reason)
        for value, known, row, reason in zip(point, defined, samples, reasons, strict=True)
    )
    if not defined.any():
        macro = Estimate(None, why_null="no finding has both a positive and a negative image")
    else:
        macro = estimate(float(point[defined].mean()), _mean_of_defined(samples))
    return Aurocs(findings, macro, int(defined.sum()))


def _mean_of_defined(samples: Floats) -> Floats:
    """Mean over the findings (F, R) of each resample, leaving out the undefined; NaN where all are."""
    known = np.isfinite(samples)
    count = known.sum(axis=0)
    total = np.where(known, samples, 0.0).sum(axis=0)
    return np.asarray(np.divide(total, count, out=np.full(samples.shape[1], np.nan), where=count > 0))
