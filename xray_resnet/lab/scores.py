"""AUROC of several versions of a network on the same images, with resamples of the patients that pair them."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.stats import t as student

from xray_resnet.metrics import Estimate
from xray_resnet.metrics.bootstrap import draw_weights, number_patients
from xray_resnet.metrics.newcombe import CONFIDENCE
from xray_resnet.metrics.ranking import Floats, RankedPairs, why_undefined

CHANCE = 0.5
LEARNED = 0.6
"""Macro AUROC below which networks have learned too little to say anything of trained ones."""
RESAMPLES = 1000
FEWEST = 3
"""Repetitions that an interval needs at least."""


def resample_aurocs(
    labels: NDArray[np.generic],
    versions: Sequence[NDArray[np.generic]],
    *,
    patients: ArrayLike,
    seed: int,
    resamples: int = RESAMPLES,
) -> tuple[Floats, Floats]:
    """Macro AUROC of each version, (V,), and in every resample of the patients, (V, R).

    The mean is over the findings that have positives and negatives; in a resample that lacks one of these it is NaN.

    Args:
        labels: (N, F) of 1, 0 or NaN.
        versions: V arrays of (N, F) scores.
        patients: (N,) identifiers; a patient is drawn with all their images.
        seed: Of the draws.
        resamples: R.
    """
    units = number_patients(patients)
    width = int(units.max()) + 1
    drawn = draw_weights(width, resamples, generator=np.random.default_rng(seed))
    weights = np.concatenate([np.ones((width, 1)), drawn], axis=1)
    values = np.stack([_average(labels, scores, units, weights) for scores in versions])
    return values[:, 0], values[:, 1:]


def _average(
    labels: NDArray[np.generic], scores: NDArray[np.generic], units: NDArray[np.intp], weights: Floats
) -> Floats:
    """Mean AUROC over the findings that have one, under each weighting."""
    known = [column for column in range(labels.shape[1]) if why_undefined(labels[:, column]) is None]
    pairs = [RankedPairs.of(labels[:, column], scores[:, column], units=units) for column in known]
    return np.asarray(np.mean([each.auroc(weights) for each in pairs] or np.nan, axis=0))


def unless_ignorant(estimated: Estimate, aurocs: ArrayLike) -> Estimate:
    """The estimate; without its interval if the networks that it is of have learned too little.

    Args:
        estimated: Of trained networks.
        aurocs: Their macro AUROCs.
    """
    mean = float(np.asarray(aurocs, np.float64).mean())
    if mean >= LEARNED:
        return estimated
    return Estimate(estimated.value, why_null=f"interval: macro AUROC {mean:.3f}, the networks have learned too little")


def estimate_mean(values: ArrayLike) -> Estimate:
    """The mean of independent repetitions with Student's interval; none for fewer than three.

    A bootstrap of so few would hardly reach beyond their range.
    """
    repetitions = np.asarray(values, np.float64)
    count, mean = len(repetitions), float(repetitions.mean())
    if count < FEWEST:
        return Estimate(mean, why_null=f"interval: {count} repetitions are too few")
    reach = float(student.ppf((1 + CONFIDENCE) / 2, count - 1) * repetitions.std(ddof=1) / np.sqrt(count))
    return Estimate(mean, mean - reach, mean + reach, method=f"Student's t over {count} repetitions")
