"""The report's plots as SVG: intervals of AUROC, ROC and precision-recall curves, scores by label."""

import io
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

import xray_resnet.torch_compat  # noqa: F401  before matplotlib, which writes into the home folder

# isort: split
from matplotlib import rc_context
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from xray_resnet.evaluation.predictions import Predictions
from xray_resnet.evaluation.ranking import Ranking
from xray_resnet.metrics import Estimate, pr_curve, roc_curve
from xray_resnet.pages.numbers import to_title

INK, MUTED, RULE = "#1c2730", "#68757f", "#d8dee3"
MODEL, POSITIVE, NEGATIVE, BASELINE = "#0f6e84", "#d1603d", "#8fa3ad", "#b08a2e"
STYLE: Any = {
    "font.family": "DejaVu Sans", "font.size": 9, "text.color": INK, "axes.labelcolor": MUTED,
    "axes.edgecolor": RULE, "xtick.color": MUTED, "ytick.color": MUTED, "axes.titlesize": 9,
    "axes.spines.top": False, "axes.spines.right": False, "axes.titlelocation": "left",
    "text.parse_math": False, "svg.hashsalt": "xray_resnet", "figure.facecolor": "none", "savefig.facecolor": "none",
}  # fmt: skip
WIDTH, _MOST_COLUMNS, _BINS = 9.6, 5, 24
_LARGEST_SIDE = 3.2
"""Of a panel, so that one or two findings do not fill the screen."""
MARK = 34
"""Size of the mark of an estimate."""
_TICKS, _TICK_LABELS = (0, 0.2, 0.4, 0.6, 0.8, 1), ("0", ".2", ".4", ".6", ".8", "1")

_NO_POINTS: Mapping[str, float] = {}

Panel = Callable[[Axes, int], None]


def plot_intervals(ranking: Ranking, *, baseline: Sequence[float | None] = ()) -> str:
    """AUROC of every finding and of the macro average with 95 % intervals.

    Args:
        ranking: The figures.
        baseline: AUROC of the thumbnails' baseline per finding, then of its macro average; drawn as diamonds.
    """
    rows = [(to_title(finding.name), finding.auroc) for finding in ranking.findings]
    rows.append(("macro average", ranking.macro))
    with rc_context(STYLE):
        figure = Figure(figsize=(WIDTH, 0.75 + 0.32 * len(rows)), layout="constrained")
        axes = figure.subplots()
        for height, (_, estimate) in enumerate(rows):
            colour = INK if height == len(rows) - 1 else MODEL
            draw_estimate(axes, height, estimate, colour=colour, at=0.505)
            if estimate.value is not None:
                value = f"{estimate.value:.3f}"
                axes.text(1.015, height, value, va="center", color=colour, weight="bold", clip_on=False)
        known = {height: value for height, value in enumerate(baseline) if value is not None}
        axes.scatter([*known.values()], [*known], marker="D", s=26, facecolors="none", edgecolors=BASELINE, zorder=3)
        reached = [estimate.value if estimate.low is None else estimate.low for _, estimate in rows]
        lowest = min([0.45, *known.values(), *(value for value in reached if value is not None)])
        axes.set_xlim(max(0.0, lowest - 0.03), 1.005)
        axes.axhline(len(rows) - 1.5, color=RULE, linewidth=1)
        finish_rows(axes, [name for name, _ in rows], neutral=0.5, x="AUROC")
        return to_svg(figure)


def plot_roc_curves(predictions: Predictions, ranking: Ranking, *, points: Mapping[str, float] = _NO_POINTS) -> str:
    """One ROC curve per finding, small multiples.

    Args:
        predictions: Labels and logits.
        ranking: The figures.
        points: Finding → logit of its operating point, which is drawn as a dot.
    """
    labels = predictions.labels

    def draw(axes: Axes, column: int) -> None:
        curve = roc_curve(labels[:, column], predictions.logits[:, column])
        axes.plot([0, 1], [0, 1], color=RULE, linewidth=1, linestyle=(0, (4, 3)))
        axes.plot(curve.x, curve.y, color=MODEL, linewidth=1.8)
        axes.fill_between(curve.x, curve.y, color=MODEL, alpha=0.08, linewidth=0)
        axes.text(0.97, 0.06, f"{ranking.findings[column].auroc.value:.3f}", ha="right", color=MODEL, weight="bold")
        if (logit := points.get(ranking.findings[column].name)) is not None:
            called = predictions.logits[:, column] >= logit
            false_rate, true_rate = (float(called[labels[:, column] == value].mean()) for value in (0, 1))
            axes.scatter([false_rate], [true_rate], s=MARK, color=INK, zorder=4)

    return small_multiples(ranking, draw, x="false positive rate", y="true positive rate")


def plot_pr_curves(predictions: Predictions, ranking: Ranking) -> str:
    """One precision-recall curve per finding; the dashed line is the prevalence, which chance reaches."""
    labels = predictions.labels

    def draw(axes: Axes, column: int) -> None:
        curve = pr_curve(labels[:, column], predictions.logits[:, column])
        finding = ranking.findings[column]
        axes.axhline(finding.prevalence or 0.0, color=MUTED, linewidth=1, linestyle=(0, (4, 3)))
        axes.step(curve.x[1:], curve.y[1:], where="pre", color=MODEL, linewidth=1.8)
        free = 0.06 if (finding.average_precision.value or 0.0) > 0.4 else 0.9
        axes.text(0.97, free, f"AP {finding.average_precision.value:.3f}", ha="right", color=MODEL, weight="bold")

    return small_multiples(ranking, draw, x="recall", y="precision")


def plot_scores(predictions: Predictions, ranking: Ranking) -> str:
    """Scores of the images with and without each finding, each group's bars adding up to one."""
    labels, scores = predictions.labels, predictions.scores
    edges = np.linspace(0, 1, _BINS + 1)

    def draw(axes: Axes, column: int) -> None:
        for value, colour in ((0, NEGATIVE), (1, POSITIVE)):
            group = scores[labels[:, column] == value, column]
            heights = np.histogram(group, edges)[0] / max(len(group), 1)
            axes.stairs(heights, edges, fill=True, color=colour, alpha=0.45)
            axes.stairs(heights, edges, color=colour, linewidth=1.2)
        axes.set_ylim(bottom=0)
        axes.set_yticks([])
        axes.spines["left"].set_visible(False)

    return small_multiples(ranking, draw, x="score", y="share of images", square=False)


def small_multiples(ranking: Ranking, draw: Panel, *, x: str, y: str, square: bool = True) -> str:
    """One panel per finding in a grid; a finding without both classes says why instead.

    Args:
        ranking: Has the findings.
        draw: Draws into the axes of the finding at a place.
        x: What the horizontal axes show, 0 to 1.
        y: What the vertical ones show.
        square: Whether these also reach from 0 to 1, in all panels alike.
    """
    count = len(ranking.findings)
    columns = min(_MOST_COLUMNS, count)
    rows = -(-count // columns)
    side = min(WIDTH / columns, _LARGEST_SIDE)
    with rc_context(STYLE):
        figure = Figure(figsize=(WIDTH, rows * side * (1.3 if square else 0.9)), layout="constrained")
        grid = figure.subplots(rows, columns, squeeze=False, sharex=True, sharey=square)
        for position, axes in enumerate(grid.flat):
            if position >= count:
                axes.set_visible(False)
                continue
            _draw_panel(axes, position, ranking, draw, square=square)
        if columns == 1:  # beside the panel, not at the edge of the page
            grid[0, 0].set(xlabel=x, ylabel=y)
        else:
            figure.supxlabel(x, fontsize=9, color=MUTED)
            figure.supylabel(y, fontsize=9, color=MUTED)
        return to_svg(figure)


def draw_estimate(axes: Axes, height: float, estimate: Estimate, *, colour: str, fill: str = "", at: float = 0) -> None:
    """An estimate with its interval in a row.

    Args:
        axes: Where.
        height: Of the row.
        estimate: If it is undefined, the reason is written.
        colour: Of interval and mark.
        fill: Of the mark; empty: the colour.
        at: Where a reason begins.
    """
    if estimate.value is None:
        axes.text(at, height, f"undefined: {estimate.why_null}", va="center", color=MUTED, style="italic")
        return
    if estimate.low is not None and estimate.high is not None:
        axes.plot([estimate.low, estimate.high], [height, height], color=colour, linewidth=2.2, alpha=0.55)
    axes.scatter([estimate.value], [height], facecolors=fill or colour, edgecolors=colour, s=MARK, zorder=4)


def finish_rows(axes: Axes, names: Sequence[str], *, neutral: float, x: str) -> None:
    """Names the rows 0, 1, … from top to bottom, and draws the line that says nothing.

    Args:
        axes: Have the estimates.
        names: One for each row.
        neutral: Where the line is.
        x: What the horizontal axis shows.
    """
    axes.axvline(neutral, color=MUTED, linewidth=1, linestyle=(0, (4, 3)), zorder=0)
    axes.set_yticks(range(len(names)), labels=names, color=INK)
    axes.set_ylim(len(names) - 0.4, -0.6)
    axes.grid(axis="x", color=RULE, linewidth=0.6)
    axes.set_axisbelow(True)
    axes.tick_params(length=0)
    axes.spines[:].set_visible(False)
    axes.set_xlabel(x)


def _draw_panel(axes: Axes, position: int, ranking: Ranking, draw: Panel, *, square: bool) -> None:
    finding = ranking.findings[position]
    axes.set_title(to_title(finding.name), color=INK)
    axes.set_xlim(-0.02, 1.02)
    axes.set_xticks(_TICKS, labels=_TICK_LABELS)
    if square:
        axes.set_ylim(-0.02, 1.02)
        axes.set_yticks(_TICKS, labels=_TICK_LABELS)
        axes.set_aspect("equal")
    axes.tick_params(length=2, labelsize=8)
    if finding.auroc.value is None:
        axes.text(0.5, 0.5, str(finding.auroc.why_null), transform=axes.transAxes, ha="center", color=MUTED)
        if not square:
            axes.set_yticks([])
    else:
        draw(axes, position)


def to_svg(figure: Figure) -> str:
    """The figure as SVG text, the same for the same data."""
    buffer = io.StringIO()
    figure.savefig(buffer, format="svg", metadata={"Date": None, "Creator": None})
    return buffer.getvalue()
