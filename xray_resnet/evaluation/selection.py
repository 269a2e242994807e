"""Which images a report shows: per finding the surest positives, the worst false alarm and the worst miss."""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from xray_resnet.evaluation.predictions import Predictions

Kind = Literal["found", "false alarm", "missed"]
POSITIVES_SHOWN = 3


@dataclass(frozen=True)
class Example:
    """One image to show for one finding.

    Attributes:
        position: Which row of the predictions.
        finding: Which finding's map to show.
        kind: found: a positive among the highest scores; false alarm: the negative with the highest score;
            missed: the positive with the lowest score.
        score: The model's score of the finding.
    """

    position: int
    finding: str
    kind: Kind
    score: float


def select_examples(predictions: Predictions) -> list[Example]:
    """Examples of every finding in order; the same predictions give the same examples, no patient twice a kind."""
    labels, scores = predictions.labels, predictions.scores
    chosen: list[Example] = []
    for column, finding in enumerate(predictions.findings):
        positive, negative = (np.flatnonzero(labels[:, column] == value) for value in (1, 0))
        rising = predictions.logits[:, column]
        found = _first_of_patients(positive[np.argsort(-rising[positive], kind="stable")], predictions.patient_ids)
        alarms = negative[np.argsort(-rising[negative], kind="stable")]
        missed = positive[np.argsort(rising[positive], kind="stable")]
        shown: list[tuple[Kind, list[int]]] = [
            ("found", found[:POSITIVES_SHOWN]),
            ("false alarm", [int(row) for row in alarms[:1]]),
            ("missed", [int(row) for row in missed[:1] if row not in found[:POSITIVES_SHOWN]]),
        ]
        chosen += [Example(row, finding, kind, float(scores[row, column])) for kind, rows in shown for row in rows]
    return chosen


def _first_of_patients(rows: NDArray[np.intp], patients: NDArray[np.str_]) -> list[int]:
    """The rows without the later ones of a patient who was there before."""
    _, first = np.unique(patients[rows], return_index=True)
    return [int(row) for row in rows[np.sort(first)]]
