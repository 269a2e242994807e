"""Figures in the project's look, as SVG and PNG."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from xray_resnet.evaluation.plots import INK, MODEL, MUTED, NEGATIVE, POSITIVE, RULE, STYLE, to_svg

# isort: split
from matplotlib import rc_context
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from xray_resnet.files import replacing, write_text

COLOURS = (MODEL, POSITIVE, "#b08a2e", "#6a5b95", NEGATIVE, INK)
_SIZE = (6.4, 3.2)
_DPI = 120


def new_figure(panels: int = 1, **options: Any) -> tuple[Figure, Sequence[Axes]]:
    """A figure with panels side by side."""
    figure = Figure(figsize=(_SIZE[0] * (1 if panels == 1 else 1.5), _SIZE[1]), layout="constrained")
    axes = figure.subplots(1, panels, squeeze=False, **options)[0]
    for one in axes:
        one.grid(axis="y", color=RULE, linewidth=0.6)
        one.set_axisbelow(True)
        one.tick_params(length=2, labelsize=8)
    return figure, axes


def draw_lines(axes: Axes, lines: Mapping[str, tuple[Sequence[float], Sequence[float]]]) -> None:
    """Lines by name, each x and y, in colours of their own."""
    for colour, (name, (x, y)) in zip(COLOURS, lines.items(), strict=False):
        axes.plot(x, y, color=colour, linewidth=1.6, marker="o", markersize=3, label=name.replace("_", " "))
    if len(lines) > 1:
        axes.legend(frameon=False, fontsize=8)


def draw_curves(axes: Axes, curves: Mapping[str, Sequence[float]]) -> None:
    """What was kept of each epoch, by name."""
    draw_lines(axes, {name: (range(1, len(curve) + 1), curve) for name, curve in curves.items()})
    axes.set_xlabel("epoch")


def save_figure(draw: Callable[[Mapping[str, Any]], Figure], data: Mapping[str, Any], folder: Path) -> None:
    """`figure.svg` and `figure.png` of what was measured, each whole or not at all."""
    with rc_context(STYLE | {"text.parse_math": True}):
        figure = draw(data)
        write_text(folder / "figure.svg", to_svg(figure))
        with replacing(folder / "figure.png") as temporary:
            figure.savefig(temporary, dpi=_DPI, format="png", facecolor="white")


__all__ = [
    "COLOURS",
    "INK",
    "MODEL",
    "MUTED",
    "POSITIVE",
    "RULE",
    "Axes",
    "Figure",
    "draw_curves",
    "draw_lines",
    "new_figure",
]
