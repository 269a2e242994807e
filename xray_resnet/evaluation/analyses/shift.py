"""Shift: whether these images, without a look at their labels, differ from those that the model was validated on."""

from functools import partial
from typing import Any

from xray_resnet.evaluation.evidence import Evidence
from xray_resnet.evaluation.result import Caveat, Concern, Plot, Rank, Result, Section
from xray_resnet.evaluation.shift_plot import plot_shift
from xray_resnet.evaluation.shift_reference import draw_films, measure_films
from xray_resnet.findings import positions
from xray_resnet.pages.numbers import format_percent, to_title
from xray_resnet.shift import CAUSE_TEXTS, FEWEST_FILMS, Movement, Shift, find_shift

SCHEMA_VERSION = 1
"""Of its part of metrics.json."""
_NONE_MADE = "the model keeps nothing to hold films against; xray-eval --split val makes it"
_SAME = "these very images are what films are held against"


def analyse_shift(evidence: Evidence) -> Result:
    """What moved, as a batch of unlabelled films would show it; warns if something did."""
    found = _compare(evidence)
    if isinstance(found, str):
        return Result(figures={"shift": {"schema_version": SCHEMA_VERSION, "why_null": found}})
    return Result(
        figures={"shift": _to_json(found)},
        plots={"gaps": Plot(partial(plot_shift, found), _describe(found))},
        section=Section("Shift", {"shift": found, "cause": found.cause and CAUSE_TEXTS[found.cause]}),
        warnings=_warn(found),
    )


def _compare(evidence: Evidence) -> Shift | str:
    """The comparison, or why there is none."""
    scope, reference = evidence.output.scope, evidence.output.shift
    if scope is None or reference is None:
        return _NONE_MADE
    if evidence.is_basis(reference.basis):
        return _SAME
    places = positions(evidence.model["findings"], evidence.findings)
    films = measure_films(evidence, scope, draw_films(evidence))
    found = find_shift(reference.choose(places), films, evidence.findings)
    return found or f"{len(films)} patients, expected {FEWEST_FILMS} or more"


def _to_json(shift: Shift) -> dict[str, Any]:
    return {
        "schema_version": SCHEMA_VERSION,
        "films": shift.films,
        "cause": shift.cause,
        "prevalences": shift.prevalences,
        "movements": {each.name: _to_row(each) for each in shift.movements},
        "why_null": None,
    }


def _to_row(movement: Movement) -> dict[str, float | bool | None]:
    return {
        "gap": movement.gap,
        "here": movement.here,
        "there": movement.there,
        "p_value": movement.p_value,
        "moved": movement.is_beyond_chance,
    }


def _describe(shift: Shift) -> str:
    """The picture in words."""
    return f"Gap to the films of validation: {', '.join(f'{to_title(m.name)} {m.gap:.3f}' for m in shift.movements)}"


def _warn(shift: Shift) -> list[Caveat]:
    if shift.cause is None:
        return []
    moved = ", ".join(to_title(each.name) for each in shift.moved)
    shares = [f"{to_title(name)} {format_percent(share)}" for name, share in shift.prevalences.items()]
    estimated = f" Prevalence by the scores: {', '.join(shares)}." if shares and shift.cause == "prevalence" else ""
    text = f"The films differ from those of validation: {CAUSE_TEXTS[shift.cause]}. What moved: {moved}.{estimated}"
    return [Caveat(Rank.CAUTION, "shift", text, Concern.TRANSFER)]
