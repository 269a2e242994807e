"""Localisation against a dataset's boxes: exact class activation maps beside what never looks, and beside an oracle."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from xray_resnet.evaluation.evidence import Evidence
from xray_resnet.evaluation.located import ENERGY, IOU, Case, choose_ious, list_cases
from xray_resnet.evaluation.prior import IMAGE_CENTRE, TRAINING_BOXES, TRAINING_BOXES_ON_GRID, Prior
from xray_resnet.metrics import PointingGame, play_pointing_games
from xray_resnet.metrics.overlap import THRESHOLDS, Overlap, compare_overlaps

SCHEMA_VERSION = 2
"""Of localisation.json."""
MEASURES = {
    ENERGY: "share of the map's positive part that lies in the boxes (Wang et al. 2020, section 4.3)",
    IOU: "intersection over union of the boxes and the cells that the map marks, at the threshold that is best for the "
    "finding in other patients",
}
BASELINES = {
    IMAGE_CENTRE: "the centre of the image",
    TRAINING_BOXES: "per finding the point that lies in most boxes of other patients",
    TRAINING_BOXES_ON_GRID: "per finding the centre of a cell of the maps that lies in most of those boxes",
}
ALL = "all findings"
SIZES = (0.0, 0.01, 0.025, 0.1, 1.0)
"""Bounds of the groups by the share of the image that the boxes cover. The lungs of the phantoms, with what lies over
them, fill 0.48 of an image on average: 0.025 is a twentieth of them."""

Groups = Mapping[str, NDArray[np.bool_]]
"""Name → (M,) which of the cases belong to it."""


@dataclass(frozen=True)
class Localisation:
    """How well the maps of one split show where findings are; a group is a finding, `ALL` cases, or those of a size.

    Attributes:
        games: Baseline → group → pointing game.
        overlaps: Of `MEASURES` → group → the maps against the mean of others' boxes on the same cells.
        cells: Rows and columns of the maps, which bound how well they can point.
        ceilings: Group → share of the cases in which some cell's centre lies in a box, so that an oracle on the same
            cells would hit; None without cases.
        ious: Group → mean intersection over union at each of `THRESHOLDS`; of the groups that have cases.
        learns_from: The split whose boxes the baselines know.
        first: Pixels of the image from its edge to what the first cell looks at.
    """

    games: Mapping[str, Mapping[str, PointingGame]]
    overlaps: Mapping[str, Mapping[str, Overlap]]
    cells: tuple[int, int]
    ceilings: Mapping[str, float | None]
    ious: Mapping[str, Sequence[float]]
    learns_from: str
    first: float

    @property
    def n_cases(self) -> int:
        """Pairs of image and finding with a box."""
        return self.games[IMAGE_CENTRE][ALL].n_cases

    def to_json(self) -> dict[str, Any]:
        """The content of localisation.json."""
        return {
            "schema_version": SCHEMA_VERSION,
            "map": "exact class activation map of the classifier head, on its own cells",
            "cells": [*self.cells],
            "first_cell": self.first,
            "hit": "the centre of the strongest cell lies in a box of the finding; no margin",
            "truth": "boxes of the dataset, in store pixels; an image counts for each positive finding with a box",
            "sizes": "share of the image that the boxes of a case cover",
            "baselines": BASELINES,
            "baselines_learn_from": self.learns_from,
            "games": _to_plain(self.games),
            "ceiling": "share of the cases in which the centre of some cell lies in a box of the finding",
            "ceilings": dict(self.ceilings),
            "measures": MEASURES,
            "overlaps": _to_plain(self.overlaps),
            "thresholds": [*THRESHOLDS],
            "ious": {name: [*values] for name, values in self.ious.items()},
        }


def _to_plain(tables: Mapping[str, Mapping[str, Any]]) -> dict[str, dict[str, Any]]:
    return {key: {name: asdict(row) for name, row in table.items()} for key, table in tables.items()}


def localise(evidence: Evidence) -> Localisation:
    """Compares maps and boxes on the images whose findings have boxes; what never looks learns from other patients."""
    prior = Prior(evidence)
    cases = list_cases(evidence, prior)
    groups = _group(cases, evidence.findings)
    return Localisation(
        games=_play_all(cases, groups, evidence),
        overlaps=_compare_all(cases, groups, evidence),
        cells=evidence.peaks.grid.cells,
        ceilings=_average_where([case.is_reachable for case in cases], groups),
        ious={
            name: np.mean([case.ious for case, belongs in zip(cases, group, strict=True) if belongs], axis=0).tolist()
            for name, group in groups.items()
            if group.any()
        },
        learns_from=prior.learns_from,
        first=evidence.peaks.grid.first,
    )


def _group(cases: Sequence[Case], findings: Sequence[str]) -> Groups:
    """By finding, all together, and by size."""
    names, sizes = np.array([case.finding for case in cases], str), np.array([case.size for case in cases])
    groups = {finding: names == finding for finding in findings}
    groups[ALL] = np.ones(len(cases), bool)
    for low, high in pairwise(SIZES):
        groups[name_size(low, high)] = (low < sizes) & (sizes <= high)
    return groups


def name_size(low: float, high: float) -> str:
    """The name of a group of cases whose boxes cover more than `low` of the image, and at most `high`."""
    return f"{100 * low:g} to {100 * high:g} % of the image"


def _play_all(cases: Sequence[Case], groups: Groups, evidence: Evidence) -> dict[str, dict[str, PointingGame]]:
    played = play_pointing_games(
        [case.hit for case in cases],
        np.array([[case.hit_of_baseline[baseline] for case in cases] for baseline in BASELINES], np.float64),
        [*groups.values()],
        patients=[case.patient for case in cases],
        generator=evidence.chance.generator(),
        resamples=evidence.chance.resamples,
    )
    return {baseline: dict(zip(groups, games, strict=True)) for baseline, games in zip(BASELINES, played, strict=True)}


def _compare_all(cases: Sequence[Case], groups: Groups, evidence: Evidence) -> dict[str, dict[str, Overlap]]:
    patients = np.array([case.patient for case in cases], str)
    reached = {
        ENERGY: np.array([case.energy for case in cases]),
        IOU: choose_ious(cases, seed=evidence.chance.seed),
    }
    rivals = {
        measure: np.array([[case.prior[measure], case.best[measure]] for case in cases]).reshape(-1, 2).T
        for measure in MEASURES
    }
    return {
        measure: {
            name: compare_overlaps(reached[measure][group], *rivals[measure][:, group], patients=patients[group])
            for name, group in groups.items()
        }
        for measure in MEASURES
    }


def _average_where(values: ArrayLike, groups: Groups) -> dict[str, float | None]:
    reached = np.asarray(values, np.float64)
    return {name: float(reached[group].mean()) if group.any() else None for name, group in groups.items()}
