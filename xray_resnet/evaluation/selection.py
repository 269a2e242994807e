"""Which images a report shows: per finding the surest positives and negatives, the worst false alarms and misses."""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from xray_resnet.evaluation.predictions import Predictions

Kind = Literal["highest positive", "lowest positive", "highest negative", "lowest negative"]
SHOWN: dict[Kind, int] = {"highest positive": 3, "highest negative": 2, "lowest positive": 2, "lowest negative": 1}
"""How many images of each kind a finding gets; an image is shown once."""


@dataclass(frozen=True)
class Example:
    """One image to show for one finding.

    Attributes:
        position: Which row of the predictions.
        finding: Which finding's map to show.
        kind: By label and score; the highest negatives and the lowest positives are the worst mistakes.
        score: The model's score of the finding.
    """

    position: int
    finding: str
    kind: Kind
    score: float


def select_examples(predictions: Predictions) -> list[Example]:
    """Examples of every finding, in order; the same predictions give the same examples."""
    return [
        Example(row, finding, kind, float(predictions.scores[row, column]))
        for column, finding in enumerate(predictions.findings)
        for kind, rows in _choose(predictions, column).items()
        for row in rows
    ]


def _choose(predictions: Predictions, column: int) -> dict[Kind, list[int]]:
    """Rows of each kind for one finding, no patient twice in a kind and no image in two."""
    labels, logits = predictions.labels[:, column], predictions.logits[:, column]
    positive, negative = np.flatnonzero(labels == 1), np.flatnonzero(labels == 0)
    orders: dict[Kind, NDArray[np.intp]] = {
        "highest positive": positive[np.argsort(-logits[positive], kind="stable")],
        "highest negative": negative[np.argsort(-logits[negative], kind="stable")],
        "lowest positive": positive[np.argsort(logits[positive], kind="stable")],
        "lowest negative": negative[np.argsort(logits[negative], kind="stable")],
    }
    chosen = {kind: _first_of_patients(order, predictions.patient_ids)[: SHOWN[kind]] for kind, order in orders.items()}
    for label in ("positive", "negative"):
        high, low = chosen[f"highest {label}"], chosen[f"lowest {label}"]  # type: ignore[index]
        low[:] = [row for row in low if row not in high]
    return chosen


def _first_of_patients(rows: NDArray[np.intp], patients: NDArray[np.str_]) -> list[int]:
    """The rows without the later ones of a patient who was there before."""
    _, first = np.unique(patients[rows], return_index=True)
    return [int(row) for row in rows[np.sort(first)]]
