"""The pointing game on a dataset's boxes: exact class activation maps against points that never look."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from xray_resnet.boxes import Rectangle
from xray_resnet.findings import LabelState
from xray_resnet.metrics import PointingGame, play_pointing_game
from xray_resnet.metrics.localisation import Point, find_most_covered_point, is_hit
from xray_resnet.store import Dataset

IMAGE_CENTRE, TRAINING_BOXES = "image_centre", "training_boxes"
BASELINES = {
    IMAGE_CENTRE: "the centre of the image",
    TRAINING_BOXES: "per finding the point that lies in most boxes of the training images",
}
ALL = "all findings"


@dataclass(frozen=True)
class Localisation:
    """Pointing games of one split.

    Attributes:
        games: Baseline → finding (or `ALL`, the cases of all findings together) → game.
        cells: Rows and columns of the maps, which bound how well they can point.
    """

    games: Mapping[str, Mapping[str, PointingGame]]
    cells: tuple[int, int]

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
        }


@dataclass(frozen=True)
class _Case:
    finding: str
    patient: str
    hit: bool
    hit_of_baseline: Mapping[str, bool]


def localise(
    dataset: Dataset,
    rows: NDArray[np.int64],
    peaks: NDArray[np.float32],
    *,
    cells: tuple[int, int],
    findings: Sequence[str],
    resamples: int,
    generator: np.random.Generator,
) -> Localisation:
    """Plays the pointing game.

    Args:
        dataset: Has the boxes.
        rows: (N,) rows of the split.
        peaks: (N, F, 2) x, y of each map's peak in store pixels.
        cells: Rows and columns of the maps.
        findings: The F findings.
        resamples: Bootstrap resamples of the patients.
        generator: Draws them.
    """
    size = dataset.pixels(int(rows[0])).shape[0] if len(rows) else 0
    points = {finding: _fixed_points(dataset, finding, size) for finding in findings}
    cases = [case for row, peak in zip(rows, peaks, strict=True) for case in _cases(dataset, int(row), peak, points)]
    groups = {finding: [case for case in cases if case.finding == finding] for finding in findings} | {ALL: cases}
    return Localisation(
        {
            baseline: {name: _play(group, baseline, resamples, generator) for name, group in groups.items()}
            for baseline in BASELINES
        },
        cells,
    )


def boxes_of(dataset: Dataset, row: int, finding: str) -> list[Rectangle]:
    """The boxes of one finding in one image, in store pixels."""
    return [box.rectangle for box in dataset.boxes(row) if box.finding == finding]


def _fixed_points(dataset: Dataset, finding: str, size: int) -> dict[str, Point]:
    training = [box for row in dataset.indices("train") for box in boxes_of(dataset, int(row), finding)]
    return {IMAGE_CENTRE: (size / 2, size / 2), TRAINING_BOXES: find_most_covered_point(training, size)}


def _cases(
    dataset: Dataset, row: int, peaks: NDArray[np.float32], points: Mapping[str, Mapping[str, Point]]
) -> list[_Case]:
    """One case per positive finding of the image that has a box."""
    cases = []
    for (finding, fixed), peak in zip(points.items(), peaks, strict=True):
        boxes = boxes_of(dataset, row, finding)
        positive = dataset.states[row, dataset.findings.index(finding)] == LabelState.POSITIVE
        if boxes and positive:
            hits = {baseline: is_hit(point, boxes) for baseline, point in fixed.items()}
            looked = is_hit((float(peak[0]), float(peak[1])), boxes)
            cases.append(_Case(finding, str(dataset.patient_ids[row]), looked, hits))
    return cases


def _play(cases: Sequence[_Case], baseline: str, resamples: int, generator: np.random.Generator) -> PointingGame:
    return play_pointing_game(
        [case.hit for case in cases],
        [case.hit_of_baseline[baseline] for case in cases],
        patients=[case.patient for case in cases],
        generator=generator,
        resamples=resamples,
    )
