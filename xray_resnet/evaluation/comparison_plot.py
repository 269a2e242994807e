"""Differences of two models' AUROC with intervals."""

import xray_resnet.torch_compat  # noqa: F401  before matplotlib, which writes into the home folder

# isort: split
from matplotlib import rc_context
from matplotlib.figure import Figure

from xray_resnet.evaluation.compare import Comparison
from xray_resnet.evaluation.plots import INK, MODEL, STYLE, WIDTH, draw_estimate, finish_rows, to_svg
from xray_resnet.pages.numbers import to_title


def plot_differences(comparison: Comparison) -> str:
    """A row for each finding and the macro average: the second less the first; the dashed line is no difference."""
    rows = [(to_title(name), difference) for name, _, _, difference, _ in comparison.rows]
    with rc_context(STYLE):
        figure = Figure(figsize=(WIDTH, 0.8 + 0.34 * len(rows)), layout="constrained")
        axes = figure.subplots()
        for height, (_, difference) in enumerate(rows):
            draw_estimate(axes, height, difference, colour=INK if height == len(rows) - 1 else MODEL)
        finish_rows(axes, [name for name, _ in rows], neutral=0, x="difference of AUROC, second less first")
        return to_svg(figure)
