"""Shortcuts: do facts that show no finding tell the labels, so that a model may have learned them instead?"""

from collections.abc import Sequence
from functools import partial

from xray_resnet.evaluation.evidence import Evidence
from xray_resnet.evaluation.forest_plot import Branch, plot_forest
from xray_resnet.evaluation.groups import describe_same
from xray_resnet.evaluation.methods import letter_methods, tell_interval
from xray_resnet.evaluation.result import Caveat, Concern, Plot, Rank, Result, Section, Tile, make_anchor
from xray_resnet.evaluation.shortcuts import (
    TELLS_FROM,
    FindingShortcuts,
    Shortcuts,
    describe_border,
    measure_shortcuts,
)
from xray_resnet.metrics import Estimate
from xray_resnet.pages.numbers import format_share, to_title

_NAMED = 3
"""Findings that a warning names."""
_LEARNED = "The model may have learned them."
_WHY = {
    "view": "films taken AP, often at the bedside, are mostly of sicker patients than films taken PA",
    "source": "hospitals and wards differ in whom they see",
    "scanner": "wards with a scanner of their own differ in whom they see",
    "age": "most findings are more frequent in the old",
    "sex": "some findings are more frequent in one sex",
}
"""Fact → why a clinician would expect it to go with findings."""
_ELSEWHERE = "Whoever knows them does better than guessing on these images without seeing a finding."


def analyse_shortcuts(evidence: Evidence) -> Result:
    """AUROC of facts alone, and of the model among images that are alike in them; warns if facts tell a label."""
    shortcuts = measure_shortcuts(evidence)
    known = [finding for finding in shortcuts.findings if finding.telling.together.low is not None]
    values = {
        "shortcuts": shortcuts,
        "methods": letter_methods(_list_estimates(shortcuts.findings)),
        "tells_from": TELLS_FROM,
        "border": describe_border(),
        "same": describe_same(shortcuts.same),
        "anchor": partial(make_anchor, "shortcuts"),
    }
    return Result(
        figures={"shortcuts": shortcuts.to_json()},
        plots={"facts": Plot(partial(_plot, known), _describe(known))} if known else {},
        tile=_make_tile(known),
        section=Section("Shortcuts", values),
        warnings=_warn(shortcuts, is_own_data=evidence.trained_on_this_dataset),
    )


def _list_estimates(findings: Sequence[FindingShortcuts]) -> list[Estimate]:
    return [
        each for finding in findings for each in (finding.telling.together, finding.model, finding.within, finding.lost)
    ]


def _make_tile(known: Sequence[FindingShortcuts]) -> Tile | None:
    """The finding that facts tell best; None if none could be judged."""
    if not known:
        return None
    best = max(known, key=lambda finding: finding.telling.together.value or 0.0)
    together = best.telling.together
    return Tile(
        "Facts alone",
        format_share(together.value),
        f"AUROC, {tell_interval(together)}; the highest of {len(known)}",
        to_title(best.name),
    )


def _plot(known: Sequence[FindingShortcuts]) -> str:
    rows = [Branch(to_title(finding.name), finding.telling.together, finding.is_told) for finding in known]
    return plot_forest({"Facts alone": rows}, neutral=0.5, x="AUROC")


def _describe(known: Sequence[FindingShortcuts]) -> str:
    figures = (f"{to_title(finding.name)} {format_share(finding.telling.together.value)}" for finding in known)
    return f"AUROC of facts alone: {', '.join(figures)}"


def _warn(shortcuts: Shortcuts, *, is_own_data: bool) -> list[Caveat]:
    told = sorted(
        (finding for finding in shortcuts.findings if finding.is_told),
        key=lambda finding: -(finding.telling.together.value or 0.0),
    )
    reaching = [finding for finding in told if finding.reaches_model]
    others = [finding for finding in told if not finding.reaches_model]
    so = _LEARNED if is_own_data else _ELSEWHERE
    return [
        *_warn_of(Rank.SERIOUS, "facts_reach_model", reaching, f"They rank as well as the model, or better. {so}"),
        *_warn_of(Rank.CAUTION, "facts_tell_labels", others, so),
        *_warn_of_loss([finding for finding in shortcuts.findings if finding.lost.is_above(0)]),
    ]


def _warn_of(rank: Rank, name: str, told: Sequence[FindingShortcuts], so: str) -> list[Caveat]:
    if not told:
        return []
    strongest = {fact for finding in told[:_NAMED] for fact in finding.telling.strongest}
    why = "".join(f" ({fact}: {reason})" for fact, reason in _WHY.items() if fact in strongest)
    text = f"Facts that show no finding tell {'; '.join(map(_write, told[:_NAMED]))}{_count_more(told)}{why}. {so}"
    return [Caveat(rank, name, text, Concern.LEAK, make_anchor("shortcuts", told[0].name))]


def _warn_of_loss(lost: Sequence[FindingShortcuts]) -> list[Caveat]:
    """Of findings that the model ranks worse among images that are alike."""
    if not lost:
        return []
    most = sorted(lost, key=lambda each: -(each.lost.value or 0.0))
    figures = [
        f"{to_title(each.name)} {format_share(each.within.value)} instead of {format_share(each.model.value)}, "
        f"among films matched in {' and '.join(each.telling.strongest)}"
        for each in most
    ]
    named = "; ".join(figures[:_NAMED]) + _count_more(lost)
    text = f"Part of the model's AUROC goes with facts that show no finding: {named}."
    return [Caveat(Rank.CAUTION, "model_gains_by_facts", text, Concern.LEAK, make_anchor("shortcuts", most[0].name))]


def _count_more(findings: Sequence[FindingShortcuts]) -> str:
    """How many are not named."""
    count = len(findings) - _NAMED
    return f"; and {count} more finding{'' if count == 1 else 's'}" if count > 0 else ""


def _write(finding: FindingShortcuts) -> str:
    """A finding with what tells it."""
    together, strongest = finding.telling.together, finding.telling.strongest
    by = f"; above all {' and '.join(strongest)}" if strongest else ""
    model = f"; the model {format_share(finding.model.value)}" if finding.model.value is not None else ""
    interval = f"{together.low:.2f} to {together.high:.2f}"
    return f"{to_title(finding.name)} with AUROC {together.value:.2f} ({interval}{by}{model})"
