"""The pointing game on a dataset's boxes: exact class activation maps against points that never look."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from xray_resnet.evaluation.evidence import Chance, Evidence, boxes_of
from xray_resnet.findings import LabelState
from xray_resnet.metrics import PointingGame, play_pointing_game
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
    TRAINING_BOXES: "per finding the point that lies in most boxes of the training images",
    TRAINING_BOXES_ON_GRID: "per finding the centre of a cell of the maps that lies in most training boxes",
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
    hit_of_baseline: Mapping[str, bool]
    is_reachable: bool


def localise(evidence: Evidence) -> Localisation:
    """Plays the pointing game on the images whose findings have boxes; points are learnt from the training images."""
    size, cells = evidence.images()[0].shape[0], evidence.peaks.cells
    points = {finding: _fix_points(evidence, finding, size) for finding in evidence.findings}
    cases = _list_cases(evidence, points, list_cell_centres(size, cells))
    groups = {finding: [case for case in cases if case.finding == finding] for finding in evidence.findings}
    return Localisation(_play_all(groups | {ALL: cases}, evidence.chance), cells, _find_ceilings(groups | {ALL: cases}))


def _fix_points(evidence: Evidence, finding: str, size: int) -> dict[str, Point]:
    """Of every baseline the point it always names for a finding."""
    dataset = evidence.dataset
    training = [box for row in dataset.indices("train") for box in boxes_of(dataset, int(row), finding)]
    return {
        IMAGE_CENTRE: (size / 2, size / 2),
        TRAINING_BOXES: find_most_covered_point(training, size),
        TRAINING_BOXES_ON_GRID: find_most_covered_cell(training, size, evidence.peaks.cells),
    }


def _list_cases(evidence: Evidence, points: Mapping[str, Mapping[str, Point]], centres: Sequence[Point]) -> list[_Case]:
    """One case per image and positive finding with a box."""
    predictions, cases = evidence.predictions, []
    for place in range(len(evidence.rows)):
        for column, finding in enumerate(evidence.findings):
            boxes = evidence.boxes(place, finding)
            if not boxes or predictions.states[place, column] != LabelState.POSITIVE:
                continue
            x, y = map(float, evidence.peaks.points[place, column])
            hits = {baseline: is_hit(point, boxes) for baseline, point in points[finding].items()}
            reachable = any(is_hit(centre, boxes) for centre in centres)
            patient = str(predictions.patient_ids[place])
            cases.append(_Case(finding, patient, is_hit((x, y), boxes), hits, reachable))
    return cases


def _play_all(groups: Mapping[str, Sequence[_Case]], chance: Chance) -> dict[str, dict[str, PointingGame]]:
    generator = chance.generator()

    def play(cases: Sequence[_Case], baseline: str) -> PointingGame:
        return play_pointing_game(
            [case.hit for case in cases],
            [case.hit_of_baseline[baseline] for case in cases],
            patients=[case.patient for case in cases],
            generator=generator,
            resamples=chance.resamples,
        )

    return {baseline: {name: play(cases, baseline) for name, cases in groups.items()} for baseline in BASELINES}


def _find_ceilings(groups: Mapping[str, Sequence[_Case]]) -> dict[str, float | None]:
    return {
        name: sum(case.is_reachable for case in cases) / len(cases) if cases else None for name, cases in groups.items()
    }
