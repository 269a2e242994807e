"""Triage: where a finding is ruled in, where it is ruled out, and what is promised of either; pure NumPy.

At or above the upper threshold a film is ruled in, below the lower one it is ruled out, in between it is left to the
reader. What is promised, a predictive value or a rate of errors, holds with its confidence over the draw of the
patients on whom the thresholds were found (`metrics.triage`), for patients like them.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Literal, get_args

import numpy as np
from numpy.typing import ArrayLike, NDArray

from xray_resnet.plain import read_number

RULED_IN, RULED_OUT, UNCERTAIN = 1, 0, -1

Measure = Literal["predictive value", "error rate"]
Side = Literal["in", "out"]
SIDES: tuple[Side, ...] = get_args(Side)

_WORDS: dict[tuple[Side, Measure], str] = {
    ("in", "predictive value"): "a PPV of at least",
    ("out", "predictive value"): "an NPV of at least",
    ("in", "error rate"): "a share of negatives ruled in of at most",
    ("out", "error rate"): "a share of positives ruled out of at most",
}
_SIGNS: dict[tuple[Side, Measure], str] = {
    ("in", "predictive value"): "PPV ≥",
    ("out", "predictive value"): "NPV ≥",
    ("in", "error rate"): "FPR ≤",
    ("out", "error rate"): "FNR ≤",
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

    def abbreviate(self, side: Side) -> str:
        """In a few signs, such as `PPV ≥ 0.9`."""
        return f"{_SIGNS[side, self.measure]} {self.limit:g}"

    def describe(self, side: Side) -> str:
        """In words, such as `a PPV of at least 0.9`."""
        return f"{_WORDS[side, self.measure]} {self.limit:g}"


@dataclass(frozen=True)
class Promises:
    """What is promised of both sides; the default is what `docs/triage.md` gives reasons for."""

    rule_in: Promise = Promise("predictive value", 0.9)
    rule_out: Promise = Promise("predictive value", 0.95)

    def __post_init__(self) -> None:
        if self.rule_in.confidence != self.rule_out.confidence:
            raise ValueError(
                f"confidences {self.rule_in.confidence} and {self.rule_out.confidence}, expected one for both sides"
            )


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
        if self.logit is not None and self.needed is not None:
            raise ValueError(f"a promise that is given needs {self.needed} patients, expected none to be needed")
        if self.patients < 0:
            raise ValueError(f"a triage was tested on {self.patients} patients, expected 0 or more")
        if self.needed is not None and self.needed <= self.patients:
            raise ValueError(f"{self.needed} patients are needed and {self.patients} were there, expected fewer")


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

    def side(self, side: Side) -> Edge:
        """One of its edges."""
        return self.rule_in if side == "in" else self.rule_out

    @property
    def decides(self) -> bool:
        """Whether it has a threshold, so that some film could be ruled in or out."""
        return self.rule_in.logit is not None or self.rule_out.logit is not None

    def __call__(self, logits: ArrayLike) -> NDArray[np.int8]:
        """Logits of any shape to 1 ruled in, 0 ruled out, -1 uncertain."""
        values = np.asarray(logits, np.float64)
        decisions = np.full(values.shape, UNCERTAIN, np.int8)
        if self.rule_out.logit is not None:
            decisions[values < self.rule_out.logit] = RULED_OUT
        if self.rule_in.logit is not None:
            decisions[values >= self.rule_in.logit] = RULED_IN
        return decisions

    def to_plain(self) -> dict[str, Any]:
        """Nested dicts of numbers, strings and None, for JSON."""
        return asdict(self)

    @classmethod
    def from_plain(cls, plain: Mapping[str, Any]) -> "Triage":
        """The inverse of `to_plain`, for values that nobody vouches for.

        Raises:
            ValueError: if a value is impossible.
            TypeError, KeyError: if a key is missing or unknown.
        """
        return cls(**{side: _read_edge(plain[side]) for side in plain})


def _read_edge(plain: Mapping[str, Any]) -> Edge:
    promise = plain["promise"]
    limits = {name: read_number(promise[name], name) for name in ("limit", "confidence")}
    known = {**plain, "promise": Promise(**{**promise, **limits}), "patients": _read_count(plain["patients"])}
    logit, needed, why_null = plain["logit"], plain["needed"], plain["why_null"]
    if why_null is not None and not isinstance(why_null, str):
        raise ValueError(f"the reason of a triage is {why_null!r:.40}, expected words")
    known["logit"] = None if logit is None else read_number(logit, "the threshold of a triage")
    known["needed"] = None if needed is None else _read_count(needed)
    return Edge(**known)


def _read_count(value: object) -> int:
    if type(value) is not int:
        raise ValueError(f"patients of a triage are {value!r:.40}, expected a whole number")
    return value
