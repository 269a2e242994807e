"""AUROC and average precision of every finding, with intervals."""

from collections.abc import Sequence
from functools import partial
from typing import Any

from xray_resnet.evaluation.evidence import Evidence
from xray_resnet.evaluation.methods import letter_methods, tell_interval
from xray_resnet.evaluation.plots import plot_intervals
from xray_resnet.evaluation.ranking import MAX_FPR, FindingRanking, Ranking
from xray_resnet.evaluation.result import Caveat, Concern, Plot, Rank, Result, Section, Tile
from xray_resnet.findings import LabelState
from xray_resnet.metrics.clustered import FEW_PATIENTS
from xray_resnet.pages.numbers import format_share, to_title

_CHANCE = 0.5


def analyse_findings(evidence: Evidence) -> Result:
    """Figures of every finding and their macro average; warns of those that say little."""
    ranking = evidence.ranking
    return Result(
        figures=ranking.to_json(),
        plots={"intervals": Plot(partial(plot_intervals, ranking), describe_aurocs("AUROC by finding", ranking))},
        tile=_make_tile(ranking),
        section=Section("Findings", _list_values(evidence)),
        warnings=[
            *_warn_of_undefined(ranking.findings),
            *_warn_of_few_patients(ranking.findings),
            *_warn_of_chance(ranking.findings),
        ],
    )


def _list_values(evidence: Evidence) -> dict[str, Any]:
    """What the page shows."""
    unmentioned = int((evidence.predictions.states == LabelState.UNMENTIONED).sum())
    return {
        "ranking": evidence.ranking,
        "methods": _letter_methods(evidence.ranking),
        "max_fpr": MAX_FPR,
        "unmentioned": unmentioned,
    }


def describe_aurocs(what: str, ranking: Ranking) -> str:
    """The AUROC of every finding in words, for those who do not see the plot."""
    figures = (
        f"{to_title(finding.name)} {'undefined' if finding.auroc.value is None else format_share(finding.auroc.value)}"
        for finding in ranking.findings
    )
    return f"{what}: {', '.join(figures)}"


def _letter_methods(ranking: Ranking) -> dict[str, str]:
    return letter_methods(
        estimate
        for finding in ranking.findings
        for estimate in (finding.auroc, finding.partial_auroc, finding.average_precision, ranking.macro)
    )


def _make_tile(ranking: Ranking) -> Tile:
    if len(ranking.findings) == 1:
        name = to_title(ranking.findings[0].name)
        return Tile("AUROC", format_share(ranking.macro.value), tell_interval(ranking.macro), name, is_main=True)
    detail = f"{ranking.n_defined} of {len(ranking.findings)} findings"
    return Tile("Macro AUROC", format_share(ranking.macro.value), tell_interval(ranking.macro), detail, is_main=True)


def _warn_of_undefined(findings: Sequence[FindingRanking]) -> list[Caveat]:
    undefined = [f"{to_title(f.name)} ({f.auroc.why_null})" for f in findings if f.auroc.value is None]
    text = f"AUROC is undefined, and left out of the macro average: {', '.join(undefined)}."
    return [Caveat(Rank.CAUTION, "undefined_findings", text, Concern.SAMPLE)] if undefined else []


def _warn_of_few_patients(findings: Sequence[FindingRanking]) -> list[Caveat]:
    few = [
        f"{to_title(finding.name)} ({finding.patients[0]} with, {finding.patients[1]} without)"
        for finding in findings
        if finding.auroc.value is not None and min(finding.patients) < FEW_PATIENTS
    ]
    text = f"Fewer than {FEW_PATIENTS} patients have a finding, or lack it, so its figures are rough: {', '.join(few)}."
    return [Caveat(Rank.CAUTION, "few_patients", text, Concern.SAMPLE)] if few else []


def _warn_of_chance(findings: Sequence[FindingRanking]) -> list[Caveat]:
    """Of findings whose interval reaches down to guessing."""
    doubtful = [to_title(f.name) for f in findings if f.auroc.low is not None and f.auroc.low <= _CHANCE]
    text = f"Not shown to rank better than guessing (the interval of AUROC reaches 0.5): {', '.join(doubtful)}."
    return [Caveat(Rank.CAUTION, "no_better_than_chance", text, Concern.SAMPLE)] if doubtful else []
