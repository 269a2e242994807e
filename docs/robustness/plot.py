"""The study in one picture: AUROC lost against severity, a panel for each corruption, both recipes in it."""

from pathlib import Path

import xray_resnet.torch_compat  # noqa: F401  before matplotlib, which writes into the home folder

# isort: split
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from docs.robustness.results import HURTS, Results
from xray_resnet.data.ladder import SEVERITIES, group_rungs
from xray_resnet.files import replacing
from xray_resnet.metrics.robustness import Trainings, lose

_COLUMNS = 4
_COLOURS = {"plain": "#b4532a", "ours": "#1f5f8b"}
_LEAST_SHOWN = 1e-4


def plot_study(results: Results, path: Path) -> None:
    """Draws the mean over the trainings as a line and every training as a dot, on a logarithmic scale."""
    groups = [*group_rungs()]
    rows = -(-len(groups) // _COLUMNS)
    figure = Figure(figsize=(9.6, 2.1 * rows), layout="constrained")
    grid = figure.subplots(rows, _COLUMNS, squeeze=False, sharex=True, sharey=True)
    for axes in grid.flat[len(groups) :]:
        axes.set_visible(False)
    for axes, (corruption, places) in zip(grid.flat, groups, strict=False):
        axes.set_title(corruption.name.replace("_", " ") + (" *" if corruption.held_out else ""), fontsize=9)
        _draw(axes, results.plain, places, "plain")
        _draw(axes, results.ours, places, "ours")
        axes.axhline(HURTS, color="#999", linewidth=0.7, linestyle=":")
    grid[0, 0].legend(frameon=False, fontsize=8)
    figure.supxlabel("severity (* no recipe trains on it)", fontsize=9)
    figure.supylabel("AUROC lost", fontsize=9)
    with replacing(path) as temporary:
        figure.savefig(temporary, dpi=110, format="png")


def _draw(axes: Axes, trainings: Trainings, places: tuple[int, ...], name: str) -> None:
    each = np.maximum(lose(trainings.aurocs)[:, list(places)], _LEAST_SHOWN)
    axes.semilogy(SEVERITIES, each.T, ".", color=_COLOURS[name], alpha=0.45, markersize=4)
    axes.semilogy(SEVERITIES, each.mean(axis=0), color=_COLOURS[name], linewidth=1.6, label=name)
    axes.set_xticks(SEVERITIES)
    axes.tick_params(labelsize=8)
