"""Metrics as pure functions of labels and scores, with their intervals; no torch."""

from xray_resnet.metrics.aurocs import Aurocs, estimate_aurocs, estimate_paired_difference
from xray_resnet.metrics.bootstrap import Estimate
from xray_resnet.metrics.delong import DelongTest, delong_interval, delong_test
from xray_resnet.metrics.localisation import PointingGame, play_pointing_game
from xray_resnet.metrics.ranking import (
    auroc,
    average_precision,
    macro_auroc,
    pr_curve,
    roc_curve,
    why_undefined,
)

__all__ = [
    "Aurocs",
    "DelongTest",
    "Estimate",
    "PointingGame",
    "auroc",
    "average_precision",
    "delong_interval",
    "delong_test",
    "estimate_aurocs",
    "estimate_paired_difference",
    "macro_auroc",
    "play_pointing_game",
    "pr_curve",
    "roc_curve",
    "why_undefined",
]
