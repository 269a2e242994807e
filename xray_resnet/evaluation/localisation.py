"""The pointing game on a dataset's boxes: exact class activation maps against points that never look."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from xray_resnet.boxes import Rectangle
from xray_resnet.evaluation.evidence import Chance, Evidence
from xray_resnet.evaluation.telling import divide_patients
from xray_resnet.findings import LabelState
from xray_resnet.metrics import PointingGame, play_pointing_games
from xray_resnet.metrics.localisation import (
    Point,
    find_most_covered_cell,
    find_most_covered_point,
    is_hit,
    list_cell_centres,
)

IMAGE_CENTRE, TRAINING_BOXES, TRAINING_BOXES_ON_GRID = "image_centre", "training_boxes", "training_boxes_on_grid"
BASELINES = {
    IMAGE_CENTRE: "the centre of the image",
    TRAINING_BOXES: "per finding the point that lies in most boxes of the training images of other patients",
    TRAINING_BOXES_ON_GRID: "per finding the centre of a cell of the maps that lies in most of those boxes",
}
ALL = "all findings"


@dataclass(frozen=True)
class Localisation:
    """Pointing games of one split.

    Attributes:
        games: Baseline → finding (or `ALL`, the cases of all findings together) → game.
        cells: Rows and columns of the maps, which bound how well they can point.
        ceilings: Finding (or `ALL`) → share of the cases in which some cell's centre lies in a box, so that an oracle
            on the same grid would hit; None without cases.
    """

    games: Mapping[str, Mapping[str, PointingGame]]
    cells: tuple[int, int]
    ceilings: Mapping[str, float | None]

    @property
    def n_cases(self) -> int:
        """Pairs of image and finding with a box."""
        return self.games[IMAGE_CENTRE][ALL].n_cases

    def to_json(self) -> dict[str, Any]:
        """The content of localisation.json."""
        return {
            "map": "exact class activation map of the classifier head, before interpolation",
            "cells": [*self.cells],
            "hit": "the centre of the strongest cell lies in a box of the finding; no margin",
            "truth": "boxes of the dataset, in store pixels; an image counts for each positive finding with a box",
            "baselines": BASELINES,
            "games": {
                baseline: {finding: asdict(game) for finding, game in games.items()}
                for baseline, games in self.games.items()
            },
            "ceiling": "share of the cases in which the centre of some cell lies in a box of the finding",
            "ceilings": dict(self.ceilings),
        }


@dataclass(frozen=True)
class _Case:
    finding: str
    patient: str
    hit: bool
    hit_of_baseline: Mapping[str, bool | None]
    is_reachable: bool


def localise(evidence: Evidence) -> Localisation:
    """Plays the pointing game on the images whose findings have boxes; points are learnt from other patients."""
    size, cells = evidence.images()[0].shape[0], evidence.peaks.cells
    cases = _list_cases(evidence, _Rivals(evidence, size, cells), list_cell_centres(size, cells))
    groups = {finding: [case.finding == finding for case in cases] for finding in evidence.findings}
    groups[ALL] = [True] * len(cases)
    return Localisation(_play_all(cases, groups, evidence.chance), cells, _find_ceilings(cases, groups))


class _Rivals:
    """Points that never look: learnt from the training images, for a case in one of those without its patient's.

    Patients among the training images are divided into folds, and the boxes of a fold are left out for its own cases.
    """

    def __init__(self, evidence: Evidence, size: int, cells: tuple[int, int]) -> None:
        dataset = evidence.dataset
        training = dataset.indices("train")
        patients = dataset.patient_ids[training]
        self._fold_of = dict(zip(patients, divide_patients(patients, seed=evidence.chance.seed).tolist(), strict=True))
        self._boxes = [
            (box.finding, self._fold_of[patient], box.rectangle)
            for row, patient in zip(training.tolist(), patients, strict=True)
            for box in dataset.boxes(row)
        ]
        self._size, self._cells = size, cells
        self._known: dict[tuple[str, int | None], dict[str, Point | None]] = {}

    def points(self, finding: str, patient: str) -> dict[str, Point | None]:
        """Of every baseline the point that it names for a case; None without a box to learn from."""
        left_out = self._fold_of.get(patient)
        if (finding, left_out) not in self._known:
            boxes = [box for name, fold, box in self._boxes if name == finding and fold != left_out]
            self._known[finding, left_out] = self._fix(boxes)
        return self._known[finding, left_out]

    def _fix(self, boxes: Sequence[Rectangle]) -> dict[str, Point | None]:
        return {
            IMAGE_CENTRE: (self._size / 2, self._size / 2),
            TRAINING_BOXES: find_most_covered_point(boxes, self._size) if boxes else None,
            TRAINING_BOXES_ON_GRID: find_most_covered_cell(boxes, self._size, self._cells) if boxes else None,
        }


def _list_cases(evidence: Evidence, rivals: _Rivals, centres: Sequence[Point]) -> list[_Case]:
    """One case per image and positive finding with a box."""
    predictions, cases = evidence.predictions, []
    for place in range(len(evidence.rows)):
        for column, finding in enumerate(evidence.findings):
            boxes = evidence.boxes(place, finding)
            if not boxes or predictions.states[place, column] != LabelState.POSITIVE:
                continue
            x, y = map(float, evidence.peaks.points[place, column])
            patient = str(predictions.patient_ids[place])
            hits = {
                baseline: None if point is None else is_hit(point, boxes)
                for baseline, point in rivals.points(finding, patient).items()
            }
            reachable = any(is_hit(centre, boxes) for centre in centres)
            cases.append(_Case(finding, patient, is_hit((x, y), boxes), hits, reachable))
    return cases


def _play_all(
    cases: Sequence[_Case], groups: Mapping[str, Sequence[bool]], chance: Chance
) -> dict[str, dict[str, PointingGame]]:
    played = play_pointing_games(
        [case.hit for case in cases],
        np.array([[case.hit_of_baseline[baseline] for case in cases] for baseline in BASELINES], np.float64),
        [*groups.values()],
        patients=[case.patient for case in cases],
        generator=chance.generator(),
        resamples=chance.resamples,
    )
    return {baseline: dict(zip(groups, games, strict=True)) for baseline, games in zip(BASELINES, played, strict=True)}


def _find_ceilings(cases: Sequence[_Case], groups: Mapping[str, Sequence[bool]]) -> dict[str, float | None]:
    reachable: NDArray[np.bool_] = np.array([case.is_reachable for case in cases], bool)
    return {
        name: float(reachable[np.array(members)].mean()) if any(members) else None for name, members in groups.items()
    }
