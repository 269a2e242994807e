"""The alarm: which numbers of a batch differ from the reference beyond chance, and what that looks like.

Each number has a two-sample test (Rabanser, Günnemann and Lipton, NeurIPS 2019). False alarms stay below 5 % over all
of them: half of that is for what the films look like, half for what the network says of them, each with Holm's
correction, so that many measures of the films do not drown a prevalence that moves.

What moved upstream also moves what lies downstream: a negative has other greys and other scores, while other patients
on the same scanner have other scores alone. So the cause is looked for from the top, and before greys and noise are
blamed, the reference is weighted to the prevalence that the scores speak of: sick lungs are denser, too.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from xray_resnet.holm import correct_p_values
from xray_resnet.shift.prevalence import estimate_prevalence, weight_to
from xray_resnet.shift.reference import DISTANCE, FILM_COLUMNS, SHARES, UNKNOWN, ShiftReference
from xray_resnet.shift.two_samples import fisher_p_value, kolmogorov_p_value, measure_gap

FEWEST_FILMS = 30
"""With fewer, only the grossest shifts would be seen."""
FALSE_ALARMS = 0.05

Floats = NDArray[np.float64]
Cause = Literal["inverted", "view", "region", "prevalence", "noise", "greys", "films"]
_CAUSE_OF: dict[str, Cause] = {
    "inverted": "inverted", "lateral": "view", "ap": "view", "elsewhere": "region",
    "noise": "noise", "grey": "greys", "contrast": "greys", DISTANCE: "films",
}  # fmt: skip
CAUSE_TEXTS: dict[Cause, str] = {
    "inverted": "another share of the films looks like a chest in negative; look at Photometric Interpretation",
    "view": "the views are others: more or fewer lateral or AP films",
    "region": "another share of the films shows no frontal chest, but another region or no body",
    "prevalence": "a finding is more or less frequent, with films otherwise alike; give xray-eval its --prevalence",
    "noise": "the films are noisier or smoother: another dose, detector or sharpening",
    "greys": "the films have other greys: another window, processing or scanner",
    "films": "the network sees other films: another archive, apparatus or population",
}
"""For each cause, what it means."""


@dataclass(frozen=True)
class Movement:
    """One number of the batch against the reference.

    Attributes:
        name: A column of a film, `distance`, or a finding whose scores these are.
        gap: Greatest difference of the distribution functions; of shares, the difference.
        here: Median, or share, in the batch; None if it is known of no film there or here.
        there: In the reference.
        p_value: Corrected for all numbers.
    """

    name: str
    gap: float
    here: float | None
    there: float | None
    p_value: float

    @property
    def is_beyond_chance(self) -> bool:
        """Whether it moved."""
        return self.p_value < FALSE_ALARMS


@dataclass(frozen=True)
class Shift:
    """What became of a batch.

    Attributes:
        films: How many were compared, one of each patient.
        movements: Every number, in the order of the columns.
        cause: What it looks like; None without an alarm.
        prevalences: Finding → estimated share of the films, of those whose scores moved.
    """

    films: int
    movements: tuple[Movement, ...]
    cause: Cause | None
    prevalences: dict[str, float]

    @property
    def moved(self) -> list[Movement]:
        """The numbers that moved beyond chance, the furthest first."""
        return sorted((each for each in self.movements if each.is_beyond_chance), key=lambda each: -each.gap)


def find_shift(reference: ShiftReference, films: Floats, findings: Sequence[str]) -> Shift | None:
    """Whether films differ from the reference, and in what; None if they are fewer than `FEWEST_FILMS`.

    Args:
        reference: Of the model.
        films: (N, 8 + F) as `join_columns` gives them, one of each patient.
        findings: The F findings of the model.
    """
    if len(films) < FEWEST_FILMS:
        return None
    names = (*FILM_COLUMNS, DISTANCE, *findings)
    movements = _compare(names, films, reference.films.array)
    moved = [each for each in movements if each.is_beyond_chance]
    prevalences = _estimate_prevalences(reference, films, [findings.index(m.name) for m in moved if m.name in findings])
    named = {findings[place]: share for place, share in prevalences.items()}
    return Shift(len(films), movements, _name_cause(reference, films, names, moved, prevalences), named)


def _compare(
    names: Sequence[str], films: Floats, reference: Floats, weights: Floats | None = None
) -> tuple[Movement, ...]:
    raw = [
        _compare_shares(films[:, k], reference[:, k]) if name in SHARES
        else _compare_values(films[:, k], reference[:, k], weights)
        for k, name in enumerate(names)
    ]  # fmt: skip
    corrected = _correct([p_value for *_, p_value in raw], looks=len(FILM_COLUMNS) + 1)
    return tuple(
        Movement(name, gap, here, there, 1.0 if p_value is None else p_value)
        for name, (gap, here, there, _), p_value in zip(names, raw, corrected, strict=True)
    )


def _correct(p_values: Sequence[float | None], *, looks: int) -> list[float | None]:
    """Holm's correction within the first `looks` and within the others, doubled because there are both."""
    families = (correct_p_values(p_values[:looks]), correct_p_values(p_values[looks:]))
    return [None if each is None else min(1.0, 2 * each) for family in families for each in family]


def _compare_shares(films: Floats, reference: Floats) -> tuple[float, float | None, float | None, float | None]:
    """Difference, share here, share there and p-value, of the films where it is known; no test where all are alike."""
    here, there = films[films != UNKNOWN], reference[reference != UNKNOWN]
    if not (len(here) and len(there)):
        return 0.0, None, None, None
    p_value = None
    if len({*here.tolist(), *there.tolist()}) > 1:
        p_value = fisher_p_value(int(here.sum()), len(here), int(there.sum()), len(there))
    return abs(float(here.mean() - there.mean())), float(here.mean()), float(there.mean()), p_value


def _compare_values(
    films: Floats, reference: Floats, weights: Floats | None
) -> tuple[float, float, float, float | None]:
    """Gap, median here, median there and p-value."""
    gap = measure_gap(films, reference, weights)
    size = len(reference) if weights is None else float(weights.sum() ** 2 / (weights**2).sum())
    p_value = kolmogorov_p_value(gap, sample=len(films), reference=size)
    return gap, float(np.median(films)), float(np.median(reference)), p_value


def _estimate_prevalences(reference: ShiftReference, films: Floats, findings: Sequence[int]) -> dict[int, float]:
    """Place of a finding → its share of the films, if it can be told."""
    first = len(FILM_COLUMNS) + 1
    found = {
        place: estimate_prevalence(
            films[:, first + place], reference.films.array[:, first + place], reference.labels.array[:, place]
        )
        for place in findings
    }
    return {place: share for place, share in found.items() if share is not None}


def _name_cause(
    reference: ShiftReference,
    films: Floats,
    names: Sequence[str],
    moved: Sequence[Movement],
    prevalences: dict[int, float],
) -> Cause | None:
    """What the movements look like, from what is upstream to what is downstream."""
    if not moved:
        return None
    for share in SHARES:
        if any(each.name == share for each in moved):
            return _CAUSE_OF[share]
    left = _leave_unexplained(reference, films, names, moved, prevalences)
    elsewhere = [each for each in left if each.name in _CAUSE_OF]
    if not elsewhere:
        return "prevalence"
    return _CAUSE_OF[max(elsewhere, key=lambda each: each.gap).name]


def _leave_unexplained(
    reference: ShiftReference,
    films: Floats,
    names: Sequence[str],
    moved: Sequence[Movement],
    prevalences: dict[int, float],
) -> list[Movement]:
    """What still moves against the reference at the prevalence of the finding whose scores moved furthest."""
    gaps = {each.name: each.gap for each in moved}
    first = len(FILM_COLUMNS) + 1
    if not prevalences:
        return [*moved]
    place = max(prevalences, key=lambda place: gaps[names[first + place]])
    weights = weight_to(prevalences[place], reference.labels.array[:, place])
    return [each for each in _compare(names, films, reference.films.array, weights) if each.is_beyond_chance]
