"""The corruption ladder: what bad films cost, rung by rung."""

from functools import partial
from typing import TYPE_CHECKING

from xray_resnet.evaluation.evidence import Evidence
from xray_resnet.evaluation.result import Caveat, Concern, Plot, Rank, Result, Section, Tile
from xray_resnet.pages.numbers import fill, format_share, to_title

if TYPE_CHECKING:
    from xray_resnet.evaluation.ladder import Climb, RungResult

MOST_LOST = 0.05
"""AUROC that a film of a mild severity, which a reader would still accept, may cost."""
_NAMED = 6
"""Rungs that the warning names."""


def analyse_ladder(evidence: Evidence) -> Result:
    """AUROC on each rung; if no AUROC exists, that nothing can be lost."""
    from xray_resnet.evaluation.ladder import climb_ladder  # loads what corrupts images, which other analyses need not

    climb = climb_ladder(evidence)
    if climb is None:
        why = "no finding has both a positive and a negative image among those that would be corrupted"
        text = f"Nothing is known of bad films: {why}."
        return Result(
            figures={"robustness": {"why_null": why}},
            warnings=[Caveat(Rank.NOTE, "no_ladder", text, Concern.SAMPLE)],
        )
    from xray_resnet.data.ladder import MILD, SEVERITIES
    from xray_resnet.evaluation.ladder_plot import plot_ladder

    is_sample = climb.images < len(evidence.rows)
    values = {
        "size": evidence.network.model_input.size,
        "climb": climb,
        "findings": evidence.findings,
        "is_sample": is_sample,
        "severities": SEVERITIES,
        "mild": MILD,
        "most_lost": MOST_LOST,
    }
    return Result(
        figures={"robustness": climb.to_json(evidence.findings)},
        plots={"ladder": Plot(partial(plot_ladder, climb), _describe(climb))},
        tile=_make_tile(climb),
        section=Section("Bad films", values),
        warnings=_warn([each for each in climb.rungs if each.rung.severity <= MILD]),
    )


def _make_tile(climb: "Climb") -> Tile:
    worst = max(climb.rungs, key=lambda each: each.lost)
    return Tile(
        "AUROC lost on bad films",
        format_share(worst.lost),
        f"{_name(worst)}, the worst of {len(climb.rungs)}{_tell_interval(worst)}; {climb.mean_loss():.3f} on average",
    )


def _tell_interval(result: "RungResult") -> str:
    """The interval of what is lost; below 0 nothing may be."""
    difference = result.difference
    if difference.low is None or difference.high is None:
        return ""
    return f" (95 % {fill('%.3f', -difference.high)} to {fill('%.3f', -difference.low)})"


def _describe(climb: "Climb") -> str:
    figures = (f"{_name(each)} {each.macro:.3f}" for each in climb.rungs)
    return f"Macro AUROC by corruption and severity; clean {climb.clean:.3f}, {', '.join(figures)}"


def _warn(mild: "list[RungResult]") -> list[Caveat]:
    """Of films that would still be read, are shown to cost something, and cost too much, the worst first."""
    fragile = sorted(
        (each for each in mild if each.lost > MOST_LOST and each.difference.is_below(0)), key=lambda each: -each.lost
    )
    named = ", ".join(f"{_name(each)} ({each.lost:.3f})" for each in fragile[:_NAMED])
    more = f" and {len(fragile) - _NAMED} more" if len(fragile) > _NAMED else ""
    text = f"Films that a reader would still accept cost more than {MOST_LOST} of AUROC: {named}{more}."
    return [Caveat(Rank.CAUTION, "fragile", text, Concern.TRANSFER)] if fragile else []


def _name(result: "RungResult") -> str:
    return f"{to_title(result.rung.corruption)} {result.rung.severity}"
