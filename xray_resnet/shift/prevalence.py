"""The prevalence of a finding among unlabelled films, by what a network says of them."""

import numpy as np
from numpy.typing import NDArray

from xray_resnet.shift.reference import UNKNOWN

Floats = NDArray[np.float64]
_EXTREME = 0.001
"""Least and greatest prevalence, so that no film of the reference is left out."""


def estimate_prevalence(logits: Floats, reference: Floats, labels: Floats) -> float | None:
    """Black-box shift estimation for one finding (Lipton, Wang and Smola, ICML 2018).

    If films with the finding look alike in both places, and those without it, the share of positive answers is a
    mixture of the shares in both classes of the reference.

    Args:
        logits: (N,) of the unlabelled films.
        reference: (M,) of the reference.
        labels: (M,) 1, 0 or `UNKNOWN`.

    Returns:
        The share of films with the finding; None if the reference lacks a class or does not tell them apart.
    """
    with_it, without = reference[labels == 1], reference[labels == 0]
    if not (len(with_it) and len(without)):
        return None
    cuts = np.unique(reference)
    sensitivities, false_alarms = ((part[:, None] >= cuts).mean(axis=0) for part in (with_it, without))
    best = int(np.argmax(sensitivities - false_alarms))
    spread = float(sensitivities[best] - false_alarms[best])
    if spread <= 0:
        return None
    share = float((logits >= cuts[best]).mean() - false_alarms[best]) / spread
    return float(np.clip(share, _EXTREME, 1 - _EXTREME))


def weight_to(prevalence: float, labels: Floats) -> Floats:
    """(M,) weights of films that give them this prevalence; 0 for those without a label."""
    known = labels != UNKNOWN
    given = float((labels == 1).sum() / known.sum())
    weights = np.where(labels == 1, prevalence / given, (1 - prevalence) / (1 - given))
    return np.asarray(weights * known, np.float64)
