"""A forest plot: estimates with their intervals in rows under headings, against a value that says nothing."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import xray_resnet.torch_compat  # noqa: F401  before matplotlib, which writes into the home folder

# isort: split
from matplotlib import rc_context
from matplotlib.figure import Figure

from xray_resnet.evaluation.plots import MODEL, POSITIVE, STYLE, WIDTH, draw_estimate, finish_rows, to_svg
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
                colour = POSITIVE if branch.is_loud else MODEL
                draw_estimate(axes, row, branch.estimate, colour=colour, at=neutral)
            height += len(rows) + 1
        finish_rows(axes, [*names.values()], neutral=neutral, x=x)
        for name, label in zip(names.values(), axes.get_yticklabels(), strict=True):
            label.set_fontweight("bold" if name in branches else "normal")
        return to_svg(figure)
