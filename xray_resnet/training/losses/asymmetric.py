"""Asymmetric loss: easy negatives count less than easy positives, and the easiest not at all."""

import torch
from torch import Tensor, nn
from torch.nn.functional import logsigmoid

from xray_resnet.training.losses.masking import mean_of_known, without_gaps
from xray_resnet.training.losses.statistics import LabelStatistics


class AsymmetricLoss(nn.Module):
    """Asymmetric loss of Ridnik et al. 2021 (arXiv 2009.14119).

    With p_m = max(p - m, 0): a positive costs -(1 - p)^γ₊ · ln p, a negative -p_m^γ₋ · ln(1 - p_m).

    Args:
        statistics: Of the training labels; not used.
        gamma_positive: Focusing of positives γ₊.
        gamma_negative: Focusing of negatives γ₋.
        margin: Probability m up to which a negative costs nothing.
    """

    def __init__(
        self, statistics: LabelStatistics, *, gamma_positive: float, gamma_negative: float, margin: float
    ) -> None:
        super().__init__()
        self.gamma_positive = gamma_positive
        self.gamma_negative = gamma_negative
        self.margin = margin

    def forward(self, logits: Tensor, targets: Tensor) -> Tensor:
        """The loss of logits and targets (B, F), NaN where unknown."""
        logits, filled = logits.float(), without_gaps(targets)
        positive = -((-logits).sigmoid() ** self.gamma_positive) * logsigmoid(logits)
        shifted = (logits.sigmoid() - self.margin).clamp(min=0)
        # Without a margin, ln(1 - p) of a p that rounds to 1 would have no value.
        negative = -(shifted**self.gamma_negative) * torch.log1p(-shifted.clamp(max=1 - 1e-7))
        return mean_of_known(filled * positive + (1 - filled) * negative, targets)
