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
from xray_resnet.evaluation.prior import TRAINING_BOXES_ON_GRID, Guess, Prior, find_truth
from xray_resnet.evaluation.subject import open_subject
from xray_resnet.evaluation.telling import divide_patients
from xray_resnet.findings import LabelState
from xray_resnet.map_grid import MapGrid
from xray_resnet.metrics import Estimate, PointingGame, play_pointing_games
from xray_resnet.metrics.localisation import is_hit
from xray_resnet.metrics.overlap import THRESHOLDS, Overlap, compare_overlaps, measure_energy, measure_ious

Floats = NDArray[np.float64]
STEPS = tuple(product((np.arange(-6, 7) / 4).tolist(), repeat=2))
"""Cells to move by, across and down."""


@dataclass(frozen=True)
class Case:
    """A finding with boxes in an image.

    Attributes:
        patient: Whose it is.
        heat: (h, w) its map.
        peak: Where that is strongest, in pixels of the image.
        boxes: Where the finding is.
        guess: What the prior says of the patient's images.
    """

    patient: str
    heat: NDArray[np.float32]
    peak: tuple[float, float]
    boxes: Sequence[Rectangle]
    guess: Guess


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
    for name in evidence.findings:
        print(format_row(register(name, [*list_cases(evidence, name)], evidence)), flush=True)
    return 0


def list_cases(evidence: Evidence, finding: str) -> Iterator[Case]:
    """Its cases among the images that have boxes."""
    column, prior = evidence.findings.index(finding), Prior(evidence)
    for place in sorted(evidence.maps):
        boxes = evidence.boxes(place, finding)
        if evidence.predictions.states[place, column] == LabelState.POSITIVE and boxes:
            patient = str(evidence.predictions.patient_ids[place])
            x, y = evidence.peaks.points[place, column].tolist()
            yield Case(patient, evidence.maps[place][column], (x, y), boxes, prior.guess(finding, patient))


def register(name: str, cases: Sequence[Case], evidence: Evidence) -> Registered:
    """Moves the maps of each fold of patients as the other folds say, and compares them with the prior."""
    grid, patients = evidence.peaks.grid, np.array([case.patient for case in cases])
    ious = np.stack([[reach(case, grid, step)[1] for case in cases] for step in STEPS])
    fold_of = divide_patients(patients, seed=evidence.chance.seed)
    chosen = {fold: choose(ious[:, fold_of != fold]) for fold in np.unique(fold_of).tolist()}
    steps = [STEPS[chosen[fold][0]] for fold in fold_of.tolist()]
    energies = np.array([reach(case, grid, step)[0] for case, step in zip(cases, steps, strict=True)])
    best = np.array([ious[chosen[fold][0], place, chosen[fold][1]] for place, fold in enumerate(fold_of.tolist())])
    hits = [is_hit(move(case.peak, grid, step), case.boxes) for case, step in zip(cases, steps, strict=True)]
    rivals = np.array([find_rival(case, grid) for case in cases]).T
    (game,) = play_pointing_games(
        hits, rivals[:1], np.ones((1, len(cases)), bool), patients=patients, generator=evidence.chance.generator()
    )
    overlaps = (
        compare_overlaps(own, rival, np.ones(len(cases)), patients=patients)
        for own, rival in ((energies, rivals[1]), (best, rivals[2]))
    )
    return Registered(name, [*dict.fromkeys(steps)], game[0], *overlaps)


def move(point: tuple[float, float], grid: MapGrid, step: tuple[float, float]) -> tuple[float, float]:
    """A point, moved by so many cells across and down."""
    return point[0] + step[0] * grid.spacing, point[1] + step[1] * grid.spacing


def reach(case: Case, grid: MapGrid, step: tuple[float, float]) -> tuple[float, Floats]:
    """Energy and intersections over union of a map that is moved by a step; the boxes are moved back instead."""
    back = (-step[0], -step[1])
    truth = find_truth([(*move((x, y), grid, back), width, height) for x, y, width, height in case.boxes], grid)
    if truth is None:
        return 0.0, np.zeros(len(THRESHOLDS))
    return measure_energy(case.heat, truth), measure_ious(case.heat, truth)


def choose(ious: Floats) -> tuple[int, int]:
    """Places of the step and of the threshold that are best on average, of (steps, cases, thresholds)."""
    step, threshold = np.unravel_index(ious.mean(axis=1).argmax(), (len(ious), ious.shape[2]))
    return int(step), int(threshold)


def find_rival(case: Case, grid: MapGrid) -> tuple[float, float, float]:
    """Whether the best cell hits, and energy and intersection over union of the mean box."""
    truth, point = find_truth(case.boxes, grid), case.guess.points[TRAINING_BOXES_ON_GRID]
    assert truth is not None and point is not None, "a case has boxes, and so has the prior"
    return (float(is_hit(point, case.boxes)), *case.guess.reach(truth))


def format_row(found: Registered) -> str:
    """A row of the table, in per cent and points."""
    steps = "; ".join(f"{across:+g}, {down:+g}" for across, down in found.steps)
    cells = [found.name, str(found.game.n_cases), steps]
    for compared in (found.game, found.energy, found.iou):
        cells += [f"{_tell(compared.maps)}, {_tell(compared.baseline)}", _tell(compared.difference, interval=True)]
    return f"| {' | '.join(cells)} |".replace("-", "−")


def _tell(estimate: Estimate, *, interval: bool = False) -> str:
    value = f"{100 * (estimate.value or 0.0):.1f}"
    if not interval or estimate.low is None or estimate.high is None:
        return value
    return f"{100 * (estimate.value or 0.0):+.1f} ({100 * estimate.low:.1f} to {100 * estimate.high:.1f})"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
