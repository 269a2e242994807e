"""The cases that maps are checked on: a few images of every finding, drawn among those that have it."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from xray_resnet.evaluation.evidence import Evidence
from xray_resnet.findings import LabelState

MOST_CASES = 48
"""Of all findings together; the checks ask the network about a hundred times for each."""


@dataclass(frozen=True)
class Case:
    """An image with a finding.

    Attributes:
        place: Of the image among the N of the evidence.
        finding: What is explained.
        patient: Keyed hash.
    """

    place: int
    finding: str
    patient: str


def draw_cases(evidence: Evidence) -> list[Case]:
    """As many cases of every finding, one of a patient; fewer if fewer patients have it. The same seed, the same cases.

    A map is shown for what is there, so images without the finding are not drawn.
    """
    each, generator = max(1, MOST_CASES // len(evidence.findings)), evidence.chance.generator()
    return [case for finding in evidence.findings for case in _draw(evidence, finding, each, generator)]


def _draw(evidence: Evidence, finding: str, count: int, generator: np.random.Generator) -> list[Case]:
    predictions = evidence.predictions
    column = evidence.findings.index(finding)
    shuffled = generator.permutation(np.flatnonzero(predictions.states[:, column] == LabelState.POSITIVE))
    patients = predictions.patient_ids[shuffled]
    chosen = shuffled[np.sort(np.unique(patients, return_index=True)[1])][:count]
    return [Case(int(place), finding, str(predictions.patient_ids[place])) for place in chosen]


def list_patients(cases: list[Case]) -> NDArray[np.str_]:
    """The patient of each case, (N,)."""
    return np.array([case.patient for case in cases])
