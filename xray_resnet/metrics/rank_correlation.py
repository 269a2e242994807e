"""Spearman's rank correlation of two maps."""

import numpy as np
from numpy.typing import ArrayLike
from scipy.stats import rankdata


def correlate_ranks(first: ArrayLike, second: ArrayLike) -> float:
    """-1 to 1, ties by their mean rank; 0 if one of the two has the same value everywhere, and thus no order.

    Args:
        first: Of any shape.
        second: Of the same.
    """
    ranks = np.stack([rankdata(np.ravel(values)) for values in (first, second)])
    centred = ranks - ranks.mean(axis=1, keepdims=True)
    spread = np.sqrt((centred**2).sum(axis=1).prod())
    return float((centred[0] * centred[1]).sum() / spread) if spread else 0.0
