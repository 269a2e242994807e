"""Losses of training, by name, what they know of the labels, and the head that starts at the labels' base rates.

Labels that are missing never contribute; focusing and margins are the papers' own.
"""

from collections.abc import Callable, Mapping

from torch import nn

from xray_resnet.methods import LossName
from xray_resnet.training.losses.asymmetric import AsymmetricLoss
from xray_resnet.training.losses.auc_margin import AucMarginLoss
from xray_resnet.training.losses.cross_entropy import CrossEntropyLoss, masked_bce_loss
from xray_resnet.training.losses.focal import FocalLoss
from xray_resnet.training.losses.head import start_at_base_rates
from xray_resnet.training.losses.statistics import LabelStatistics, compute_base_rates, describe_labels

LOSSES: Mapping[LossName, Callable[..., nn.Module]] = {
    "bce": CrossEntropyLoss,
    "focal": FocalLoss,
    "asymmetric": AsymmetricLoss,
    "auc_margin": AucMarginLoss,
}
"""Name → the loss, from `LabelStatistics` and its own numbers; it takes logits and targets (B, F), gives a scalar."""

__all__ = [
    "LOSSES",
    "LabelStatistics",
    "compute_base_rates",
    "describe_labels",
    "masked_bce_loss",
    "start_at_base_rates",
]
