"""Binary cross-entropy over findings, weighted or not."""

import torch
from torch import Tensor, nn
from torch.nn.functional import binary_cross_entropy_with_logits

from xray_resnet.training.losses.masking import mean_of_known, without_gaps
from xray_resnet.training.losses.statistics import LabelStatistics


class CrossEntropyLoss(nn.Module):
    """Weighted cross-entropy whose minimum is at the base rate all the same.

    Positives of weight w move the best logit up by ln w, and a sampling that favours a class moves it too. The loss
    adds that shift to the network's logits before it weighs them, so that the network itself, its bias above all, is
    left with the logit of the true rate: what is validated, averaged and delivered needs no correction.

    Args:
        statistics: Of the training labels.
    """

    positive_weights: Tensor
    shifts: Tensor

    def __init__(self, statistics: LabelStatistics) -> None:
        super().__init__()
        self.register_buffer("positive_weights", torch.from_numpy(statistics.positive_weights))
        self.register_buffer("shifts", torch.from_numpy(statistics.logit_shifts))

    def forward(self, logits: Tensor, targets: Tensor) -> Tensor:
        """The loss of logits and targets (B, F), NaN where unknown."""
        return masked_bce_loss(logits.float() + self.shifts, targets, positive_weights=self.positive_weights)


def masked_bce_loss(logits: Tensor, targets: Tensor, *, positive_weights: Tensor | None = None) -> Tensor:
    """Mean binary cross-entropy over the labels that are known.

    Args:
        logits: (B, F).
        targets: (B, F) in [0, 1]; NaN where unknown.
        positive_weights: (F,) weight of the positive term.

    Returns:
        A scalar; 0, with a gradient of 0, where no label is known.
    """
    losses = binary_cross_entropy_with_logits(
        logits.float(), without_gaps(targets), pos_weight=positive_weights, reduction="none"
    )
    return mean_of_known(losses, targets)
