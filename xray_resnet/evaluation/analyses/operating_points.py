"""Operating points: what decisions at frozen thresholds are worth, and the net benefit of acting on probabilities."""

from collections.abc import Sequence
from functools import partial

from xray_resnet.evaluation.analyses.calibration import CALIBRATE
from xray_resnet.evaluation.decision_plot import plot_decision_curves
from xray_resnet.evaluation.decisions import Decisions, FindingDecisions, measure_all_decisions
from xray_resnet.evaluation.evidence import Evidence
from xray_resnet.evaluation.methods import letter_methods
from xray_resnet.evaluation.result import Caveat, Concern, Plot, Rank, Result, Section
from xray_resnet.metrics import Estimate
from xray_resnet.pages.numbers import format_share, to_title

_SEEN = "The operating points were chosen on these very images: their figures flatter; see another split."
_NOT_CHOSEN = "No operating point is chosen, so no film is called positive or negative."


def analyse_operating_points(evidence: Evidence) -> Result:
    """Sensitivity, specificity and predictive values of every finding; warns of what flatters them."""
    decisions = measure_all_decisions(evidence)
    has_curves = any(finding.curve is not None for finding in decisions.findings)
    curves = {
        "decisions": Plot(partial(plot_decision_curves, decisions, evidence.ranking), _describe(decisions.findings))
    }
    values = {
        "decisions": decisions,
        "methods": letter_methods(_list_estimates(decisions.findings)),
        "is_told_where_used": bool(evidence.prevalences),
        "triaged": evidence.output.triage.list_deciding() if evidence.output.triage else [],
    }
    is_shown = decisions.basis is not None or has_curves
    return Result(
        figures={"operating_points": decisions.to_json()},
        plots=curves if has_curves else {},
        section=Section("Decisions", values) if is_shown else None,
        warnings=_warn(evidence, decisions),
    )


def _list_estimates(findings: Sequence[FindingDecisions]) -> list[Estimate]:
    return [
        estimate
        for finding in findings
        for figures in [finding.figures]
        if figures is not None
        for estimate in (figures.sensitivity, figures.specificity, figures.ppv, figures.npv, finding.ppv, finding.npv)
        if estimate is not None
    ]


def _describe(findings: Sequence[FindingDecisions]) -> str:
    figures = (
        f"{to_title(each.name)} {format_share(float(each.curve.model.max()))}" for each in findings if each.curve
    )
    return f"Decision curves; greatest net benefit: {', '.join(figures)}"


def _warn(evidence: Evidence, decisions: Decisions) -> list[Caveat]:
    if decisions.basis is None and evidence.amendment is None:
        return [Caveat(Rank.NOTE, "no_operating_points", _NOT_CHOSEN, Concern.CALIBRATION, remedy=CALIBRATE)]
    seen = Caveat(Rank.CAUTION, "points_chosen_on_these_images", _SEEN, Concern.CALIBRATION)
    missing = [f"{to_title(each.name)} ({each.why_null})" for each in decisions.findings if each.point is None]
    text = f"Without operating point, and so without a decision, unless by a triage: {', '.join(missing)}."
    warnings = [seen] if decisions.on_these_images else []
    return [*_warn_of_harm(decisions.findings), *warnings] + (
        [Caveat(Rank.NOTE, "points_missing", text, Concern.CALIBRATION)] if missing else []
    )


def _warn_of_harm(findings: Sequence[FindingDecisions]) -> list[Caveat]:
    """Of findings for which it is better to decide without the model, around the operating point."""
    harmed = [
        f"{to_title(each.name)} (acting from {each.harm[0]:.2f} to {each.harm[1]:.2f})"
        for each in findings
        if each.harm
    ]
    text = (
        "Around the operating point, deciding by the model does more harm than deciding alike for all films, or for "
        f"none (net benefit, its 95 % interval): {', '.join(harmed)}."
    )
    return [Caveat(Rank.SERIOUS, "decisions_harm", text, Concern.CALIBRATION)] if harmed else []
