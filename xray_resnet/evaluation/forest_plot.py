"""A forest plot: estimates with their intervals in rows under headings, against a value that says nothing."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import xray_resnet.torch_compat  # noqa: F401  before matplotlib, which writes into the home folder

# isort: split
from matplotlib import rc_context
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from xray_resnet.evaluation.plots import INK, MODEL, MUTED, POSITIVE, RULE, STYLE, WIDTH, to_svg
from xray_resnet.metrics import Estimate

_ROW_INCHES, _EDGE_INCHES = 0.22, 0.7


@dataclass(frozen=True)
class Branch:
    """One row.

    Attributes:
        name: What it is of.
        estimate: With its interval.
        is_loud: Whether it stands out.
    """

    name: str
    estimate: Estimate
    is_loud: bool = False


def plot_forest(branches: Mapping[str, Sequence[Branch]], *, neutral: float, x: str) -> str:
    """The forest as SVG.

    Args:
        branches: Heading → its rows; each has a value and an interval.
        neutral: Where a line says that there is nothing.
        x: What the axis shows.
    """
    count = sum(len(rows) + 1 for rows in branches.values())
    with rc_context(STYLE):
        figure = Figure(figsize=(WIDTH, _EDGE_INCHES + _ROW_INCHES * count), layout="constrained")
        axes = figure.subplots()
        height, names = 0, {}
        for heading, rows in branches.items():
            names[height] = heading
            for row, branch in enumerate(rows, start=height + 1):
                names[row] = branch.name
                _draw(axes, row, branch)
            height += len(rows) + 1
        _finish(axes, names, {place for place, name in names.items() if name in branches}, neutral=neutral, x=x)
        return to_svg(figure)


def _draw(axes: Axes, height: int, branch: Branch) -> None:
    colour, estimate = POSITIVE if branch.is_loud else MODEL, branch.estimate
    if estimate.value is None or estimate.low is None or estimate.high is None:
        return
    axes.plot([estimate.low, estimate.high], [height, height], color=colour, linewidth=2, alpha=0.55)
    axes.scatter([estimate.value], [height], color=colour, s=22, zorder=4)


def _finish(axes: Axes, names: Mapping[int, str], headings: set[int], *, neutral: float, x: str) -> None:
    axes.axvline(neutral, color=MUTED, linewidth=1, linestyle=(0, (4, 3)), zorder=0)
    axes.set_yticks([*names], labels=[*names.values()], color=INK)
    for place, label in zip(names, axes.get_yticklabels(), strict=True):
        label.set_fontweight("bold" if place in headings else "normal")
    axes.set_ylim(len(names) - 0.4, -0.6)
    axes.grid(axis="x", color=RULE, linewidth=0.6)
    axes.set_axisbelow(True)
    axes.tick_params(length=0)
    axes.spines[:].set_visible(False)
    axes.set_xlabel(x)
