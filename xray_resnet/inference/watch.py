"""A watch over the films of a batch: one of each patient, in the numbers that a shift is looked for in."""

import numpy as np
from numpy.typing import NDArray

from xray_resnet.dicom import Prepared
from xray_resnet.dicom.appearance import measure_film
from xray_resnet.model_output import ModelOutput
from xray_resnet.shift import Shift, find_shift, join_columns

MOST_FILMS = 10_000
"""Later films are not looked at, so that memory stays bounded."""


class Watch:
    """Collects numbers of the films that are predicted; without a reference in the bundle, nothing.

    Args:
        output: Of the model.
    """

    def __init__(self, output: ModelOutput) -> None:
        self._output = output
        self._patients: set[str] = set()
        self._films: list[NDArray[np.float64]] = []

    def look(self, film: Prepared, logits: NDArray[np.float32], features: NDArray[np.float32] | None) -> None:
        """Takes a film in, if it is the first of its patient; a film without a patient is one's own.

        Args:
            film: As it was read.
            logits: (F,).
            features: (C,); None if the network gives none.
        """
        scope, patient = self._output.scope, film.patient
        wanted = patient not in self._patients and len(self._films) < MOST_FILMS
        if scope is None or self._output.shift is None or features is None or not wanted:
            return
        self._patients.update([patient] if patient else [])
        facts = measure_film(film.placement.cut(film.pixels), view=film.facts.get("ViewPosition", ""))
        self._films.append(join_columns([facts], scope.space.measure(features[None]), logits[None])[0])

    def conclude(self) -> Shift | None:
        """Whether the films differ from those of validation; None if they are too few, or nothing was collected."""
        if self._output.shift is None or not self._films:
            return None
        return find_shift(self._output.shift, np.stack(self._films), self._output.findings)
