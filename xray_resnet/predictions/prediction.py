"""One file's prediction, or why there is none."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from xray_resnet.model_output import Outcome

Status = Literal["ok", "rejected"]
Decision = Literal["positive", "negative"]


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
        decisions: Finding → decision; without the findings that have no operating point.
        maps: (F, h, w) class activation map of each finding, or None.
        pixels: (S, S) stored image that the maps belong to, or None.
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


def name_outcome(outcome: Outcome, row: int, findings: tuple[str, ...]) -> dict[str, Any]:
    """Scores, probabilities and decisions of one row of an outcome by finding, as a `Prediction` takes them."""
    values = zip(findings, outcome.probabilities[row].tolist(), outcome.decisions[row].tolist(), strict=True)
    known = [*values]
    return {
        "scores": dict(zip(findings, outcome.scores[row].tolist(), strict=True)),
        "probabilities": {name: value for name, value, _ in known if not np.isnan(value)},
        "decisions": {name: "positive" if decision else "negative" for name, _, decision in known if decision >= 0},
    }
