"""The plot of the corruption ladder: AUROC against severity, a panel for each corruption."""

import xray_resnet.torch_compat  # noqa: F401  before matplotlib, which writes into the home folder

# isort: split
from matplotlib import rc_context
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from xray_resnet.data.ladder import SEVERITIES
from xray_resnet.evaluation.ladder import Climb, RungResult
from xray_resnet.evaluation.plots import MODEL, MUTED, POSITIVE, RULE, STYLE, WIDTH, to_svg
from xray_resnet.pages.numbers import to_title

_COLUMNS = 4


def plot_ladder(climb: Climb) -> str:
    """AUROC on every rung with the interval of its difference to the clean images, which the dashed line shows."""
    groups = [*climb.group()]
    rows = -(-len(groups) // _COLUMNS)
    with rc_context(STYLE):
        figure = Figure(figsize=(WIDTH, 1.9 * rows), layout="constrained")
        grid = figure.subplots(rows, _COLUMNS, squeeze=False, sharex=True, sharey=True)
        for axes in grid.flat[len(groups) :]:
            axes.set_visible(False)
        for axes, (corruption, results) in zip(grid.flat, groups, strict=False):
            axes.set_title(to_title(corruption.name) + (" *" if corruption.held_out else ""))
            colour = POSITIVE if corruption.held_out else MODEL
            _draw(axes, climb, results, colour)
        figure.supxlabel("severity", fontsize=9, color=MUTED)
        figure.supylabel("macro AUROC", fontsize=9, color=MUTED)
        return to_svg(figure)


def _draw(axes: Axes, climb: Climb, results: list[RungResult], colour: str) -> None:
    differences = [each.difference for each in results]
    lows = [climb.clean + (each.low if each.low is not None else each.value or 0.0) for each in differences]
    highs = [climb.clean + (each.high if each.high is not None else each.value or 0.0) for each in differences]
    axes.axhline(climb.clean, color=MUTED, linewidth=1, linestyle=(0, (4, 3)))
    axes.fill_between(SEVERITIES, lows, highs, color=colour, alpha=0.15, linewidth=0)
    axes.plot(SEVERITIES, [each.macro for each in results], color=colour, linewidth=1.8, marker="o", markersize=3)
    axes.set_xticks(SEVERITIES)
    axes.grid(axis="y", color=RULE, linewidth=0.6)
    axes.tick_params(length=2, labelsize=8)
