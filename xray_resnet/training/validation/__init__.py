"""What validation decides, by the scores of an epoch: which is the best, and when no better one is to be expected."""

from xray_resnet.training.validation.monitor import LOSS, MACRO_AUROC, Monitor, choose_monitor
from xray_resnet.training.validation.scores import compute_scores
from xray_resnet.training.validation.stopping import StopEarly

__all__ = ["LOSS", "MACRO_AUROC", "Monitor", "StopEarly", "choose_monitor", "compute_scores"]
