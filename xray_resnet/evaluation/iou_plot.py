"""The plot of intersections over unions: how well what a map marks covers its finding, a panel for each finding."""

import xray_resnet.torch_compat  # noqa: F401  before matplotlib, which writes into the home folder

# isort: split
from collections.abc import Sequence

from matplotlib import rc_context
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from xray_resnet.evaluation.localisation import Localisation
from xray_resnet.evaluation.located import IOU
from xray_resnet.evaluation.plots import MODEL, MUTED, NEGATIVE, STYLE, WIDTH, to_svg
from xray_resnet.metrics.overlap import THRESHOLDS, Overlap
from xray_resnet.pages.numbers import to_title

_COLUMNS = 5


def plot_ious(localisation: Localisation) -> str:
    """The maps in colour at every threshold, the prior at its own in grey, the oracle dashed; of groups with cases."""
    overlaps = localisation.overlaps[IOU]
    rows = -(-len(localisation.ious) // _COLUMNS)
    with rc_context(STYLE):
        figure = Figure(figsize=(WIDTH, 1.9 * rows), layout="constrained")
        panels = figure.subplots(rows, _COLUMNS, squeeze=False, sharex=True, sharey=True).flat
        for axes in panels[len(localisation.ious) :]:
            axes.set_visible(False)
        for axes, (name, ious) in zip(panels, localisation.ious.items(), strict=False):
            axes.set_title(to_title(name))
            _draw(axes, ious, overlaps[name])
        figure.supxlabel("threshold, share of the map's greatest value", fontsize=9, color=MUTED)
        figure.supylabel("intersection over union", fontsize=9, color=MUTED)
        return to_svg(figure)


def _draw(axes: Axes, ious: Sequence[float], overlap: Overlap) -> None:
    for value, colour, style in ((overlap.baseline.value, NEGATIVE, "-"), (overlap.ceiling, MUTED, (0, (4, 3)))):
        if value is not None:
            axes.axhline(value, color=colour, linewidth=1.2, linestyle=style)
    axes.plot(THRESHOLDS, ious, color=MODEL, linewidth=1.8)
    axes.set_xlim(0, 1)
    axes.set_ylim(0, 1)
    axes.tick_params(length=2, labelsize=8)
