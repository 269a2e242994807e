"""The plot of a shift: how far each number of the films lies from those of validation."""

import xray_resnet.torch_compat  # noqa: F401  before matplotlib, which writes into the home folder

# isort: split
from matplotlib import rc_context
from matplotlib.figure import Figure

from xray_resnet.evaluation.plots import NEGATIVE, POSITIVE, STYLE, WIDTH, finish_rows, to_svg
from xray_resnet.pages.numbers import to_title
from xray_resnet.shift import Shift


def plot_shift(shift: Shift) -> str:
    """A bar for the gap of each number that is known, 0 to 1; what moved beyond chance has another colour."""
    known = [each for each in shift.movements if each.here is not None]
    with rc_context(STYLE):
        figure = Figure(figsize=(WIDTH, 0.75 + 0.26 * len(known)), layout="constrained")
        axes = figure.subplots()
        colours = [POSITIVE if each.is_beyond_chance else NEGATIVE for each in known]
        axes.barh(range(len(known)), [each.gap for each in known], height=0.62, color=colours)
        finish_rows(axes, [to_title(each.name) for each in known], neutral=0, x="gap")
        axes.set_xlim(0, 1)
        return to_svg(figure)
