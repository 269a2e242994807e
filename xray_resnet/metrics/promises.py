"""What a triage decides on some films, and what its promises came to there.

A promise is of a film drawn at random from a patient drawn at random, so that a film counts 1 / (films of its patient)
where a promise is measured. Shares of films count every film alike.
"""

from dataclasses import dataclass
from functools import partial
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from xray_resnet.metrics.bootstrap import RESAMPLES, Estimate, number_patients
from xray_resnet.metrics.ranking import Floats
from xray_resnet.metrics.shares import estimate_shares
from xray_resnet.triage import RULED_IN, RULED_OUT, SIDES, UNCERTAIN, Promise, Side, Triage

Bools = NDArray[np.bool_]
Verdict = Literal["kept", "open", "broken"]
CALLS: dict[Side, int] = {"in": RULED_IN, "out": RULED_OUT}
"""Side → what its films are called; that is right where it is their label."""


@dataclass(frozen=True)
class SideFigures:
    """One side of a triage on some films; without a threshold no film is called.

    Attributes:
        films: Share of the films that are called: ruled in, or ruled out.
        called: How many those are.
        errors: How many of them are called wrongly.
        value: What is promised.
        of_all: That value if all films were called, as without a network; None if an error rate is promised, or without
            a film.
    """

    films: Estimate
    called: int
    errors: int
    value: Estimate
    of_all: float | None


@dataclass(frozen=True)
class TriageFigures:
    """What a triage decides on some films.

    Attributes:
        rule_in: The films that it rules in.
        rule_out: The films that it rules out.
        uncertain: Share of the films that it leaves to the reader.
    """

    rule_in: SideFigures
    rule_out: SideFigures
    uncertain: Estimate


def measure_triage(
    triage: Triage,
    labels: ArrayLike,
    logits: ArrayLike,
    *,
    patients: ArrayLike,
    generator: np.random.Generator,
    resamples: int = RESAMPLES,
) -> TriageFigures:
    """Decides films and measures what was promised, with intervals that count patients.

    Args:
        triage: What decides.
        labels: (N,) of 1, 0 or NaN (left out).
        logits: (N,), finite where a label is.
        patients: (N,) identifiers.
        generator: Draws the resamples.
        resamples: How many.
    """
    known = ~np.isnan(np.asarray(labels, np.float64))
    truth, who = np.asarray(labels, np.float64)[known], number_patients(np.asarray(patients)[known])
    calls = triage(np.asarray(logits, np.float64)[known])
    estimate = partial(estimate_shares, patients=who, resamples=resamples)
    *films, uncertain = estimate(
        [calls == call for call in (RULED_IN, RULED_OUT, UNCERTAIN)],
        np.ones((3, len(calls)), bool),
        generator=generator,
        why_none=["no assessed image"] * 3,
    )
    promised = [_list_cases(triage.side(side).promise, truth, calls, side) for side in SIDES]
    hits, cases, reasons = zip(*promised, strict=True)
    weights = 1 / np.bincount(who)[who]
    values = estimate(hits, cases, generator=generator, why_none=reasons, weights=weights)
    rule_in, rule_out = (
        SideFigures(
            share,
            int((calls == CALLS[side]).sum()),
            int(((calls == CALLS[side]) & (truth != CALLS[side])).sum()),
            value,
            _value_of_all(triage.side(side).promise, truth == CALLS[side], weights),
        )
        for side, share, value in zip(SIDES, films, values, strict=True)
    )
    return TriageFigures(rule_in, rule_out, uncertain)


def judge(promise: Promise, value: Estimate) -> Verdict | None:
    """Whether the whole interval of a value keeps the limit of a promise, breaks it, or neither; None without one."""
    if value.low is None or value.high is None:
        return None
    best, worst = (value.high, value.low) if promise.measure == "predictive value" else (-value.low, -value.high)
    limit = promise.limit if promise.measure == "predictive value" else -promise.limit
    return "kept" if worst >= limit else "broken" if best < limit else "open"


def _list_cases(promise: Promise, truth: Floats, calls: NDArray[np.int8], side: Side) -> tuple[Bools, Bools, str]:
    """Which films count in the numerator and in the denominator of what is promised; why it may have none."""
    call = CALLS[side]
    if promise.measure == "predictive value":
        return truth == call, calls == call, f"no image ruled {side}"
    return calls == call, truth != call, f"no {'negative' if side == 'in' else 'positive'} image"


def _value_of_all(promise: Promise, right: Bools, weights: Floats) -> float | None:
    if promise.measure == "error rate" or not len(right):
        return None
    return float(np.average(right, weights=weights))
