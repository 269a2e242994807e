"""Explanations: which maps depend on what was learnt, tell where the score comes from, and agree with occlusion."""

from functools import partial
from typing import TYPE_CHECKING

from xray_resnet.evaluation.evidence import Evidence
from xray_resnet.evaluation.methods import letter_methods
from xray_resnet.evaluation.result import Caveat, Concern, Plot, Rank, Result, Section
from xray_resnet.explain.methods import TITLES, Cam
from xray_resnet.metrics import Estimate
from xray_resnet.pages.numbers import format_share

if TYPE_CHECKING:
    from xray_resnet.evaluation.explanation.checks import Checks, MethodChecks


def analyse_explanation(evidence: Evidence) -> Result:
    """The checks of every map; if no image has a finding, that nothing can be checked."""
    from xray_resnet.evaluation.explanation.checks import check_maps  # loads MONAI, which other analyses need not

    checks = check_maps(evidence)
    if checks is None:
        why = "no image has a finding"
        text = f"The maps are not checked: {why}."
        return Result(
            figures={"explanation": {"why_null": why}},
            warnings=[Caveat(Rank.NOTE, "no_explanation", text, Concern.SAMPLE)],
        )
    from xray_resnet.evaluation.explanation.plot import plot_checks
    from xray_resnet.evaluation.explanation.sanity import KEPT

    shown = checks.methods[evidence.asked.cam]
    values = {
        "checks": checks,
        "titles": TITLES,
        "shown": evidence.asked.cam,
        "kept_from": KEPT,
        "mark": describe_mark(shown),
        "methods": letter_methods(_list_estimates(checks)),
    }
    return Result(
        figures={"explanation": checks.to_json()},
        plots={"checks": Plot(partial(plot_checks, checks), _describe(checks))},
        section=Section("Explanations", values),
        warnings=_warn(checks, evidence.asked.cam),
    )


def describe_mark(shown: "MethodChecks") -> str:
    """What is to be said beside every map of a method; empty if it passed."""
    kept = shown.sanity.kept
    if kept:
        return f"This map stays much the same whatever was learnt in: {', '.join(kept)}."
    return (
        "" if shown.sanity.verdict == "passed" else "These cases do not show that this map depends on what was learnt."
    )


def _warn(checks: "Checks", cam: Cam) -> list[Caveat]:
    """Of the method that the page shows."""
    title, shown, warnings = TITLES[cam], checks.methods[cam], []
    if mark := describe_mark(shown):
        sound = next((name for name, method in checks.methods.items() if method.sanity.verdict == "passed"), None)
        remedy = f"xray-eval --report --explanation --cam {sound}" if sound else ""
        text = f"{title}, shown over the examples: {mark}"
        warnings.append(Caveat(Rank.CAUTION, "map_fails_sanity", text, remedy=remedy))
    gain = shown.faithfulness.gains["deletion"]
    if not gain.is_above(0):
        text = f"By {title} the score is not shown to fall sooner than if cells of the image go at random."
        warnings.append(Caveat(Rank.CAUTION, "map_no_more_faithful_than_random", text))
    return warnings


def _list_estimates(checks: "Checks") -> list[Estimate]:
    return [
        estimate
        for method in checks.methods.values()
        for estimate in (
            method.sanity.steps[0].correlation,
            *method.faithfulness.gains.values(),
            method.agreement,
            *method.by_finding.values(),
        )
    ]


def _describe(checks: "Checks") -> str:
    figures = (
        f"{TITLES[name]} {method.sanity.verdict}, "
        + ", ".join(f"{way} {format_share(gain.value)}" for way, gain in method.faithfulness.gains.items())
        for name, method in checks.methods.items()
    )
    return f"Deletion and insertion curves, and rank correlation under random weights: {'; '.join(figures)}"
