"""Focal loss: labels that are answered well count less."""

from torch import Tensor, nn
from torch.nn.functional import logsigmoid

from xray_resnet.training.losses.masking import mean_of_known, without_gaps
from xray_resnet.training.losses.statistics import LabelStatistics


class FocalLoss(nn.Module):
    """Focal loss of Lin et al. 2017, equation 5: -α_t · (1 - p_t)^γ · ln p_t.

    Args:
        statistics: Of the training labels; not used, α balances the classes.
        gamma: Focusing; 0 is cross-entropy.
        alpha: Weight of positives, 1 - α that of negatives.
    """

    def __init__(self, statistics: LabelStatistics, *, gamma: float, alpha: float) -> None:
        super().__init__()
        self.gamma = gamma
        self.alpha = alpha

    def forward(self, logits: Tensor, targets: Tensor) -> Tensor:
        """The loss of logits and targets (B, F), NaN where unknown."""
        logits, filled = logits.float(), without_gaps(targets)
        positive = -self.alpha * (-logits).sigmoid() ** self.gamma * logsigmoid(logits)
        negative = -(1 - self.alpha) * logits.sigmoid() ** self.gamma * logsigmoid(-logits)
        return mean_of_known(filled * positive + (1 - filled) * negative, targets)
