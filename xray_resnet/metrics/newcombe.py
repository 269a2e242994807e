"""Closed intervals for few patients: of one AUROC, of one proportion, and of sums and differences of them.

Resampling few patients repeats what they happen to show: with ten positives the percentile bootstrap of an AUROC of
0.97 covers 82 % where it says 95, and after perfect separation it has no width at all. The intervals here come from
the hypothesis, not from the estimate, so they keep their width there.
"""

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.stats import norm

CONFIDENCE = 0.95
Z = float(norm.ppf((1 + CONFIDENCE) / 2))
_EDGE = 1e-9
_HALVINGS = 32

Interval = tuple[float, float]


def newcombe_interval(
    aurocs: ArrayLike, positives: ArrayLike, negatives: ArrayLike, *, dispersion: ArrayLike = 1.0, z: ArrayLike = Z
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """95 % intervals of AUROCs: method 5 of Newcombe, Statistics in Medicine 25 (2006) 559.

    The ends are the areas θ from which the estimate is 1.96 standard errors away, (θ - auroc)² = z² V(θ), with the
    variance of Hanley and McNeil (Radiology 143 (1982) 29) in which both sample sizes are replaced by their mean.

    Args:
        aurocs: (K,) estimates, 0 to 1.
        positives: (K,) how many positives they come from, at least 1; one number for all alike.
        negatives: (K,) how many negatives, likewise.
        dispersion: (K,) how many times the variance is that of independent images; infinite if not known.
        z: (K,) standard errors to the ends, of another confidence.

    Returns:
        Lower and upper ends, (K,).
    """
    factor = np.asarray(z, np.float64) ** 2 * np.asarray(dispersion, np.float64)
    estimates, factor = np.broadcast_arrays(np.asarray(aurocs, np.float64), factor)
    counts = np.asarray(positives, np.float64), np.asarray(negatives, np.float64)
    direction = np.array([-1.0, 1.0]).reshape(-1, *[1] * estimates.ndim)

    def is_beyond(reach: NDArray[np.float64]) -> NDArray[np.bool_]:
        return np.asarray(reach**2 > factor * np.maximum(_variance(estimates + direction * reach, *counts), _EDGE**2))

    below, above = _bisect(is_beyond, np.stack([estimates, 1 - estimates]))
    return estimates - below, estimates + above


def _bisect(
    is_beyond: Callable[[NDArray[np.float64]], NDArray[np.bool_]], most: NDArray[np.float64]
) -> NDArray[np.float64]:
    """The reach, 0 to the most, at which being beyond begins; of one shape."""
    inside, outside = np.zeros_like(most), most
    for _ in range(_HALVINGS):
        middle = (inside + outside) / 2
        beyond = is_beyond(middle)
        inside, outside = np.where(beyond, inside, middle), np.where(beyond, middle, outside)
    return outside


def _variance(
    theta: NDArray[np.float64], positives: NDArray[np.float64], negatives: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Variance of the Mann-Whitney estimate of an area θ; both sizes in the bracket are their mean, less one."""
    size = (positives + negatives) / 2 - 1
    bracket = 1 + size * (1 - theta) / (2 - theta) + size * theta / (1 + theta)
    return np.asarray(theta * (1 - theta) * bracket / (positives * negatives))


def wilson_interval(share: float, count: float, *, z: float = Z) -> Interval:
    """95 % interval of a proportion (Wilson, Journal of the American Statistical Association 22 (1927) 209).

    Args:
        share: The estimate, 0 to 1.
        count: How many independent trials it comes from, at least 1.
        z: Standard errors to the ends, of another confidence.
    """
    centre = (share + z**2 / (2 * count)) / (1 + z**2 / count)
    reach = z * np.sqrt(share * (1 - share) / count + (z / (2 * count)) ** 2) / (1 + z**2 / count)
    return max(0.0, float(centre - reach)), min(1.0, float(centre + reach))


def combine_intervals(
    values: Sequence[float], intervals: Sequence[Interval], *, weights: ArrayLike, correlation: NDArray[np.float64]
) -> Interval:
    """Interval of a weighted sum from those of its terms (Zou and Donner, Statistics in Medicine 27 (2008) 1693).

    Args:
        values: (K,) estimates.
        intervals: (K,) their intervals.
        weights: (K,) of the sum; 1 and -1 make a difference, 1 / K each a mean.
        correlation: (K, K) of the estimates.
    """
    value, ends, weight = np.asarray(values), np.asarray(intervals), np.asarray(weights, np.float64)
    below, above = value - ends[:, 0], ends[:, 1] - value
    total = float(weight @ value)
    down = weight * np.where(weight >= 0, below, above)
    up = weight * np.where(weight >= 0, above, below)
    return total - _root(down @ correlation @ down), total + _root(up @ correlation @ up)


def divide_intervals(first: float, of_first: Interval, second: float, of_second: Interval) -> Interval:
    """Interval of a quotient of two independent estimates that are not negative, from theirs.

    MOVER-R: Donner and Zou, Statistical Methods in Medical Research 21 (2012) 347; Newcombe, ibid. 25 (2016) 1774. Its
    lower end is written with the root in the denominator, so that the second may be 0.

    Args:
        first: The dividend; not 0 together with `second`.
        of_first: Its interval.
        second: The divisor.
        of_second: Its interval.

    Returns:
        Both ends; the upper one is infinite if the interval of the divisor reaches 0.
    """
    low, high = of_first[0] * (2 * first - of_first[0]), of_first[1] * (2 * first - of_first[1])
    below, above = of_second[0] * (2 * second - of_second[0]), of_second[1] * (2 * second - of_second[1])
    square = (first * second) ** 2
    lower = low / (first * second + _root(square - low * above)) if low > 0 else 0.0
    upper = (first * second + _root(square - high * below)) / below if below > 0 else np.inf
    return float(lower), float(upper)


def correlate(samples: NDArray[np.float64]) -> NDArray[np.float64]:
    """Correlations (K, K) of K estimates over the resamples (K, R) in which all exist; 0 with one that never varies."""
    kept = samples[:, np.isfinite(samples).all(axis=0)]
    centred = kept - kept.mean(axis=1, keepdims=True) if kept.size else np.zeros((len(samples), 1))
    norms = np.linalg.norm(centred, axis=1, keepdims=True)
    units = np.divide(centred, norms, out=np.zeros_like(centred), where=norms > 0)
    correlation = units @ units.T
    np.fill_diagonal(correlation, 1.0)
    return np.asarray(correlation)


def _root(square: float) -> float:
    return float(np.sqrt(max(0.0, square)))
