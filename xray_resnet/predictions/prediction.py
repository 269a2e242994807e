"""One file's prediction, or why there is none."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from xray_resnet.model_output import Outcome
from xray_resnet.triage import RULED_IN, RULED_OUT, UNCERTAIN

Status = Literal["ok", "rejected"]
Decision = Literal["positive", "negative", "rule-in", "rule-out", "uncertain"]
"""By an operating point the first two, by a triage the others."""
_POINT_WORDS: dict[int, Decision] = {1: "positive", 0: "negative"}
_TRIAGE_WORDS: dict[int, Decision] = {RULED_IN: "rule-in", RULED_OUT: "rule-out", UNCERTAIN: "uncertain"}


@dataclass(frozen=True)
class Prediction:
    """What is said of one file.

    Attributes:
        path: The file.
        status: "ok" or "rejected".
        sop_instance_uid: SOP Instance UID (0008,0018); empty if unknown.
        reason: Why it was rejected, from the closed list of reasons; empty if accepted.
        flags: What is remarkable about an accepted file, from the closed list of flags.
        detail: What was found and what was expected.
        scores: Finding → sigmoid of its logit; empty if rejected.
        probabilities: Finding → calibrated probability; without the findings that have no calibration.
        decisions: Finding → decision; without the findings that have neither a triage nor an operating point.
        maps: (F, h, w) class activation map of each finding, or None.
        pixels: (S, S) stored image that the maps belong to, or None.
        content: Top, left, height and width of the film in `pixels`, or None.
    """

    path: Path
    status: Status
    sop_instance_uid: str = ""
    reason: str = ""
    flags: tuple[str, ...] = ()
    detail: str = ""
    scores: Mapping[str, float] = field(default_factory=dict)
    probabilities: Mapping[str, float] = field(default_factory=dict)
    decisions: Mapping[str, Decision] = field(default_factory=dict)
    maps: NDArray[np.float32] | None = field(default=None, compare=False, repr=False)
    pixels: NDArray[np.unsignedinteger[Any]] | None = field(default=None, compare=False, repr=False)
    content: tuple[int, int, int, int] | None = field(default=None, compare=False, repr=False)


def name_outcome(outcome: Outcome, row: int, findings: tuple[str, ...]) -> dict[str, Any]:
    """Scores, probabilities and decisions of one row of an outcome by finding, as a `Prediction` takes them."""
    scores, probabilities, decisions, triage = (
        dict(zip(findings, values[row].tolist(), strict=True))
        for values in (outcome.scores, outcome.probabilities, outcome.decisions, outcome.triage)
    )
    words = {name: _name_decision(triage[name], decisions[name]) for name in findings}
    return {
        "scores": scores,
        "probabilities": {name: value for name, value in probabilities.items() if not np.isnan(value)},
        "decisions": {name: word for name, word in words.items() if word},
    }


def _name_decision(triage: int, decision: int) -> Decision | None:
    """That of the triage if the finding has one, else that of the operating point; None without either."""
    return _TRIAGE_WORDS.get(triage) or _POINT_WORDS.get(decision)
