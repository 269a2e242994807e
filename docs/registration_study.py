"""What maps would reach if the cells of each finding were moved by an offset of its own, learnt from other patients.

Run: python -m docs.registration_study RUN DATASET [--split all]

`xray-eval` measures where cells look without labels, across a film, and for all findings alike. Here every finding has
an offset across and one down, in quarters of a cell: for each of five folds of patients that with the best intersection
over union in the other four, as the threshold is chosen anyway. The prior, which learns from boxes of other patients,
too, and the cells are those of `xray-eval`.
"""

import argparse
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import product
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from xray_resnet.boxes import Rectangle
from xray_resnet.cli.common import show_progress
from xray_resnet.evaluation.evaluate import gather_evidence
from xray_resnet.evaluation.evidence import Chance, Evidence
from xray_resnet.evaluation.located import ENERGY, IOU, Case, list_cases
from xray_resnet.evaluation.prior import TRAINING_BOXES_ON_GRID, Prior, find_truth
from xray_resnet.evaluation.subject import open_subject
from xray_resnet.evaluation.telling import divide_patients
from xray_resnet.map_grid import MapGrid, Point
from xray_resnet.metrics import Estimate, PointingGame, play_pointing_games
from xray_resnet.metrics.localisation import is_hit
from xray_resnet.metrics.overlap import THRESHOLDS, Overlap, compare_overlaps, measure_energy, measure_ious

Floats = NDArray[np.float64]
STEPS = tuple(product((np.arange(-6, 7) / 4).tolist(), repeat=2))
"""Cells to move by, across and down."""


@dataclass(frozen=True)
class Pictured:
    """A finding with boxes in an image.

    Attributes:
        case: What its map, the prior and an oracle reach.
        heat: (h, w) its map.
        peak: Where that is strongest, in pixels of the image.
        boxes: Where the finding is.
    """

    case: Case
    heat: NDArray[np.float32]
    peak: Point
    boxes: Sequence[Rectangle]


@dataclass(frozen=True)
class Registered:
    """A finding's maps, moved.

    Attributes:
        name: The finding.
        steps: Cells that the folds moved by, across and down.
        game: Pointing beside the best cell.
        energy: Beside the mean box.
        iou: Likewise.
    """

    name: str
    steps: Sequence[tuple[float, float]]
    game: PointingGame
    energy: Overlap
    iou: Overlap


def main(arguments: Sequence[str]) -> int:
    """Prints the table; returns the exit code."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("run", type=Path)
    parser.add_argument("dataset", type=Path)
    parser.add_argument("--split", default="all")
    asked = parser.parse_args(arguments)
    subject = open_subject(asked.run, dataset=asked.dataset, split=asked.split, precision="auto", treatment="refuse")
    evidence = gather_evidence(subject, Chance(), show=show_progress)
    compared = ("pointing: maps, best cell", "energy: maps, prior", "IoU: maps, prior")
    print("| finding | cases | moved by, cells |", *(f"{each} | difference |" for each in compared))
    print("|---" * 9 + "|")
    pictured = [*picture_cases(evidence)]
    for name in evidence.findings:
        of_finding = [each for each in pictured if each.case.finding == name]
        print(format_row(register(name, of_finding, evidence)), flush=True)
    return 0


def picture_cases(evidence: Evidence) -> Iterator[Pictured]:
    """The cases of all findings, with their maps and boxes."""
    for case in list_cases(evidence, Prior(evidence)):
        column = evidence.findings.index(case.finding)
        x, y = evidence.peaks.points[case.place, column].tolist()
        boxes = evidence.boxes(case.place, case.finding)
        yield Pictured(case, evidence.maps[case.place][column], (x, y), boxes)


def register(name: str, pictured: Sequence[Pictured], evidence: Evidence) -> Registered:
    """Moves the maps of each fold of patients as the other folds say, and compares them with the prior."""
    grid, cases = evidence.peaks.grid, [each.case for each in pictured]
    patients = np.array([case.patient for case in cases])
    reached = [[reach(each, grid, step) for each in pictured] for step in STEPS]
    energies, ious = (np.array([[case[k] for case in row] for row in reached]) for k in (0, 1))
    folds = divide_patients(patients, seed=evidence.chance.seed)
    chosen = {fold: choose(ious[:, folds != fold]) for fold in np.unique(folds)}
    places, thresholds = np.array([chosen[fold] for fold in folds]).T
    steps, each_case = [STEPS[place] for place in places], np.arange(len(cases))
    (game,) = play_pointing_games(
        [is_hit(move(each.peak, grid, step), each.boxes) for each, step in zip(pictured, steps, strict=True)],
        np.array([[case.hit_of_baseline[TRAINING_BOXES_ON_GRID] for case in cases]], np.float64),
        np.ones((1, len(cases)), bool),
        patients=patients,
        generator=evidence.chance.generator(),
    )
    moved = {ENERGY: energies[places, each_case], IOU: ious[places, each_case, thresholds]}
    overlaps = (
        compare_overlaps(
            own, [case.prior[measure] for case in cases], [case.best[measure] for case in cases], patients=patients
        )
        for measure, own in moved.items()
    )
    return Registered(name, [*dict.fromkeys(steps)], game[0], *overlaps)


def move(point: Point, grid: MapGrid, step: tuple[float, float]) -> Point:
    """A point, moved by so many cells across and down."""
    return point[0] + step[0] * grid.spacing, point[1] + step[1] * grid.spacing


def reach(pictured: Pictured, grid: MapGrid, step: tuple[float, float]) -> tuple[float, Floats]:
    """Energy and intersections over union of a map that is moved by a step; the boxes are moved back instead."""
    back = (-step[0], -step[1])
    truth = find_truth([(*move((x, y), grid, back), width, height) for x, y, width, height in pictured.boxes], grid)
    if truth is None:
        return 0.0, np.zeros(len(THRESHOLDS))
    return measure_energy(pictured.heat, truth), measure_ious(pictured.heat, truth)


def choose(ious: Floats) -> tuple[int, int]:
    """Places of the step and of the threshold that are best on average, of (steps, cases, thresholds)."""
    step, threshold = np.unravel_index(ious.mean(axis=1).argmax(), (len(ious), ious.shape[2]))
    return int(step), int(threshold)


def format_row(found: Registered) -> str:
    """A row of the table, in per cent and points."""
    steps = "; ".join(f"{across:+g}, {down:+g}" for across, down in found.steps)
    cells = [found.name, str(found.game.n_cases), steps]
    for compared in (found.game, found.energy, found.iou):
        cells += [f"{_tell(compared.maps)}, {_tell(compared.baseline)}", _tell(compared.difference, interval=True)]
    return f"| {' | '.join(cells)} |".replace("-", "−")


def _tell(estimate: Estimate, *, interval: bool = False) -> str:
    value = 100 * (estimate.value or 0.0)
    if not interval or estimate.low is None or estimate.high is None:
        return f"{value:.1f}"
    return f"{value:+.1f} ({100 * estimate.low:.1f} to {100 * estimate.high:.1f})"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
