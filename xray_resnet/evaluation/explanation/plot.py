"""The plot of the checks: scores as cells go and come, and what random weights leave of the maps."""

from collections.abc import Callable, Mapping, Sequence

import xray_resnet.torch_compat  # noqa: F401  before matplotlib, which writes into the home folder

# isort: split
from matplotlib import rc_context
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from xray_resnet.evaluation.explanation.checks import Checks
from xray_resnet.evaluation.explanation.faithfulness import SHARES, Way
from xray_resnet.evaluation.explanation.sanity import KEPT
from xray_resnet.evaluation.plots import BASELINE, INK, MODEL, MUTED, NEGATIVE, POSITIVE, RULE, STYLE, WIDTH, to_svg
from xray_resnet.explain.methods import TITLES, Cam

_HEIGHT = 3.4
_LINES: Mapping[Cam, tuple[str, float, str]] = {
    "exact": (MODEL, 4.0, "-"),
    "gradcam": (POSITIVE, 2.4, "-"),
    "hirescam": (INK, 1.0, "-"),
    "gradcam++": (BASELINE, 2.4, "--"),
    "layercam": (NEGATIVE, 1.4, "--"),
    "eigencam": (MUTED, 1.4, ":"),
}
"""Method → colour, width and dashes: lines that are the same are all seen."""


def plot_checks(checks: Checks) -> str:
    """Mean score by the share of cells that went and that came, and rank correlation by random part, as SVG."""
    with rc_context(STYLE):
        figure = Figure(figsize=(WIDTH, _HEIGHT), layout="constrained")
        deletion, insertion, sanity = figure.subplots(1, 3, width_ratios=(1, 1, 1.5))
        _draw_curves(deletion, checks, "deletion")
        _draw_curves(insertion, checks, "insertion")
        _draw_sanity(sanity, checks)
        figure.legend(*deletion.get_legend_handles_labels(), loc="outside lower center", ncols=7, frameon=False)
        return to_svg(figure)


def _draw_curves(axes: Axes, checks: Checks, way: Way) -> None:
    axes.plot(SHARES, checks.random[way], color=RULE, linewidth=6, label="random order")
    _draw_lines(axes, SHARES, lambda method: checks.methods[method].faithfulness.curves[way].tolist())
    axes.set_title(way.capitalize())
    axes.set_xlabel("share of cells")
    axes.set_ylabel("mean score")


def _draw_sanity(axes: Axes, checks: Checks) -> None:
    parts = [step.part for step in checks.methods["exact"].sanity.steps]
    axes.axhline(KEPT, color=MUTED, linewidth=1, linestyle=(0, (4, 3)))
    _draw_lines(
        axes,
        range(len(parts)),
        lambda method: [step.correlation.value for step in checks.methods[method].sanity.steps],
    )
    axes.set_title("Random weights")
    axes.set_xticks(range(len(parts)), labels=parts, rotation=90)
    axes.set_ylim(top=1.05)
    axes.set_ylabel("rank correlation")


def _draw_lines(axes: Axes, x: Sequence[float], values: Callable[[Cam], Sequence[float | None]]) -> None:
    for method, (colour, width, dashes) in _LINES.items():
        known = [float("nan") if value is None else value for value in values(method)]
        axes.plot(x, known, color=colour, linewidth=width, linestyle=dashes, label=TITLES[method])
    axes.grid(axis="y", color=RULE, linewidth=0.6)
    axes.set_axisbelow(True)
    axes.tick_params(length=2, labelsize=7)
