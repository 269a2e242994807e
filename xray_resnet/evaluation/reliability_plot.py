"""The reliability diagram: observed share against probability, before and after, a panel for each finding."""

import xray_resnet.torch_compat  # noqa: F401  before matplotlib, which writes into the home folder

# isort: split
from matplotlib.axes import Axes

from xray_resnet.evaluation.plots import MODEL, NEGATIVE, RULE, small_multiples
from xray_resnet.evaluation.ranking import Ranking
from xray_resnet.evaluation.reliability import Reliabilities, Reliability
from xray_resnet.metrics.calibration import ReliabilityBin


def plot_reliabilities(reliabilities: Reliabilities, ranking: Ranking) -> str:
    """Scores in grey, probabilities in colour with the intervals of their shares; perfect is the dashed diagonal."""

    def draw(axes: Axes, column: int) -> None:
        finding = reliabilities.findings[column]
        axes.plot([0, 1], [0, 1], color=RULE, linewidth=1, linestyle=(0, (4, 3)))
        _draw_curve(axes, finding.before, NEGATIVE, with_intervals=finding.after is None)
        if finding.after is not None:
            _draw_curve(axes, finding.after, MODEL, with_intervals=True)

    return small_multiples(ranking, draw, x="score or probability", y="observed share")


def _draw_curve(axes: Axes, reliability: Reliability, colour: str, *, with_intervals: bool) -> None:
    shown = [
        (point.probability, point.observed.value) for point in reliability.curve if point.observed.value is not None
    ]
    axes.plot(*zip(*shown, strict=True), color=colour, linewidth=1.4, marker="o", markersize=3)
    for point in reliability.curve if with_intervals else []:
        _draw_interval(axes, point, colour)


def _draw_interval(axes: Axes, point: ReliabilityBin, colour: str) -> None:
    low, high = point.observed.low, point.observed.high
    if low is not None and high is not None:
        axes.plot([point.probability] * 2, [low, high], color=colour, linewidth=1.6, alpha=0.45)
