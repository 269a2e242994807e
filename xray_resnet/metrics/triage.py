"""Triage with a promise: films that are ruled in, films that are ruled out, and those in between, left to the reader.

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

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any, Literal, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from xray_resnet.metrics.ranking import Floats, checked
from xray_resnet.metrics.risk_control import Walk, draw_films

STARTING = 0.02
"""Share of the patients above the start of the walk for a predictive value, where that is more than has to be."""

Measure = Literal["predictive value", "error rate"]
Side = Literal["in", "out"]

_WORDS: dict[tuple[Side, Measure], str] = {
    ("in", "predictive value"): "a PPV of at least",
    ("out", "predictive value"): "an NPV of at least",
    ("in", "error rate"): "a share of negatives ruled in of at most",
    ("out", "error rate"): "a share of positives ruled out of at most",
}


@dataclass(frozen=True)
class Promise:
    """What is promised of the films that are ruled in, or out.

    Attributes:
        measure: A predictive value (PPV, NPV), or the share of negatives ruled in (of positives ruled out).
        limit: The predictive value at least, the error rate at most; between 0 and 1.
        confidence: With which it holds over the draw of the calibration patients; between 0 and 1.
    """

    measure: Measure
    limit: float
    confidence: float = 0.95

    def __post_init__(self) -> None:
        if self.measure not in ("predictive value", "error rate"):
            raise ValueError(f"promise of {self.measure!r:.40}, expected 'predictive value' or 'error rate'")
        if not (0 < self.limit < 1 and 0 < self.confidence < 1):
            raise ValueError(f"limit {self.limit} at confidence {self.confidence}, expected both between 0 and 1")

    @property
    def most_errors(self) -> float:
        """The limit as a share of errors."""
        return self.limit if self.measure == "error rate" else 1 - self.limit

    @property
    def delta(self) -> float:
        """Probability with which it may fail."""
        return 1 - self.confidence


@dataclass(frozen=True)
class Edge:
    """One threshold of a triage and what it promises.

    Attributes:
        promise: What holds beyond it.
        logit: The threshold; None if the promise cannot be given.
        patients: On how many it was tested.
        needed: About how many patients the promise needs, if others are like these; None if it is given, or if no
            number would do.
        why_null: Why there is no threshold, in one sentence.
    """

    promise: Promise
    logit: float | None
    patients: int
    needed: int | None = None
    why_null: str | None = None

    def __post_init__(self) -> None:
        if (self.logit is None) != (self.why_null is not None):
            raise ValueError(f"threshold {self.logit} with reason {self.why_null!r:.40}, expected one of them")
        if self.logit is not None and not np.isfinite(self.logit):
            raise ValueError(f"the threshold of a triage is {self.logit}, expected a number")


@dataclass(frozen=True)
class Triage:
    """Where a finding is ruled in and where it is ruled out.

    Attributes:
        rule_in: The least logit that is ruled in; never below that of `rule_out`.
        rule_out: Logits below this are ruled out.
    """

    rule_in: Edge
    rule_out: Edge

    def __post_init__(self) -> None:
        upper, lower = self.rule_in.logit, self.rule_out.logit
        if upper is not None and lower is not None and lower > upper:
            raise ValueError(f"films are ruled out below {lower} and in from {upper}, expected the first to be less")

    def __call__(self, logits: ArrayLike) -> NDArray[np.int8]:
        """Logits of any shape to 1 ruled in, 0 ruled out, -1 uncertain."""
        values = np.asarray(logits, np.float64)
        decisions = np.full(values.shape, -1, np.int8)
        if self.rule_out.logit is not None:
            decisions[values < self.rule_out.logit] = 0
        if self.rule_in.logit is not None:
            decisions[values >= self.rule_in.logit] = 1
        return decisions

    def to_plain(self) -> dict[str, Any]:
        """Nested dicts of numbers, strings and None, for JSON."""
        return asdict(self)

    @classmethod
    def from_plain(cls, plain: Mapping[str, Any]) -> "Triage":
        """The inverse of `to_plain`.

        Raises:
            ValueError: if a value is impossible.
            TypeError, KeyError: if a key is missing or unknown.
        """
        edges = {side: {**plain[side], "promise": Promise(**plain[side]["promise"])} for side in plain}
        return cls(**{side: Edge(**edge) for side, edge in edges.items()})


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
    return -threshold if np.isinf(threshold) else float(np.nextafter(-threshold, np.inf))


def _estimate_patients(walk: Walk, promise: Promise) -> int | None:
    """How many patients like these would be needed; None if no number would do."""
    count = len(walk.errors)
    trials = walk.estimate_trials(promise.most_errors, delta=promise.delta)
    patients = np.divide(trials * count, walk.trials, out=np.full(count, np.inf), where=walk.trials > 0)
    least = float(patients.min(initial=np.inf))
    return max(int(np.ceil(least)), count + 1) if np.isfinite(least) else None


def _refuse(patients: int, promise: Promise, side: Side, needed: int | None) -> str:
    """Why the promise cannot be given."""
    what = f"no film can be ruled {side} with {_WORDS[side, promise.measure]} {promise.limit:g}"
    what += f" at confidence {promise.confidence:g}"
    if needed is not None:
        return f"{what}: {patients} patients are too few, about {needed} like them would be needed"
    return f"{what}: no threshold shows it on {patients} patients, and more patients like them would not help"
