"""AUC-margin loss: the area under the curve itself, as a min-max problem with variables of its own."""

import torch
from torch import Tensor, nn

from xray_resnet.training.losses.masking import mean_of_known, without_gaps
from xray_resnet.training.losses.statistics import LabelStatistics


class AucMarginLoss(nn.Module):
    """AUC margin loss of Yuan et al. 2021 (arXiv 2012.03173), for each finding, as the authors' library LibAUC has it.

    With the score h = sigmoid(logit), the base rate p and the margin m, over labels y,

        (1 - p)·(h - a)²·[y = 1] + p·(h - b)²·[y = 0]
        + 2α·(p·(1 - p)·m + p·h·[y = 0] - (1 - p)·h·[y = 1]) - p·(1 - p)·α²

    is minimised over the network, a and b, the mean scores of the positives and the negatives, and maximised over
    α ≥ 0. One optimiser does both: the gradient of α is reversed. a and b begin at the score with which a network with
    prior bias begins, p, and α at the margin, which are the values that are best there.

    Args:
        statistics: Of the training labels.
        margin: By how much scores of positives should exceed those of negatives.
    """

    rates: Tensor

    def __init__(self, statistics: LabelStatistics, *, margin: float) -> None:
        super().__init__()
        rates = torch.from_numpy(statistics.drawn_rates)
        self.register_buffer("rates", rates)
        self.margin = margin
        self.a = nn.Parameter(rates.clone())
        self.b = nn.Parameter(rates.clone())
        self.alpha = nn.Parameter(torch.full_like(rates, margin))

    def forward(self, logits: Tensor, targets: Tensor) -> Tensor:
        """The loss of logits and targets (B, F), NaN where unknown."""
        self.alpha.data.clamp_(min=0)
        scores, p, positive = logits.float().sigmoid(), self.rates, without_gaps(targets)
        negative = 1 - positive
        alpha = 2 * self.alpha.detach() - self.alpha  # its value, with the gradient reversed: descent ascends
        squares = (1 - p) * positive * (scores - self.a) ** 2 + p * negative * (scores - self.b) ** 2
        gap = p * (1 - p) * self.margin + p * negative * scores - (1 - p) * positive * scores
        return mean_of_known(squares + 2 * alpha * gap - p * (1 - p) * alpha**2, targets)
