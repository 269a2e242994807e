"""Triage: which films are ruled in and out, what is promised of them, and what that came to on these images."""

from functools import partial

from xray_resnet.evaluation.analyses.calibration import CALIBRATE
from xray_resnet.evaluation.evidence import Evidence
from xray_resnet.evaluation.methods import letter_methods
from xray_resnet.evaluation.promises import FindingTriage, Promised, TriageSide, measure_promises
from xray_resnet.evaluation.result import Caveat, Concern, Plot, Rank, Result, Section
from xray_resnet.evaluation.triage_plot import plot_triage
from xray_resnet.metrics import Estimate
from xray_resnet.pages.numbers import format_percent, to_title
from xray_resnet.triage import SIDES

_NONE_MADE = "There is no triage, so no film is ruled in or out."
_RETEST = "xray-eval --data OTHER --amend tests them on other patients"
_RATES = "--fpr and --fnr promise rates of errors, at any prevalence"
_SEEN = (
    "The promises of the triage were tested on these very images, which tell nothing new of them; see another split."
)
_CHOSE_EPOCH = (
    "The promises of the triage were tested on the validation split, which also chose the epoch of the network: they "
    "may fail more often than they say, at worst as many times as often as there were epochs to choose from. On "
    "patients that chose nothing they are exact."
)


def analyse_triage(evidence: Evidence) -> Result:
    """Shares of films ruled in and out, with what was promised of them; warns of what the promises do not cover."""
    promised = measure_promises(evidence)
    deciding = [finding for finding in promised.findings if finding.decides]
    plots = {"triage": Plot(partial(plot_triage, deciding), _describe(deciding))} if deciding else {}
    values = {
        "promised": promised,
        "methods": letter_methods(_list_estimates(promised)),
        "confidences": sorted({side.edge.promise.confidence for side in promised.sides}),
        "are_patients_alike": evidence.trained_on_this_dataset or evidence.is_basis(promised.basis),
    }
    return Result(
        figures={"triage": promised.to_json()},
        plots=plots,
        section=Section("Triage", values) if promised.basis else None,
        warnings=_warn(evidence, promised),
    )


def _list_estimates(promised: Promised) -> list[Estimate]:
    """Those that the page shows."""
    shown = [
        estimate for side in promised.sides if side.is_given for estimate in (side.figures.films, side.figures.value)
    ]
    return shown + [finding.uncertain for finding in promised.findings if finding.uncertain and finding.decides]


def _describe(deciding: list[FindingTriage]) -> str:
    figures = (
        f"{to_title(finding.name)} {', '.join(format_percent(side.figures.films.value) for side in finding.sides)}"
        for finding in deciding
    )
    return f"Shares of films ruled in and ruled out: {'; '.join(figures)}"


def _warn(evidence: Evidence, promised: Promised) -> list[Caveat]:
    if promised.basis is None:
        return (
            []
            if evidence.amendment is not None
            else [Caveat(Rank.NOTE, "no_triage", _NONE_MADE, Concern.CALIBRATION, remedy=CALIBRATE)]
        )
    given = [side for side in promised.sides if side.is_given]
    warnings = []
    if promised.chose_epoch and given:
        warnings.append(
            Caveat(Rank.CAUTION, "triage_basis_chose_epoch", _CHOSE_EPOCH, Concern.CALIBRATION, remedy=_RETEST)
        )
    if promised.on_these_images and given:
        warnings.append(Caveat(Rank.CAUTION, "triage_tested_on_these_images", _SEEN, Concern.CALIBRATION))
    return warnings + _warn_of_sides(given) + _warn_of_prevalence(evidence, given) + _warn_of_missing(promised)


def _warn_of_sides(given: list[TriageSide]) -> list[Caveat]:
    """Of promises that are broken here, and of those that say nothing of the network."""
    warnings = []
    if broken := [side for side in given if side.verdict == "broken"]:
        text = f"Promises of the triage are not met on these images: {'; '.join(map(_tell_broken, broken))}."
        warnings.append(Caveat(Rank.SERIOUS, "promise_broken", text, Concern.CALIBRATION))
    if idle := [side for side in given if side.is_idle]:
        text = f"Calling every film would keep these promises of the triage, too: {_name(idle)}."
        warnings.append(
            Caveat(Rank.CAUTION, "promise_is_idle", text, Concern.CALIBRATION, remedy=f"promise more, or: {_RATES}")
        )
    return warnings


def _warn_of_prevalence(evidence: Evidence, given: list[TriageSide]) -> list[Caveat]:
    """Of predictive values that are promised where findings have another frequency than where the model is used."""
    valued = {side.name for side in given if side.edge.promise.measure == "predictive value"}
    moved = [to_title(name) for name in evidence.prevalences if name in valued]
    text = "PPV and NPV of the triage are promised where findings are as frequent as in the images that tested them,"
    text += f" not at the stated prevalence: {', '.join(moved)}."
    return (
        [Caveat(Rank.NOTE, "promise_at_another_prevalence", text, Concern.CALIBRATION, remedy=_RATES)] if moved else []
    )


def _warn_of_missing(promised: Promised) -> list[Caveat]:
    """Of promises that cannot be given, with the patients that they need, and of findings that were not tried."""
    missing = {side: [each for each in promised.sides if each.side == side and not each.is_given] for side in SIDES}
    named = [f"ruled {side}: {_name_needed(sides)}" for side, sides in missing.items() if sides]
    warnings = (
        [Caveat(Rank.NOTE, "promise_not_given", f"No film can be {'; '.join(named)}.", Concern.CALIBRATION)]
        if named
        else []
    )
    if untried := [to_title(finding.name) for finding in promised.findings if not finding.sides]:
        text = f"Without a triage, for want of labels where it was made: {', '.join(untried)}."
        warnings.append(Caveat(Rank.NOTE, "triage_missing", text, Concern.CALIBRATION))
    return warnings


def _tell_broken(side: TriageSide) -> str:
    """A promise with what came of it, in films."""
    figures, name = side.figures, to_title(side.name)
    wrong = f"{figures.errors:,} of {figures.called:,} films ruled {side.side} for {name}"
    came = f"{wrong} did not have it" if side.side == "in" else f"{wrong} had it"
    return f"{came} ({_tell_value(side)} was promised)"


def _tell_value(side: TriageSide) -> str:
    """Such as `PPV 42.4 %; PPV ≥ 0.9`."""
    promised = side.edge.promise.abbreviate(side.side)
    return f"{promised.split()[0]} {format_percent(side.figures.value.value)}; {promised}"


def _name(sides: list[TriageSide]) -> str:
    return ", ".join(
        f"{to_title(each.name)} ruled {each.side} with {each.edge.promise.describe(each.side)}" for each in sides
    )


def _name_needed(sides: list[TriageSide]) -> str:
    return ", ".join(f"{to_title(each.name)} ({_count_needed(each)})" for each in sides)


def _count_needed(side: TriageSide) -> str:
    needed = side.edge.needed
    return "no number of such patients would do" if needed is None else f"about {needed:,} patients needed"
