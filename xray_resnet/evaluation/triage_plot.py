"""The triage of every finding as a bar: films ruled out, uncertain, ruled in."""

from collections.abc import Sequence

import xray_resnet.torch_compat  # noqa: F401  before matplotlib, which writes into the home folder

# isort: split
from matplotlib import rc_context
from matplotlib.figure import Figure

from xray_resnet.evaluation.plots import INK, NEGATIVE, POSITIVE, RULE, STYLE, WIDTH, to_svg
from xray_resnet.evaluation.promises import FindingTriage
from xray_resnet.pages.numbers import to_title

_LEAST_NAMED = 0.06
"""Share of the films below which a part of a bar is too short for its number."""


def plot_triage(findings: Sequence[FindingTriage]) -> str:
    """A bar of length 1 for each finding: ruled out on the left, ruled in on the right."""
    with rc_context(STYLE):
        figure = Figure(figsize=(WIDTH, 0.6 + 0.34 * len(findings)), layout="constrained")
        axes = figure.subplots()
        for height, finding in enumerate(findings):
            left = 0.0
            for share, colour in zip(list_shares(finding), (NEGATIVE, RULE, POSITIVE), strict=True):
                axes.barh(height, share, left=left, color=colour, height=0.7)
                if share >= _LEAST_NAMED:
                    axes.text(left + share / 2, height, f"{100 * share:.0f}", ha="center", va="center", color=INK)
                left += share
        axes.set_yticks(range(len(findings)), labels=[to_title(finding.name) for finding in findings], color=INK)
        axes.set_ylim(len(findings) - 0.5, -0.5)
        axes.set_xlim(0, 1)
        axes.set_xticks((0, 0.5, 1), labels=("0", "50", "100 % of the films"))
        axes.tick_params(length=0)
        axes.spines[:].set_visible(False)
        return to_svg(figure)


def list_shares(finding: FindingTriage) -> tuple[float, float, float]:
    """Ruled out, uncertain, ruled in; they add up to 1."""
    rule_in, rule_out = (side.figures.films.value or 0.0 for side in finding.sides)
    return rule_out, 1 - rule_in - rule_out, rule_in
