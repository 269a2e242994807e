"""Sections of `train`: the numbers of the losses that have some, and policies of single findings."""

from dataclasses import dataclass

from xray_resnet.bounds import bounded
from xray_resnet.findings import Policy


@dataclass
class FocalConfig:
    """Focal loss (Lin et al. 2017)."""

    gamma: float = bounded(2.0, least=0)
    """Focusing: how much less labels count that are answered well; 0: not less."""
    alpha: float = bounded(0.25, above=0, below=1)
    """Weight of positives; that of negatives is 1 - alpha."""


@dataclass
class AsymmetricConfig:
    """Asymmetric loss (Ridnik et al. 2021)."""

    gamma_positive: float = bounded(0.0, least=0)
    """Focusing of positives."""
    gamma_negative: float = bounded(4.0, least=0)
    """Focusing of negatives."""
    margin: float = bounded(0.05, least=0, below=1)
    """Probability up to which a negative costs nothing."""


@dataclass
class AucMarginConfig:
    """AUC margin loss (Yuan et al. 2021)."""

    margin: float = bounded(1.0, above=0)
    """By how much scores of positives should exceed those of negatives."""


@dataclass
class PolicyConfig:
    """What unclear labels of one finding count as; what is left out follows `train.uncertain`, `train.unmentioned`."""

    uncertain: Policy | None = None
    """What an uncertain label counts as."""
    unmentioned: Policy | None = None
    """What an unmentioned finding counts as."""
