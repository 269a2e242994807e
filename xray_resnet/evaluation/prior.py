"""The prior of a finding's place: what can be said of where it is without a look at the image.

It is learnt from boxes of the training images, which maps never see: a hard rival. If no training image has a box, it
is learnt from the images that are evaluated; of no image from those of the same patient.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from xray_resnet.boxes import Rectangle
from xray_resnet.evaluation.evidence import Evidence, boxes_of
from xray_resnet.evaluation.telling import divide_patients
from xray_resnet.map_grid import MapGrid, Point
from xray_resnet.metrics.localisation import find_most_covered_cell, find_most_covered_point
from xray_resnet.metrics.overlap import Truth, choose_threshold, measure_energy, measure_ious

IMAGE_CENTRE, TRAINING_BOXES, TRAINING_BOXES_ON_GRID = "image_centre", "training_boxes", "training_boxes_on_grid"


@dataclass(frozen=True)
class Guess:
    """Where a finding is, as said of every image alike.

    Attributes:
        points: Baseline → point; None without a box to learn from.
        heat: (h, w) share of each cell that lies in the finding, mean over images with it; None without one.
        threshold: Place among `THRESHOLDS` from which on the cells of `heat` cover these findings best.
    """

    points: Mapping[str, Point | None]
    heat: NDArray[np.float64] | None = None
    threshold: int = 0

    def reach(self, truth: Truth) -> tuple[float, float]:
        """Energy in a finding, and intersection over union with it; NaN without a box to learn from."""
        if self.heat is None:
            return np.nan, np.nan
        return measure_energy(self.heat, truth), float(measure_ious(self.heat, truth)[self.threshold])


@dataclass(frozen=True)
class _Lesson:
    fold: int
    boxes: Sequence[Rectangle]
    truth: Truth


class Prior:
    """Guesses by finding, for an image among those that are learnt from without its patient's.

    Patients are divided into folds, and the boxes of a fold are left out for its own cases.

    Args:
        evidence: Has the images, their boxes and the cells of the maps.
    """

    def __init__(self, evidence: Evidence) -> None:
        self._evidence = evidence
        self._known: dict[tuple[str, int | None], Guess] = {}

    @cached_property
    def learns_from(self) -> str:
        """The split whose boxes it is learnt from."""
        dataset = self._evidence.dataset
        has_boxes = any(dataset.boxes(row) for row in dataset.indices("train").tolist())
        return "train" if has_boxes else self._evidence.split

    def guess(self, finding: str, patient: str) -> Guess:
        """What is said of a patient's images."""
        left_out = self._fold_of.get(patient)
        if (finding, left_out) not in self._known:
            lessons = [lesson for lesson in self._list_lessons(finding) if lesson.fold != left_out]
            self._known[finding, left_out] = self._learn(lessons)
        return self._known[finding, left_out]

    @cached_property
    def _rows(self) -> NDArray[np.int64]:
        return self._evidence.dataset.indices(self.learns_from)

    @cached_property
    def _fold_of(self) -> dict[str, int]:
        patients = self._evidence.dataset.patient_ids[self._rows]
        return dict(zip(patients, divide_patients(patients, seed=self._evidence.chance.seed).tolist(), strict=True))

    def _list_lessons(self, finding: str) -> list[_Lesson]:
        dataset, grid = self._evidence.dataset, self._evidence.peaks.grid
        lessons = []
        for row in self._rows.tolist():
            boxes = boxes_of(dataset, row, finding)
            truth = find_truth(boxes, grid)
            if truth is not None:
                lessons.append(_Lesson(self._fold_of[str(dataset.patient_ids[row])], boxes, truth))
        return lessons

    def _learn(self, lessons: Sequence[_Lesson]) -> Guess:
        grid = self._evidence.peaks.grid
        centre = (grid.size / 2, grid.size / 2)
        if not lessons:
            return Guess({IMAGE_CENTRE: centre, TRAINING_BOXES: None, TRAINING_BOXES_ON_GRID: None})
        boxes = [box for lesson in lessons for box in lesson.boxes]
        truths = [lesson.truth for lesson in lessons]
        heat = np.mean([truth.shares for truth in truths], axis=0)
        points = {
            IMAGE_CENTRE: centre,
            TRAINING_BOXES: find_most_covered_point(boxes, grid.size),
            TRAINING_BOXES_ON_GRID: find_most_covered_cell(boxes, grid),
        }
        return Guess(points, heat, choose_threshold(np.stack([measure_ious(heat, truth) for truth in truths])))


def find_truth(boxes: Sequence[Rectangle], grid: MapGrid) -> Truth | None:
    """What the boxes of a finding cover on the cells of maps; None if they cover nothing of the image."""
    mask = np.zeros((grid.size, grid.size), bool)
    for left, top, width, height in boxes:
        rows = slice(max(0, round(top)), max(0, round(top + height)))
        mask[rows, max(0, round(left)) : max(0, round(left + width))] = True
    return Truth(grid.count_pixels(mask), grid.count_pixels(np.ones_like(mask))) if mask.any() else None
