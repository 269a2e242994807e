"""What losses and the head's start know of the training labels."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

MAX_POSITIVE_WEIGHT = 10.0


@dataclass(frozen=True)
class LabelStatistics:
    """Numbers (F,) of the training labels, one a finding.

    Attributes:
        base_rates: Share of positives among the labels that are known, between 0 and 1.
        drawn_rates: The same among the labels that sampling draws; equal where it favours no class.
        positive_weights: Weight of a positive label in the cross-entropy.
    """

    base_rates: NDArray[np.float32]
    drawn_rates: NDArray[np.float32]
    positive_weights: NDArray[np.float32]

    @property
    def logit_shifts(self) -> NDArray[np.float32]:
        """(F,) by how much weights and sampling raise the logit that minimises the cross-entropy.

        A weight w multiplies the odds, as sampling does (Elkan 2001, theorem 2): ln w + logit(drawn) - logit(base).
        """
        drawn, base = compute_logits(self.drawn_rates), compute_logits(self.base_rates)
        return np.asarray(np.log(self.positive_weights) + drawn - base, np.float32)


def describe_labels(
    targets: NDArray[np.float32], *, weigh: bool = True, draws: NDArray[np.float64] | None = None
) -> LabelStatistics:
    """What the targets (N, F) of training say; NaN where unknown.

    Args:
        targets: In [0, 1].
        weigh: Whether positives weigh more where they are rare among what is drawn; else every label weighs 1.
        draws: (N,) how often each image is drawn; None: once.
    """
    weights = compute_positive_weights(targets, draws) if weigh else np.ones(targets.shape[1], np.float32)
    return LabelStatistics(compute_base_rates(targets), compute_base_rates(targets, draws), weights)


def compute_base_rates(targets: NDArray[np.float32], draws: NDArray[np.float64] | None = None) -> NDArray[np.float32]:
    """Share of positives of each finding among the known labels, by the rule of succession: (k + 1) / (n + 2).

    The rule keeps the rate of a finding without a positive or a negative label off 0 and 1.

    Args:
        targets: (N, F) in [0, 1]; NaN where unknown.
        draws: (N,) how often each image is drawn, 1 on average; None: once.

    Returns:
        (F,) above 0 and below 1.
    """
    positives, negatives = _count(targets, draws)
    return np.asarray((positives + 1) / (positives + negatives + 2), np.float32)


def compute_logits(rates: NDArray[np.float32]) -> NDArray[np.float32]:
    """ln(p / (1 - p)) of rates above 0 and below 1."""
    return np.asarray(np.log(rates) - np.log1p(-rates), np.float32)


def compute_positive_weights(
    targets: NDArray[np.float32], draws: NDArray[np.float64] | None = None
) -> NDArray[np.float32]:
    """√(negatives / positives) of each finding, between 1 / `MAX_POSITIVE_WEIGHT` and `MAX_POSITIVE_WEIGHT`.

    The square root is between no weighting and full balance, which over-weights rare findings.

    Args:
        targets: (N, F); NaN where unknown.
        draws: (N,) how often each image is drawn; None: once.

    Returns:
        (F,); 1 where a finding has no positive or no negative.
    """
    positives, negatives = _count(targets, draws)
    both = (positives > 0) & (negatives > 0)
    ratio = np.where(both, negatives, 1) / np.where(both, positives, 1)
    return np.sqrt(ratio).clip(1 / MAX_POSITIVE_WEIGHT, MAX_POSITIVE_WEIGHT).astype(np.float32)


def _count(targets: NDArray[np.float32], draws: NDArray[np.float64] | None) -> tuple[Any, Any]:
    """Positives and negatives (F,) among what is drawn."""
    times = 1.0 if draws is None else draws[:, None]
    return np.nansum(times * targets, axis=0), np.nansum(times * (1 - targets), axis=0)
