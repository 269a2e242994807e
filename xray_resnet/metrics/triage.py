"""Finding a triage whose promises hold: films that are ruled in, films that are ruled out, and those in between.

At or above the upper threshold a film is ruled in, below the lower one it is ruled out. What is promised of either, a
predictive value or a rate of errors, holds with its confidence over the draw of the patients on whom the thresholds
were found, for patients like them (`risk_control` gives the tests and why they are valid):

    P(PPV(upper) ≥ limit) ≥ confidence, with PPV(t) = P(finding | logit ≥ t) of a film drawn at random from a patient
    drawn at random,

and likewise NPV(t) = P(no finding | logit < t), the share of negatives ruled in P(logit ≥ t | no finding) and that of
positives ruled out P(logit < t | finding). A patient with many films counts no more than one with a single film. Each
side keeps its own confidence; that both of k findings hold at once has 1 - 2k(1 - confidence). Nothing is promised for
other patients: a predictive value sinks with the prevalence, a rate of errors does not.
"""

from dataclasses import replace
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from xray_resnet.metrics.ranking import Floats, checked
from xray_resnet.metrics.risk_control import Walk, draw_films
from xray_resnet.triage import Edge, Promise, Side, Triage

STARTING = 0.02
"""Share of the patients above the start of the walk for a predictive value, where that is more than has to be."""


def make_triage(
    labels: ArrayLike,
    logits: ArrayLike,
    *,
    patients: ArrayLike,
    rule_in: Promise,
    rule_out: Promise,
    generator: np.random.Generator,
) -> Triage:
    """The thresholds of one finding that decide as many films as their promises allow.

    One film of each patient, drawn at random, tests both. The walk for a predictive value starts below the fewest films
    that can show it (⌈log δ / log limit⌉, all of them right) or below 2 % of the patients, whichever is more.

    Args:
        labels: (N,) of 1, 0 or NaN (not assessed, left out).
        logits: (N,), finite where a label is.
        patients: (N,) identifiers.
        rule_in: What to promise of films at or above the upper threshold.
        rule_out: What to promise of films below the lower threshold.
        generator: Draws films and patients; the thresholds depend on it a little.

    Raises:
        ValueError: if a label is something else or an assessed film has no finite logit.
    """
    truth, logit = checked(labels, logits)
    assessed = np.flatnonzero(~np.isnan(truth))
    drawn = assessed[draw_films(np.asarray(patients)[assessed], generator=generator)]
    upper = _walk(truth[drawn], logit[drawn], rule_in, side="in")
    # Ruling out is ruling in that there is no finding, by the negative logit.
    lower = _walk(1 - truth[drawn], -logit[drawn], rule_out, side="out")
    threshold = None if lower.edge.logit is None else _mirror(lower.edge.logit)
    return _part(upper.edge, replace(lower.edge, logit=threshold), upper.start, _mirror(lower.start))


class _Walked(NamedTuple):
    """The edge that a walk reached, and where it started."""

    edge: Edge
    start: float


def _walk(labels: Floats, logits: Floats, promise: Promise, *, side: Side) -> _Walked:
    """Tests one side on one film of each patient."""
    walk = Walk.through(labels, logits, of_negatives=promise.measure == "error rate")
    start = 0 if promise.measure == "error rate" else _count_starting(len(labels), promise)
    logit = walk.reach(promise.most_errors, delta=promise.delta, start=start)
    if logit is not None:
        return _Walked(Edge(promise, logit, len(labels)), walk.threshold(start, start=start))
    needed = _estimate_patients(walk, promise)
    return _Walked(Edge(promise, None, len(labels), needed, _refuse(len(labels), promise, side, needed)), np.inf)


def _count_starting(patients: int, promise: Promise) -> int:
    """How many films lie above the start; depends on no label and no logit."""
    return int(max(np.ceil(np.log(promise.delta) / np.log(1 - promise.most_errors)), np.ceil(STARTING * patients)))


def _part(upper: Edge, lower: Edge, upper_start: float, lower_start: float) -> Triage:
    """One threshold where both sides passed the same films: any between their starts and edges keeps both promises."""
    if upper.logit is None or lower.logit is None or lower.logit <= upper.logit:
        return Triage(upper, lower)
    least, greatest = max(upper.logit, lower_start), min(lower.logit, upper_start)
    if least > greatest:
        needed = lower.patients + 2
        few = f"{lower.patients} patients are too few to rule films both in and out, {needed} would be needed"
        return Triage(upper, replace(lower, logit=None, needed=needed, why_null=few))
    cut = least / 2 + greatest / 2
    return Triage(replace(upper, logit=cut), replace(lower, logit=cut))


def _mirror(threshold: float) -> float:
    """From t of "-logit ≥ t" to that of "logit < t"."""
    return float(np.nextafter(-threshold, np.inf))


def _estimate_patients(walk: Walk, promise: Promise) -> int | None:
    """How many patients like these would be needed; None if no number would do."""
    count = len(walk.errors)
    trials = walk.estimate_trials(promise.most_errors, delta=promise.delta)
    patients = np.divide(trials * count, walk.trials, out=np.full(count, np.inf), where=walk.trials > 0)
    least = float(patients.min(initial=np.inf))
    return max(int(np.ceil(least)), count + 1) if np.isfinite(least) else None


def _refuse(patients: int, promise: Promise, side: Side, needed: int | None) -> str:
    """Why the promise cannot be given."""
    what = f"no film can be ruled {side} with {promise.describe(side)} at confidence {promise.confidence:g}"
    if needed is not None:
        return f"{what}: {patients} patients are too few, about {needed} like them would be needed"
    return f"{what}: no threshold shows it on {patients} patients, and more patients like them would not help"
