"""The decision curve: net benefit against the probability from which on one acts, a panel for each finding."""

import xray_resnet.torch_compat  # noqa: F401  before matplotlib, which writes into the home folder

# isort: split
import numpy as np
from matplotlib.axes import Axes

from xray_resnet.evaluation.decisions import Decisions
from xray_resnet.evaluation.plots import INK, MARK, MODEL, MUTED, NEGATIVE, small_multiples
from xray_resnet.evaluation.ranking import Ranking

_HEADROOM = 1.12
_BELOW, _DEEPEST = -0.12, -1.0
"""Shares of the greatest benefit that are shown below 0: at least, and at most to show where the model does harm."""


def plot_decision_curves(decisions: Decisions, ranking: Ranking) -> str:
    """The model in colour with a dot at its operating point, acting on every film in grey, on none dashed."""

    def draw(axes: Axes, column: int) -> None:
        curve, acts_from = decisions.findings[column].curve, decisions.findings[column].acts_from
        if curve is None:
            axes.text(0.5, 0.5, "not calibrated", transform=axes.transAxes, ha="center", color=MUTED)
            axes.set_yticks([])
            return
        top = max(float(curve.model.max()), float(curve.everyone.max()), 1e-3)
        axes.axhline(0, color=MUTED, linewidth=1, linestyle=(0, (4, 3)))
        axes.plot(curve.thresholds, curve.everyone, color=NEGATIVE, linewidth=1.4)
        axes.plot(curve.thresholds, curve.model, color=MODEL, linewidth=1.8)
        if acts_from is not None:
            axes.scatter(
                [acts_from], [np.interp(acts_from, curve.thresholds, curve.model)], s=MARK, color=INK, zorder=4
            )
        deepest = float(np.clip(_HEADROOM * curve.model.min(), _DEEPEST * top, _BELOW * top))
        axes.set_ylim(deepest, _HEADROOM * top)

    return small_multiples(ranking, draw, x="threshold probability", y="net benefit", square=False)
