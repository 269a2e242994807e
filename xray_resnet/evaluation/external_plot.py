"""AUROC on the model's own held-out images beside that on other data, with intervals."""

import xray_resnet.torch_compat  # noqa: F401  before matplotlib, which writes into the home folder

# isort: split
from matplotlib import rc_context
from matplotlib.figure import Figure

from xray_resnet.evaluation.external import External
from xray_resnet.evaluation.plots import MODEL, MUTED, STYLE, WIDTH, draw_estimate, finish_rows, to_svg
from xray_resnet.pages.numbers import to_title

_APART = 0.16
"""Of both marks from the middle of their row, in rows."""


def plot_external(external: External) -> str:
    """A row for each finding: hollow in grey on the model's own images, filled in colour on the others."""
    with rc_context(STYLE):
        figure = Figure(figsize=(WIDTH, 0.9 + 0.4 * len(external.rows)), layout="constrained")
        axes = figure.subplots()
        for row, (own, here, _) in enumerate(external.rows):
            draw_estimate(axes, row - _APART, own.auroc, colour=MUTED, fill="white", at=0.505)
            draw_estimate(axes, row + _APART, here.auroc, colour=MODEL, at=0.505)
        finish_rows(axes, [to_title(own.name) for own, *_ in external.rows], neutral=0.5, x="AUROC")
        return to_svg(figure)
