"""Findings with boxes: what the map of each reaches, what the prior does, and what an oracle could."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from xray_resnet.evaluation.evidence import Evidence
from xray_resnet.evaluation.prior import Prior, find_truth
from xray_resnet.evaluation.telling import divide_patients
from xray_resnet.findings import LabelState
from xray_resnet.metrics.localisation import is_hit
from xray_resnet.metrics.overlap import (
    choose_threshold,
    find_best_energy,
    find_best_iou,
    measure_energy,
    measure_ious,
)

ENERGY, IOU = "energy", "iou"


@dataclass(frozen=True)
class Case:
    """A positive finding with a box in an image.

    Attributes:
        finding: Its name.
        patient: The patient's identifier.
        size: Share of the image that its boxes cover.
        hit: Whether the map peaks in a box.
        hit_of_baseline: Baseline → whether its point lies in a box; None if there is none.
        is_reachable: Whether the centre of some cell lies in a box.
        energy: Of the map.
        ious: (T,) intersection over union of the map at each threshold.
        prior: What the prior reaches, by `ENERGY` and `IOU`; NaN without one.
        best: What an oracle reaches, by the same.
        place: Of the image among the N of the evidence.
    """

    finding: str
    patient: str
    size: float
    hit: bool
    hit_of_baseline: Mapping[str, bool | None]
    is_reachable: bool
    energy: float
    ious: NDArray[np.float64]
    prior: Mapping[str, float]
    best: Mapping[str, float]
    place: int


def list_cases(evidence: Evidence, prior: Prior) -> list[Case]:
    """One case per image and positive finding with a box that lies in it."""
    return [
        case
        for place in sorted(evidence.maps)
        for column in np.flatnonzero(evidence.predictions.states[place] == LabelState.POSITIVE).tolist()
        for case in _make_case(evidence, prior, place, column)
    ]


def _make_case(evidence: Evidence, prior: Prior, place: int, column: int) -> Iterator[Case]:
    """The case, if the finding has a box."""
    finding, patient = evidence.findings[column], str(evidence.predictions.patient_ids[place])
    boxes, grid = evidence.boxes(place, finding), evidence.peaks.grid
    truth = find_truth(boxes, grid)
    if truth is None:
        return
    guess, heat = prior.guess(finding, patient), evidence.maps[place][column]
    x, y = evidence.peaks.points[place, column].tolist()
    yield Case(
        finding,
        patient,
        size=float(truth.inside.sum() / truth.pixels.sum()),
        hit=is_hit((x, y), boxes),
        hit_of_baseline={name: None if point is None else is_hit(point, boxes) for name, point in guess.points.items()},
        is_reachable=any(is_hit(centre, boxes) for centre in grid.list_centres()),
        energy=measure_energy(heat, truth),
        ious=measure_ious(heat, truth),
        prior=dict(zip((ENERGY, IOU), guess.reach(truth), strict=True)),
        best={ENERGY: find_best_energy(truth), IOU: find_best_iou(truth)},
        place=place,
    )


def choose_ious(cases: Sequence[Case], *, seed: int) -> NDArray[np.float64]:
    """(M,) intersection over union of each map at the threshold that is best for the finding in other patients.

    Args:
        cases: The M cases.
        seed: Of the division of the patients.
    """
    folds = divide_patients(np.array([case.patient for case in cases]), seed=seed)
    ious = np.array([case.ious for case in cases])
    findings = np.array([case.finding for case in cases])
    chosen = np.zeros(len(cases))
    for finding, fold in {*zip(findings.tolist(), folds.tolist(), strict=True)}:
        own, others = (findings == finding) & (folds == fold), (findings == finding) & (folds != fold)
        chosen[own] = ious[own, choose_threshold(ious[others])]
    return chosen
