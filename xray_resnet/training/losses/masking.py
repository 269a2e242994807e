"""Leaving missing labels out."""

import torch
from torch import Tensor


def mean_of_known(losses: Tensor, targets: Tensor) -> Tensor:
    """Mean of the losses (B, F) where the target is known; 0, with a gradient of 0, if none is."""
    known = ~torch.isnan(targets)
    return torch.where(known, losses, 0.0).sum() / known.sum().clamp(min=1)


def without_gaps(targets: Tensor) -> Tensor:
    """Targets with 0 where they are unknown, so that a masked loss has no NaN in its gradient."""
    return torch.nan_to_num(targets, nan=0.0)
