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
from typing import Any, Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from xray_resnet.metrics.ranking import Floats, checked
from xray_resnet.metrics.risk_control import Walk, draw_films

SCOUTS = 0.2
"""Share of the patients who choose where the walk for a predictive value starts, and do not test it."""

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

    A fifth of the patients, drawn at random, choose with all their films where the walk for a predictive value starts;
    of each other patient one film, drawn at random, tests it. An error rate starts at infinity, where there are no
    errors, and is tested on all patients.

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
    cohort = _Cohort.draw(labels, logits, patients, generator=generator)
    mirrored = cohort.mirrored()
    upper_start, lower_start = _order(_start(cohort, rule_in), _mirror(_start(mirrored, rule_out)))
    upper = _find_edge(cohort, rule_in, start=upper_start, side="in")
    lower = _find_edge(mirrored, rule_out, start=_mirror(lower_start), side="out")
    lower = replace(lower, logit=None if lower.logit is None else _mirror(lower.logit))
    if upper.logit is None or lower.logit is None or lower.logit <= upper.logit:
        return Triage(upper, lower)
    # Every threshold between a start and its edge keeps the promise, so any that both passed may part the films.
    cut = (max(upper.logit, lower_start) + min(lower.logit, upper_start)) / 2
    return Triage(replace(upper, logit=cut), replace(lower, logit=cut))


@dataclass(frozen=True)
class _Films:
    """(N,) labels of 1 and 0, and (N,) logits."""

    labels: Floats
    logits: Floats

    def __getitem__(self, places: NDArray[Any]) -> "_Films":
        return _Films(self.labels[places], self.logits[places])

    def walk(self, promise: Promise) -> Walk:
        return Walk.through(self.labels, self.logits, of_negatives=promise.measure == "error rate")

    def mirrored(self) -> "_Films":
        """Ruling out is ruling in that there is no finding, by the negative logit."""
        return _Films(1 - self.labels, -self.logits)


@dataclass(frozen=True)
class _Cohort:
    """All films of the scouts, one film of each tester, and one of every patient."""

    scouting: _Films
    testing: _Films
    everyone: _Films

    @classmethod
    def draw(
        cls, labels: ArrayLike, logits: ArrayLike, patients: ArrayLike, *, generator: np.random.Generator
    ) -> "_Cohort":
        truth, logit = checked(labels, logits)
        kept = ~np.isnan(truth)
        films, people = _Films(truth, logit)[kept], np.asarray(patients)[kept]
        drawn = draw_films(people, generator=generator)
        scouts, testers = np.split(drawn, [int(np.ceil(SCOUTS * len(drawn)))])
        return cls(films[np.isin(people, people[scouts])], films[testers], films[drawn])

    def mirrored(self) -> "_Cohort":
        return _Cohort(self.scouting.mirrored(), self.testing.mirrored(), self.everyone.mirrored())


def _start(cohort: _Cohort, promise: Promise) -> float:
    """Where the walk begins: the scouts' choice for a predictive value, infinity for an error rate."""
    walk = cohort.scouting.walk(promise)
    return np.inf if promise.measure == "error rate" or not len(walk.errors) else walk.choose_start(promise.most_errors)


def _order(upper: float, lower: float) -> tuple[float, float]:
    """Starts of which the lower is not above the upper, so that what both promise can be kept at once."""
    return (upper, lower) if lower <= upper else ((upper + lower) / 2, (upper + lower) / 2)


def _find_edge(cohort: _Cohort, promise: Promise, *, start: float, side: Side) -> Edge:
    """The threshold that the walk reaches, or why it reaches none."""
    films = cohort.everyone if np.isinf(start) else cohort.testing
    walk = films.walk(promise) if np.isinf(start) else films.walk(promise).starting_at(start)
    logit = walk.reach(promise.most_errors, delta=promise.delta)
    if logit is not None:
        return Edge(promise, logit, len(films.labels))
    needed = _estimate_patients(cohort.everyone, promise)
    return Edge(promise, None, len(films.labels), needed, _refuse(cohort.everyone, promise, side, needed))


def _mirror(threshold: float) -> float:
    """From t of "-logit ≥ t" to that of "logit < t", and back."""
    return -threshold if np.isinf(threshold) else float(np.nextafter(-threshold, np.inf))


def _estimate_patients(films: _Films, promise: Promise) -> int | None:
    """How many patients like these would be needed; None if no number would do."""
    walk = films.walk(promise)
    count = len(films.labels)
    trials = walk.estimate_trials(promise.most_errors, delta=promise.delta)
    testers = np.divide(trials * count, walk.trials, out=np.full(len(trials), np.inf), where=walk.trials > 0)
    share = 1.0 if promise.measure == "error rate" else 1 - SCOUTS
    least = float(testers.min(initial=np.inf)) / share
    return max(int(np.ceil(least)), count + 1) if np.isfinite(least) else None


def _refuse(films: _Films, promise: Promise, side: Side, needed: int | None) -> str:
    """Why the promise cannot be given."""
    count = len(films.labels)
    what = f"no film can be ruled {side} with {_WORDS[side, promise.measure]} {promise.limit:g}"
    what += f" at confidence {promise.confidence:g}"
    if needed is not None:
        return f"{what}: {count} patients are too few, about {needed} like them would be needed"
    return f"{what}: no threshold shows it on {count} patients, and more patients like them would not help"
