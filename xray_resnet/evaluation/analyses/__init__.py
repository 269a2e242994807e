"""The analyses of an evaluation: each a pure function of the evidence, one file each, in one table."""

from collections.abc import Callable
from dataclasses import dataclass

from xray_resnet.evaluation.analyses.baseline import analyse_baseline
from xray_resnet.evaluation.analyses.curves import analyse_curves
from xray_resnet.evaluation.analyses.data import analyse_data
from xray_resnet.evaluation.analyses.examples import analyse_examples
from xray_resnet.evaluation.analyses.findings import analyse_findings
from xray_resnet.evaluation.analyses.model import analyse_model
from xray_resnet.evaluation.analyses.pointing import analyse_pointing
from xray_resnet.evaluation.evidence import Evidence
from xray_resnet.evaluation.result import Result


@dataclass(frozen=True)
class Analysis:
    """An analysis in the table.

    Attributes:
        analyse: From the evidence to what was found; changes neither.
        only_in_report: Whether it is left out if no report is asked for, since it takes long or only shows.
    """

    analyse: Callable[[Evidence], Result]
    only_in_report: bool = True


ANALYSES = {
    "findings": Analysis(analyse_findings, only_in_report=False),
    "baseline": Analysis(analyse_baseline),
    "curves": Analysis(analyse_curves),
    "examples": Analysis(analyse_examples),
    "pointing": Analysis(analyse_pointing),
    "data": Analysis(analyse_data, only_in_report=False),
    "model": Analysis(analyse_model, only_in_report=False),
}
"""Name → analysis, in the order of the page; the name is also that of its file and of its template beside it."""


def run_analyses(evidence: Evidence, *, report: bool = True) -> dict[str, Result]:
    """The results by name, in the order of the table.

    Args:
        evidence: What was evaluated.
        report: Also run those that only a report shows.
    """
    chosen = {name: analysis for name, analysis in ANALYSES.items() if report or not analysis.only_in_report}
    return {name: analysis.analyse(evidence) for name, analysis in chosen.items()}
