"""The plot of a dose plan: what each finding loses as the dose falls, a panel for each finding."""

from collections.abc import Mapping

import xray_resnet.torch_compat  # noqa: F401  before matplotlib, which writes into the home folder

# isort: split
from matplotlib import rc_context
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from xray_resnet.evaluation.plots import INK, MODEL, MUTED, NEGATIVE, POSITIVE, RULE, STYLE, WIDTH, to_svg
from xray_resnet.metrics.dose_limit import DoseLimit
from xray_resnet.metrics.noninferiority import Verdict
from xray_resnet.pages.numbers import to_title

_COLUMNS = 4
_COLOURS: Mapping[Verdict, str] = {"safe": MODEL, "cannot tell": NEGATIVE, "not safe": POSITIVE}
_TICKS = (1, 0.5, 0.2, 0.1, 0.05, 0.02, 0.01, 0.005, 0.002, 0.001)


def plot_dose(findings: Mapping[str, DoseLimit], margin: float) -> str:
    """Differences to full dose by dose, falling to the right, with the margin.

    Args:
        findings: Those with an AUROC.
        margin: AUROC that a dose may cost.
    """
    rows = -(-len(findings) // _COLUMNS)
    with rc_context(STYLE):
        figure = Figure(figsize=(WIDTH, 2.1 * rows), layout="constrained")
        grid = figure.subplots(rows, min(_COLUMNS, len(findings)), squeeze=False, sharex=True, sharey=True)
        for axes in grid.flat[len(findings) :]:
            axes.set_visible(False)
        for axes, (name, limit) in zip(grid.flat, findings.items(), strict=False):
            axes.set_title(to_title(name))
            axes.axhline(-margin, color=MUTED, linewidth=1, linestyle=(0, (4, 3)))
            _draw_steps(axes, limit)
            _draw_limit(axes, limit, margin)
            _finish(axes, limit)
        figure.supxlabel("dose, as a fraction of the films' own: less to the right", fontsize=9, color=MUTED)
        figure.supylabel("AUROC less that at dose 1", fontsize=9, color=MUTED)
        return to_svg(figure)


def _draw_steps(axes: Axes, limit: DoseLimit) -> None:
    axes.plot([1, *(step.dose for step in limit.steps)], [0, *(step.difference.value or 0.0 for step in limit.steps)],
              color=RULE, linewidth=1.2)  # fmt: skip
    for step in limit.steps:
        colour = _COLOURS[step.verdict]
        axes.plot(step.dose, step.difference.value or 0.0, color=colour, marker="o", markersize=3.5)
        if step.difference.low is not None and step.difference.high is not None:
            axes.vlines(step.dose, step.difference.low, step.difference.high, color=colour, linewidth=1.4)


def _draw_limit(axes: Axes, limit: DoseLimit, margin: float) -> None:
    """The limit with its interval, on the line of the margin; what lies below the lowest dose ends there."""
    crossing, lowest = limit.crossing, limit.steps[-1].dose
    if crossing is None or crossing.high is None:
        return
    axes.hlines(-margin, crossing.low or lowest, crossing.high, color=INK, linewidth=2)
    if crossing.value is not None:
        axes.plot(crossing.value, -margin, color=INK, marker="|", markersize=9)


def _finish(axes: Axes, limit: DoseLimit) -> None:
    lowest = limit.steps[-1].dose
    ticks = [tick for tick in _TICKS if tick >= lowest]
    axes.set_xscale("log")
    axes.set_xlim(1.1, lowest * 0.9)
    axes.set_xticks(ticks, labels=[f"{tick:g}" for tick in ticks])
    axes.minorticks_off()
    axes.grid(axis="y", color=RULE, linewidth=0.6)
    axes.tick_params(length=2, labelsize=8)
