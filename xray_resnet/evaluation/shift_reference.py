"""Films of an evaluation in the numbers that a shift is looked for in, one of each patient."""

import numpy as np
from numpy.typing import NDArray

from xray_resnet.dicom.appearance import measure_film
from xray_resnet.evaluation.evidence import Evidence
from xray_resnet.evaluation.sample import draw_one_each
from xray_resnet.packed import pack
from xray_resnet.scope import Scope
from xray_resnet.shift import UNKNOWN, ShiftReference, join_columns
from xray_resnet.store import Dataset

MOST_FILMS = 1000
"""Beyond them a reference grows and hardly a test gets better."""


def make_shift_reference(evidence: Evidence, scope: Scope) -> ShiftReference:
    """What later batches are held against: the images of the evidence."""
    places = draw_films(evidence)
    labels = np.nan_to_num(evidence.predictions.labels[places], nan=UNKNOWN)
    return ShiftReference(evidence.basis, pack(measure_films(evidence, scope, places)), pack(labels))


def draw_films(evidence: Evidence) -> NDArray[np.intp]:
    """Places of one image of each patient, of some patients if there are many."""
    generator = evidence.chance.generator()
    places = draw_one_each(evidence.predictions.patient_ids, generator=generator)
    return np.sort(generator.permutation(places)[:MOST_FILMS])


def measure_films(evidence: Evidence, scope: Scope, places: NDArray[np.intp]) -> NDArray[np.float64]:
    """(n, 8 + F) of the images at `places`, in the columns of a reference."""
    contents = evidence.dataset.column("content")
    views = evidence.fact("view")
    film = [_measure(evidence.dataset, int(evidence.rows[place]), contents, views[place]) for place in places]
    distances = scope.space.measure(evidence.features[places])
    return join_columns(film, distances, evidence.predictions.logits[places])


def _measure(dataset: Dataset, row: int, contents: list[list[int]], view: str | None) -> tuple[float, ...]:
    pixels = dataset.pixels(row)
    top, left, height, width = contents[row] if any(contents[row]) else (0, 0, *pixels.shape)
    return measure_film(pixels[top : top + height, left : left + width], view=view or "")
