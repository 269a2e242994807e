"""Deletion and insertion: does the score fall, or come back, sooner by the order of a map than at random?

Petsiuk, Das and Saenko, RISE, BMVC 2018, section 3.3. The cells of a map go in turn, strongest first, from the image or
into it. What went is replaced by the image's mean; what has not come yet is blurred until nothing finer than a cell is
left.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal

import cv2
import numpy as np
from numpy.typing import NDArray

from xray_resnet.evaluation.evidence import Evidence
from xray_resnet.evaluation.explanation.cases import Case, list_patients
from xray_resnet.explain.methods import Cam
from xray_resnet.fingerprint import fingerprint
from xray_resnet.map_grid import MapGrid
from xray_resnet.metrics import Estimate
from xray_resnet.metrics.means import estimate_mean
from xray_resnet.model_input import Pixels
from xray_resnet.model_output import compute_scores
from xray_resnet.progress import Progress

Way = Literal["deletion", "insertion"]
Turns = NDArray[np.intp]
Scores = NDArray[np.float64]
SHARES = tuple(np.linspace(0, 1, 9).tolist())
"""Of the cells that went; between them a curve is straight."""
_DIGITS = 4
"""Of a map's values, 0 to 1: beyond them cells would rank by rounding."""


@dataclass(frozen=True)
class Faithfulness:
    """How much better than at random a map ranks the cells.

    Attributes:
        curves: Way → mean score of the cases at each of `SHARES`.
        gains: Way → area between the map's curve and the random one: above 0, the map's score falls, or comes, sooner.
    """

    curves: Mapping[Way, Scores]
    gains: Mapping[Way, Estimate]


def measure_faithfulness(
    evidence: Evidence, cases: list[Case], maps: Mapping[Cam, NDArray[np.float32]], *, progress: Progress
) -> tuple[dict[Cam, Faithfulness], dict[Way, Scores]]:
    """Every method on the same cases, and the mean curves of the random order.

    Args:
        evidence: Has the images and the network, which is asked in the precision of the evaluation.
        cases: N of them.
        maps: Method → (N, h, w).
        progress: Told how many orders of the cells were asked about.
    """
    shape = evidence.peaks.cells
    random = np.stack([_draw_turns(evidence, case, shape) for case in cases])
    orders = {method: np.stack([*map(rank_cells, cells, random)]) for method, cells in maps.items()}
    baseline = {way: _draw_curves(evidence, cases, random, way) for way in _CHANGES}
    found = {}
    for done, (method, turns) in enumerate(orders.items(), start=1):
        found[method] = _compare({way: _draw_curves(evidence, cases, turns, way) for way in _CHANGES}, baseline, cases)
        progress(done, len(orders))
    return found, {way: curves.mean(axis=0) for way, curves in baseline.items()}


def rank_cells(cells: NDArray[np.float32], ties: Turns) -> Turns:
    """When the turn of each cell (h, w) comes: 0 for the strongest; equal ones take the turns of `ties` (h, w)."""
    order = np.lexsort((ties.ravel(), -np.round(cells, _DIGITS).ravel()))
    turns = np.empty_like(ties)
    turns.flat[order] = np.arange(turns.size)
    return turns


def delete(pixels: Pixels, went: NDArray[np.bool_], grid: MapGrid) -> Pixels:
    """Pixels (S, S) with the mean where cells (h, w) of the grid went."""
    return np.where(grid.spread(went), np.asarray(pixels.mean(), pixels.dtype), pixels)


def insert(pixels: Pixels, came: NDArray[np.bool_], grid: MapGrid) -> Pixels:
    """Pixels (S, S) where cells (h, w) of the grid came, and elsewhere what is left of them at one value a cell."""
    coarse = cv2.resize(pixels, grid.cells[::-1], interpolation=cv2.INTER_AREA)
    blurred = cv2.resize(coarse, pixels.shape[::-1], interpolation=cv2.INTER_LINEAR)
    return np.where(grid.spread(came), pixels, blurred)


_CHANGES: Mapping[Way, Callable[[Pixels, NDArray[np.bool_], MapGrid], Pixels]] = {
    "deletion": delete,
    "insertion": insert,
}


def _draw_turns(evidence: Evidence, case: Case, shape: tuple[int, int]) -> Turns:
    generator = np.random.default_rng([evidence.chance.seed, int(evidence.rows[case.place])])
    return generator.permutation(shape[0] * shape[1]).reshape(shape)


def _draw_curves(evidence: Evidence, cases: list[Case], turns: Turns, way: Way) -> Scores:
    """(N, `SHARES`) scores, as cells go in their turns (N, h, w)."""
    count = turns[0].size
    return np.stack([_score(evidence, cases, turns < round(share * count), way) for share in SHARES], axis=1)


def _score(evidence: Evidence, cases: list[Case], went: NDArray[np.bool_], way: Way) -> Scores:
    """(N,) scores of the cases' findings; those of one finding are asked about together."""
    scores = np.empty(len(cases))
    findings = np.array([case.finding for case in cases])
    for column, finding in enumerate(evidence.findings):
        (those,) = np.nonzero(findings == finding)
        if len(those):
            logits = _ask(evidence, [cases[n].place for n in those], went[those], way)
            scores[those] = compute_scores(logits[:, column].astype(np.float64))
    return scores


def _ask(evidence: Evidence, places: list[int], went: NDArray[np.bool_], way: Way) -> NDArray[np.float32]:
    """(N, F) logits of images, of which some cells went; equal cells are asked about once."""
    rows, grid = evidence.rows[places].tolist(), evidence.peaks.grid
    by_row = dict(zip(rows, went, strict=True))

    def change(pixels: Pixels, row: int) -> Pixels:
        return _CHANGES[way](pixels, by_row[row], grid)

    name = f"explanation-{way}-{fingerprint([rows, went.tolist(), grid.spacing, grid.first])}"
    return evidence.answers.recall(name, lambda: evidence.predict_on(change, places).logits)


def _compare(curves: Mapping[Way, Scores], baseline: Mapping[Way, Scores], cases: list[Case]) -> Faithfulness:
    patients = list_patients(cases)
    areas = {way: np.trapezoid(curves[way] - baseline[way], SHARES, axis=1) for way in curves}
    gains = {"deletion": -areas["deletion"], "insertion": areas["insertion"]}
    return Faithfulness(
        {way: scores.mean(axis=0) for way, scores in curves.items()},
        {way: estimate_mean(gains[way], patients=patients, least=-1, most=1) for way in curves},
    )
