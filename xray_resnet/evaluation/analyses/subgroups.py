"""Subgroups: is any finding ranked worse in films of one view, sex, age, source or scanner than in the rest?"""

from collections.abc import Sequence
from functools import partial

from xray_resnet.evaluation.evidence import Evidence
from xray_resnet.evaluation.forest_plot import Branch, plot_forest
from xray_resnet.evaluation.groups import describe_same
from xray_resnet.evaluation.methods import letter_methods, tell_interval
from xray_resnet.evaluation.result import Caveat, Concern, Plot, Rank, Result, Section, make_anchor
from xray_resnet.evaluation.subgroups import GroupFinding, Subgroups, measure_subgroups
from xray_resnet.metrics import Estimate
from xray_resnet.metrics.contrasts import FEWEST_TO_COMPARE
from xray_resnet.pages.numbers import fill, to_title

_CHANCE = 0.5
_DRAWN = 40
"""Comparisons that the plot shows."""
_NAMED = 4
"""Groups that the warning names."""
_MOST_OPEN = 24
"""Rows of a table that is not folded."""


def analyse_subgroups(evidence: Evidence) -> Result:
    """AUROC of every group beside that of the rest; warns of groups where a finding is ranked worse."""
    subgroups = measure_subgroups(evidence)
    drawn = _choose_drawn(subgroups)
    estimates = [
        estimate
        for row in subgroups.rows
        for estimate in (row.contrast.inside, row.contrast.outside, row.contrast.difference)
    ]
    values = {
        "subgroups": subgroups,
        "methods": letter_methods(estimates),
        "most_drawn": _DRAWN,
        "fewest": FEWEST_TO_COMPARE,
        "same": describe_same(subgroups.same),
        "most_open": _MOST_OPEN,
        "anchor": partial(make_anchor, "subgroups"),
    }
    return Result(
        figures={"subgroups": subgroups.to_json()},
        plots={"forest": Plot(partial(_plot, drawn), _describe(drawn))} if drawn else {},
        section=Section("Subgroups", values),
        warnings=[*warn_of_worse(subgroups.rows), *warn_of_chance(subgroups.rows)],
    )


def _choose_drawn(subgroups: Subgroups) -> list[GroupFinding]:
    """The comparisons with the least p-values, in the order of the tables; of two groups the first."""
    mirrors = {(each.name, each.groups[1]) for each in subgroups.groupings if len(each.groups) == 2}
    compared = sorted(
        (row.contrast.p_value, place)
        for place, row in enumerate(subgroups.rows)
        if row.contrast.p_value is not None and (row.fact, row.group) not in mirrors
    )
    return [subgroups.rows[place] for place in sorted(place for _, place in compared[:_DRAWN])]


def _plot(rows: Sequence[GroupFinding]) -> str:
    branches: dict[str, list[Branch]] = {}
    for row in rows:
        name = f"{row.group} · {to_title(row.finding)}"
        branches.setdefault(to_title(row.fact), []).append(Branch(name, row.contrast.difference, row.is_significant))
    return plot_forest(branches, neutral=0.0, x="AUROC in the group − AUROC in the rest")


def _describe(rows: Sequence[GroupFinding]) -> str:
    return f"AUROC in groups less AUROC in the rest: {'; '.join(map(_write, rows))}"


def _write(row: GroupFinding) -> str:
    """A row in words, with its interval."""
    difference = row.contrast.difference
    if difference.value is None or difference.low is None or difference.high is None:
        return f"{to_title(row.finding)} in {row.fact} {row.group} not compared"
    value, low, high = (fill("%+.3f", number) for number in (difference.value, difference.low, difference.high))
    return f"{to_title(row.finding)} in {row.fact} {row.group} {value} ({low} to {high})"


def warn_of_worse(rows: Sequence[GroupFinding]) -> list[Caveat]:
    """If a finding is ranked worse in a group; films that two facts divide alike are named once."""
    divided_alike = {(row.finding, row.contrast): row for row in reversed(rows) if row.is_worse}
    worse = sorted(divided_alike.values(), key=lambda row: row.contrast.difference.value or 0.0)
    if not worse:
        return []
    named = "; ".join(map(_write, worse[:_NAMED]))
    more = f"; and {len(worse) - _NAMED} more" if len(worse) > _NAMED else ""
    text = f"AUROC is lower in some films than in the rest (corrected over all comparisons): {named}{more}."
    anchor = make_anchor("subgroups", worse[0].fact)
    return [Caveat(Rank.CAUTION, "worse_in_subgroups", text, Concern.TRANSFER, anchor)]


def warn_of_chance(rows: Sequence[GroupFinding]) -> list[Caveat]:
    """If a finding is not shown to be ranked better than by guessing in a group, though it is in the rest."""
    doubtful = [
        row for row in rows if _reaches_chance(row.contrast.inside) and not _reaches_chance(row.contrast.outside)
    ]
    if not doubtful:
        return []
    named = "; ".join(map(_write_inside, doubtful[:_NAMED]))
    more = f"; and {len(doubtful) - _NAMED} more" if len(doubtful) > _NAMED else ""
    text = f"In some groups the model is not shown to rank better than guessing: {named}{more}."
    anchor = make_anchor("subgroups", doubtful[0].fact)
    return [Caveat(Rank.CAUTION, "chance_in_subgroups", text, Concern.TRANSFER, anchor)]


def _reaches_chance(auroc: Estimate) -> bool:
    return auroc.low is not None and auroc.low <= _CHANCE


def _write_inside(row: GroupFinding) -> str:
    auroc = row.contrast.inside
    return f"{to_title(row.finding)} in {row.fact} {row.group}, AUROC {auroc.value:.3f} ({tell_interval(auroc)})"
