"""AUROC on the model's own held-out images beside that on other data, with intervals."""

import xray_resnet.torch_compat  # noqa: F401  before matplotlib, which writes into the home folder

# isort: split
from matplotlib import rc_context
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from xray_resnet.evaluation.external import External
from xray_resnet.evaluation.plots import INK, MODEL, MUTED, RULE, STYLE, WIDTH, to_svg
from xray_resnet.metrics import Estimate

_APART = 0.16
"""Of both marks from the middle of their row, in rows."""


def plot_external(external: External) -> str:
    """A row for each finding: hollow in grey on the model's own images, filled in colour on the others."""
    with rc_context(STYLE):
        figure = Figure(figsize=(WIDTH, 0.9 + 0.4 * len(external.rows)), layout="constrained")
        axes = figure.subplots()
        for row, (own, here, _) in enumerate(external.rows):
            _draw(axes, row - _APART, own.auroc, colour=MUTED, fill="white")
            _draw(axes, row + _APART, here.auroc, colour=MODEL, fill=MODEL)
        axes.axvline(0.5, color=MUTED, linewidth=1, linestyle=(0, (4, 3)), zorder=0)
        axes.set_yticks(range(len(external.rows)), labels=[own.name.replace("_", " ") for own, *_ in external.rows])
        axes.tick_params(axis="y", length=0, labelcolor=INK)
        axes.set_ylim(len(external.rows) - 0.4, -0.6)
        axes.grid(axis="x", color=RULE, linewidth=0.6)
        axes.set_axisbelow(True)
        axes.spines[:].set_visible(False)
        axes.set_xlabel("AUROC")
        return to_svg(figure)


def _draw(axes: Axes, height: float, estimate: Estimate, *, colour: str, fill: str) -> None:
    if estimate.value is None:
        return
    if estimate.low is not None and estimate.high is not None:
        axes.plot([estimate.low, estimate.high], [height, height], color=colour, linewidth=2)
    axes.scatter([estimate.value], [height], s=30, facecolors=fill, edgecolors=colour, zorder=3)
