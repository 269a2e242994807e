"""What validation decides: which epoch is the best, and when no better one is to be expected."""

from xray_resnet.training.validation.stopping import LOSS, MACRO_AUROC, Monitor, StopEarly, choose_monitor

__all__ = ["LOSS", "MACRO_AUROC", "Monitor", "StopEarly", "choose_monitor"]
