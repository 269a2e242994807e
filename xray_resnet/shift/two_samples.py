"""Two-sample tests without SciPy, which a prediction does not need otherwise."""

from math import exp, lgamma, log, sqrt

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
_TERMS = 100


def measure_gap(sample: Floats, reference: Floats, weights: Floats | None = None) -> float:
    """The greatest difference of the distribution functions of a sample (N,) and a reference (M,), 0 to 1.

    Args:
        sample: N values.
        reference: M values.
        weights: (M,) of the reference, not all 0; without it, all count alike.
    """
    order = np.argsort(reference)
    mass = np.ones(len(reference)) if weights is None else weights
    heights = np.concatenate([[0], np.cumsum(mass[order])]) / mass.sum()
    values = np.concatenate([sample, reference])
    below = np.searchsorted(np.sort(sample), values, side="right") / len(sample)
    return float(np.abs(below - heights[np.searchsorted(reference[order], values, side="right")]).max())


def kolmogorov_p_value(gap: float, *, sample: float, reference: float) -> float:
    """Probability of a gap at least as great by chance (Kolmogorov and Smirnov).

    The limit distribution at Stephens' argument (J R Stat Soc B 32 (1970) 115), which is good from a few films on.

    Args:
        gap: As `measure_gap` gives it.
        sample: Number of values.
        reference: Likewise; of weighted ones (Σw)² / Σw².
    """
    root = sqrt(sample * reference / (sample + reference))
    argument = (root + 0.12 + 0.11 / root) * gap
    if argument < 0.3:  # the series converges slowly there, and 1 is right to 9 digits
        return 1.0
    terms = (exp(-2 * (j * argument) ** 2) * (1 if j % 2 else -1) for j in range(1, _TERMS))
    return min(1.0, max(0.0, 2 * sum(terms)))


def fisher_p_value(hits: int, total: int, other_hits: int, other_total: int) -> float:
    """Fisher's exact test of two shares, two-sided: all tables at most as probable as the one that was seen."""
    met = hits + other_hits
    least, most = max(0, met - other_total), min(met, total)
    logs = np.array([_log_choose(total, k) + _log_choose(other_total, met - k) for k in range(least, most + 1)])
    chances = np.exp(logs - logs.max())
    return float(chances[logs <= logs[hits - least] + log(1 + 1e-7)].sum() / chances.sum())


def _log_choose(total: int, chosen: int) -> float:
    return lgamma(total + 1) - lgamma(chosen + 1) - lgamma(total - chosen + 1)
