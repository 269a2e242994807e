"""Differences of two models' AUROC with intervals."""

import xray_resnet.torch_compat  # noqa: F401  before matplotlib, which writes into the home folder

# isort: split
from matplotlib import rc_context
from matplotlib.figure import Figure

from xray_resnet.evaluation.compare import Comparison
from xray_resnet.evaluation.plots import INK, MODEL, MUTED, RULE, STYLE, WIDTH, to_svg


def plot_differences(comparison: Comparison) -> str:
    """A row for each finding and the macro average: the second less the first; the dashed line is no difference."""
    rows = [(name.replace("_", " "), difference) for name, _, _, difference, _ in comparison.rows]
    with rc_context(STYLE):
        figure = Figure(figsize=(WIDTH, 0.8 + 0.34 * len(rows)), layout="constrained")
        axes = figure.subplots()
        for height, (_, difference) in enumerate(rows):
            if difference.value is None:
                axes.text(0, height, f"undefined: {difference.why_null}", va="center", color=MUTED, style="italic")
                continue
            colour = INK if height == len(rows) - 1 else MODEL
            if difference.low is not None and difference.high is not None:
                axes.plot([difference.low, difference.high], [height, height], color=colour, linewidth=2.2, alpha=0.55)
            axes.scatter([difference.value], [height], color=colour, s=34, zorder=4)
        axes.axvline(0, color=MUTED, linewidth=1, linestyle=(0, (4, 3)), zorder=0)
        axes.set_yticks(range(len(rows)), labels=[name for name, _ in rows], color=INK)
        axes.set_ylim(len(rows) - 0.4, -0.6)
        axes.grid(axis="x", color=RULE, linewidth=0.6)
        axes.set_axisbelow(True)
        axes.tick_params(length=0)
        axes.spines[:].set_visible(False)
        axes.set_xlabel("difference of AUROC, second less first")
        return to_svg(figure)
