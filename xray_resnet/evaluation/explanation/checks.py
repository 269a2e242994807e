"""All checks of all methods, on the same cases."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from xray_resnet.evaluation.evidence import Evidence
from xray_resnet.evaluation.explanation.agreement import measure_agreement
from xray_resnet.evaluation.explanation.cases import Case, draw_cases
from xray_resnet.evaluation.explanation.cost import measure_costs
from xray_resnet.evaluation.explanation.faithfulness import SHARES, Faithfulness, Scores, Way, measure_faithfulness
from xray_resnet.evaluation.explanation.sanity import KEPT, Sanity, check_sanity
from xray_resnet.evaluation.methods import estimate_to_json
from xray_resnet.explain.methods import METHODS, TITLES, Cam
from xray_resnet.metrics import Estimate

SCHEMA_VERSION = 1
"""Of the figures in metrics.json."""


@dataclass(frozen=True)
class MethodChecks:
    """What became of one method.

    Attributes:
        sanity: Whether its map is destroyed if weights are drawn anew.
        faithfulness: How much better than at random it ranks the cells.
        agreement: Rank correlation with occlusion over all cases.
        by_finding: The same by finding.
        cost: Time of a map over that of a prediction.
    """

    sanity: Sanity
    faithfulness: Faithfulness
    agreement: Estimate
    by_finding: Mapping[str, Estimate]
    cost: float

    def to_json(self) -> dict[str, Any]:
        """Its entry in metrics.json."""
        return {
            "sanity": _sanity_to_json(self.sanity),
            "faithfulness": {way: estimate_to_json(gain) for way, gain in self.faithfulness.gains.items()},
            "curves": {way: scores.tolist() for way, scores in self.faithfulness.curves.items()},
            "occlusion": estimate_to_json(self.agreement),
            "occlusion_by_finding": {name: estimate_to_json(each) for name, each in self.by_finding.items()},
            "cost": self.cost,
        }


@dataclass(frozen=True)
class Checks:
    """What became of all methods.

    Attributes:
        methods: Of each.
        random: Way → mean curve of the random order.
        n_cases: Pairs of image and finding.
        n_patients: Whom they are of.
        cells: Rows and columns of the maps.
    """

    methods: Mapping[Cam, MethodChecks]
    random: Mapping[Way, Scores]
    n_cases: int
    n_patients: int
    cells: tuple[int, int]

    def to_json(self) -> dict[str, Any]:
        """The part of metrics.json."""
        return {
            "schema_version": SCHEMA_VERSION,
            "n_cases": self.n_cases,
            "n_patients": self.n_patients,
            "cells": [*self.cells],
            "kept_from": KEPT,
            "shares": [*SHARES],
            "random": {way: scores.tolist() for way, scores in self.random.items()},
            "methods": {name: {"title": TITLES[name], **each.to_json()} for name, each in self.methods.items()},
        }


def check_maps(evidence: Evidence) -> Checks | None:
    """Checks every method on cases drawn from the evidence; None if no image has a finding."""
    cases = draw_cases(evidence)
    if not cases:
        return None
    maps = _explain(evidence, cases)
    with evidence.show("random networks", "patients") as progress:
        sanity = check_sanity(evidence, cases, maps, progress=progress)
    with evidence.show("covering parts of images", "images") as progress:
        agreement = measure_agreement(evidence, cases, maps, progress=progress)
    with evidence.show("taking cells away", "methods") as progress:
        faithfulness, random = measure_faithfulness(evidence, cases, maps, progress=progress)
    costs = measure_costs(evidence, cases)
    methods = {
        name: MethodChecks(sanity[name], faithfulness[name], agreement[name].pop(""), agreement[name], costs[name])
        for name in METHODS
    }
    return Checks(methods, random, len(cases), len({case.patient for case in cases}), evidence.peaks.cells)


def _explain(evidence: Evidence, cases: list[Case]) -> dict[Cam, NDArray[np.float32]]:
    """Method → maps of the cases, (N, h, w)."""
    found = [evidence.network.explain([*evidence.images([case.place])], [case.finding]) for case in cases]
    return {method: np.concatenate([maps[method] for maps in found]) for method in METHODS}


def _sanity_to_json(sanity: Sanity) -> dict[str, Any]:
    return {
        "verdict": sanity.verdict,
        "kept": [*sanity.kept],
        "n_cases": sanity.n_cases,
        "steps": [
            {
                "part": step.part,
                "correlation": estimate_to_json(step.correlation),
                "similarity": estimate_to_json(step.similarity),
            }
            for step in sanity.steps
        ],
    }
