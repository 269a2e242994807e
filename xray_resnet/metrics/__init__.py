"""Metrics as pure functions of labels and scores, with their intervals; no torch."""

from xray_resnet.holm import correct_p_values
from xray_resnet.metrics.aurocs import (
    Aurocs,
    estimate_aurocs,
    estimate_average_precision,
    estimate_paired_difference,
    estimate_partial_auroc,
)
from xray_resnet.metrics.bootstrap import Estimate
from xray_resnet.metrics.localisation import PointingGame, play_pointing_games
from xray_resnet.metrics.paired import PairedTest, paired_test
from xray_resnet.metrics.ranking import (
    auroc,
    average_precision,
    macro_auroc,
    pr_curve,
    roc_curve,
    why_undefined,
)
from xray_resnet.metrics.triage import make_triage

__all__ = [
    "Aurocs",
    "Estimate",
    "PairedTest",
    "PointingGame",
    "auroc",
    "average_precision",
    "correct_p_values",
    "estimate_aurocs",
    "estimate_average_precision",
    "estimate_paired_difference",
    "estimate_partial_auroc",
    "macro_auroc",
    "make_triage",
    "paired_test",
    "play_pointing_games",
    "pr_curve",
    "roc_curve",
    "why_undefined",
]
