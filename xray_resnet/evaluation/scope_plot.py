"""The plot of the scope: how far from the training films the images are, and where the scope ends."""

import numpy as np

import xray_resnet.torch_compat  # noqa: F401  before matplotlib, which writes into the home folder

# isort: split
from matplotlib import rc_context
from matplotlib.figure import Figure
from numpy.typing import NDArray

from xray_resnet.evaluation.plots import MODEL, POSITIVE, STYLE, WIDTH, to_svg

_BINS, _NARROWEST = 48, 1e-6


def plot_scope(distances: NDArray[np.float64], threshold: float) -> str:
    """A histogram of the distances, with an edge at the threshold; what lies beyond it has another colour."""
    least, most = min(distances.min(), threshold), max(distances.max(), threshold)
    width = max(most - least, _NARROWEST) / _BINS
    before, after = (int(np.ceil(reach / width)) for reach in (threshold - least, most - threshold))
    edges = (threshold + width * np.arange(-before, after + 1)).tolist()
    with rc_context(STYLE):
        figure = Figure(figsize=(WIDTH, 2.2), layout="constrained")
        axes = figure.subplots()
        for part, colour in ((distances <= threshold, MODEL), (distances > threshold, POSITIVE)):
            axes.hist(distances[part], bins=edges, color=colour)
        axes.axvline(threshold, color=POSITIVE, linewidth=1, linestyle=(0, (4, 3)))
        axes.set_xlabel("distance from the training films")
        axes.set_ylabel("images")
        axes.tick_params(length=2)
        return to_svg(figure)
