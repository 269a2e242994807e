"""Binary cross-entropy over findings, missing labels left out."""

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

MAX_POSITIVE_WEIGHT = 10.0


def masked_bce_loss(logits: Tensor, targets: Tensor, *, positive_weights: Tensor | None = None) -> Tensor:
    """Mean binary cross-entropy over the labels that are known.

    Args:
        logits: (B, F).
        targets: (B, F) in [0, 1]; NaN where unknown.
        positive_weights: (F,) weight of the positive term.

    Returns:
        A scalar; 0, with a gradient of 0, where no label is known.
    """
    known = ~torch.isnan(targets)
    losses = torch.nn.functional.binary_cross_entropy_with_logits(
        logits.float(), torch.where(known, targets, 0.0), pos_weight=positive_weights, reduction="none"
    )
    return torch.where(known, losses, 0.0).sum() / known.sum().clamp(min=1)


def compute_positive_weights(targets: NDArray[np.float32]) -> NDArray[np.float32]:
    """√(negatives / positives) of each finding, between 1 / `MAX_POSITIVE_WEIGHT` and `MAX_POSITIVE_WEIGHT`.

    The square root is between no weighting and full balance, which over-weights rare findings.

    Args:
        targets: (N, F); NaN where unknown.

    Returns:
        (F,); 1 where a finding has no positive or no negative.
    """
    positives, negatives = np.nansum(targets, axis=0), np.nansum(1 - targets, axis=0)
    both = (positives > 0) & (negatives > 0)
    ratio = np.where(both, negatives, 1) / np.where(both, positives, 1)
    return np.sqrt(ratio).clip(1 / MAX_POSITIVE_WEIGHT, MAX_POSITIVE_WEIGHT).astype(np.float32)
