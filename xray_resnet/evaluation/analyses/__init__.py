"""The analyses of an evaluation: each a pure function of the evidence, one file each, in one table."""

from collections.abc import Callable, Collection
from dataclasses import dataclass

from xray_resnet.evaluation.analyses.baseline import analyse_baseline
from xray_resnet.evaluation.analyses.calibration import analyse_calibration
from xray_resnet.evaluation.analyses.curves import analyse_curves
from xray_resnet.evaluation.analyses.data import analyse_data
from xray_resnet.evaluation.analyses.examples import analyse_examples
from xray_resnet.evaluation.analyses.external import analyse_external
from xray_resnet.evaluation.analyses.findings import analyse_findings
from xray_resnet.evaluation.analyses.ladder import analyse_ladder
from xray_resnet.evaluation.analyses.model import analyse_model
from xray_resnet.evaluation.analyses.operating_points import analyse_operating_points
from xray_resnet.evaluation.analyses.pointing import analyse_pointing
from xray_resnet.evaluation.evidence import Evidence
from xray_resnet.evaluation.result import Result


@dataclass(frozen=True)
class Analysis:
    """An analysis in the table.

    Attributes:
        analyse: From the evidence to what was found; changes neither.
        only_in_report: Whether it is left out if no report is asked for, since it takes long or only shows.
        only_by_name: Whether it is left out unless it is named, since it takes many times as long as all others.
    """

    analyse: Callable[[Evidence], Result]
    only_in_report: bool = True
    only_by_name: bool = False


ANALYSES = {
    "findings": Analysis(analyse_findings, only_in_report=False),
    "external": Analysis(analyse_external, only_in_report=False),
    "baseline": Analysis(analyse_baseline),
    "curves": Analysis(analyse_curves),
    "calibration": Analysis(analyse_calibration, only_in_report=False),
    "operating_points": Analysis(analyse_operating_points, only_in_report=False),
    "examples": Analysis(analyse_examples),
    "pointing": Analysis(analyse_pointing),
    "ladder": Analysis(analyse_ladder, only_by_name=True),
    "data": Analysis(analyse_data, only_in_report=False),
    "model": Analysis(analyse_model, only_in_report=False),
}
"""Name → analysis, in the order of the page; the name is also that of its file and of its template beside it."""


def run_analyses(evidence: Evidence, *, report: bool = True, also: Collection[str] = ()) -> dict[str, Result]:
    """The results by name, in the order of the table.

    Args:
        evidence: What was evaluated.
        report: Also run those that only a report shows.
        also: Names of those that run only by name.
    """
    chosen = {name: analysis for name, analysis in ANALYSES.items() if _is_wanted(name, analysis, report, also)}
    return {name: analysis.analyse(evidence) for name, analysis in chosen.items()}


def _is_wanted(name: str, analysis: Analysis, report: bool, also: Collection[str]) -> bool:
    if analysis.only_by_name:
        return name in also
    return report or not analysis.only_in_report
