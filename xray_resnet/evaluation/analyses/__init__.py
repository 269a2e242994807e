"""The analyses of an evaluation: each a pure function of the evidence, one file each, in one table."""

from collections.abc import Callable
from dataclasses import dataclass

from xray_resnet.errors import ConfigurationError
from xray_resnet.evaluation.analyses.audit import analyse_audit
from xray_resnet.evaluation.analyses.baseline import analyse_baseline
from xray_resnet.evaluation.analyses.calibration import analyse_calibration
from xray_resnet.evaluation.analyses.curves import analyse_curves
from xray_resnet.evaluation.analyses.data import analyse_data
from xray_resnet.evaluation.analyses.dose import analyse_dose
from xray_resnet.evaluation.analyses.examples import analyse_examples
from xray_resnet.evaluation.analyses.explanation import analyse_explanation
from xray_resnet.evaluation.analyses.external import analyse_external
from xray_resnet.evaluation.analyses.findings import analyse_findings
from xray_resnet.evaluation.analyses.ladder import analyse_ladder
from xray_resnet.evaluation.analyses.localisation import analyse_localisation
from xray_resnet.evaluation.analyses.model import analyse_model
from xray_resnet.evaluation.analyses.operating_points import analyse_operating_points
from xray_resnet.evaluation.analyses.scope import analyse_scope
from xray_resnet.evaluation.analyses.shift import analyse_shift
from xray_resnet.evaluation.analyses.shortcuts import analyse_shortcuts
from xray_resnet.evaluation.analyses.subgroups import analyse_subgroups
from xray_resnet.evaluation.analyses.triage import analyse_triage
from xray_resnet.evaluation.evidence import Evidence
from xray_resnet.evaluation.request import Request
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
    "triage": Analysis(analyse_triage, only_in_report=False),
    "scope": Analysis(analyse_scope, only_in_report=False),
    "shift": Analysis(analyse_shift, only_in_report=False),
    "shortcuts": Analysis(analyse_shortcuts, only_in_report=False),
    "subgroups": Analysis(analyse_subgroups, only_in_report=False),
    "examples": Analysis(analyse_examples),
    "localisation": Analysis(analyse_localisation),
    "explanation": Analysis(analyse_explanation, only_by_name=True),
    "ladder": Analysis(analyse_ladder, only_by_name=True),
    "dose": Analysis(analyse_dose, only_by_name=True),
    "audit": Analysis(analyse_audit, only_by_name=True),
    "data": Analysis(analyse_data, only_in_report=False),
    "model": Analysis(analyse_model, only_in_report=False),
}
"""Name → analysis, in the order of the page; the name is also that of its file and of its template beside it."""


def run_analyses(evidence: Evidence) -> dict[str, Result]:
    """The results of the analyses that are asked for, by name, in the order of the table."""
    return {name: analysis.analyse(evidence) for name, analysis in choose_analyses(evidence.asked).items()}


def choose_analyses(asked: Request) -> dict[str, Analysis]:
    """The analyses to run.

    Raises:
        ConfigurationError: if there is no analysis of a name, or both are named which to run and which not.
    """
    if asked.only and asked.skip:
        raise ConfigurationError("--only and --skip are both given, expected one: --only leaves out all others")
    for option, names in (("--only", asked.only), ("--skip", asked.skip)):
        for name in names:
            if name not in ANALYSES:
                raise ConfigurationError(f"{option} {name}: there is no such analysis; there are {', '.join(ANALYSES)}")
    if again := set(asked.also) & set(asked.skip):
        raise ConfigurationError(f"--{min(again)} and --skip {min(again)} are both given, expected one")
    return {name: analysis for name, analysis in ANALYSES.items() if _is_chosen(name, analysis, asked)}


def _is_chosen(name: str, analysis: Analysis, asked: Request) -> bool:
    if name in asked.skip:
        return False
    if asked.only or analysis.only_by_name:
        return asked.asks_for(name)
    return asked.report or not analysis.only_in_report
