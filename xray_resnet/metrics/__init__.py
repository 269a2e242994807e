"""Metrics as pure functions of labels and scores, with their intervals; no torch."""

from xray_resnet.metrics.ranking import (
    auroc,
    average_precision,
    macro_auroc,
    pr_curve,
    roc_curve,
    why_undefined,
)

__all__ = ["auroc", "average_precision", "macro_auroc", "pr_curve", "roc_curve", "why_undefined"]
