"""The pointing game: does the peak of a finding's map lie in the finding? Against a point that never looks.

Zhang et al., Top-down neural attention by excitation backprop, ECCV 2016, without a tolerance margin.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from xray_resnet.boxes import Rectangle
from xray_resnet.map_grid import MapGrid, Point
from xray_resnet.metrics.bootstrap import RESAMPLES, Estimate, bootstrap, estimate, number_patients
from xray_resnet.metrics.clustered import FEW_PATIENTS, FEWEST_PATIENTS, count_equal_patients, count_patients
from xray_resnet.metrics.newcombe import combine_intervals, correlate, wilson_interval
from xray_resnet.metrics.ranking import Floats

WILSON = "Wilson's interval, with patients for cases"
PAIRED = "MOVER of paired shares (Zou and Donner 2008), from Wilson's intervals with patients for cases"
NO_POINT = "no training image of another patient has a box of the finding"


@dataclass(frozen=True)
class PointingGame:
    """Hit rates of the maps and of a fixed point over the same cases.

    Attributes:
        n_cases: Pairs of image and finding with at least one box.
        maps: Share of the cases whose peak lies in a box of the finding.
        baseline: The same of the fixed point; undefined if a case has none.
        difference: maps minus baseline, in the same resamples.
    """

    n_cases: int
    maps: Estimate
    baseline: Estimate
    difference: Estimate


def is_hit(point: Point, boxes: Sequence[Rectangle]) -> bool:
    """Whether the point lies in one of the boxes."""
    x, y = point
    return any(left <= x < left + width and top <= y < top + height for left, top, width, height in boxes)


def find_most_covered_point(boxes: Sequence[Rectangle], size: int) -> Point:
    """The point that lies in the most boxes: the best guess that never looks at an image.

    Args:
        boxes: In pixels of an image (size, size), at least one.
        size: Rows and columns.

    Returns:
        The mean of the most covered pixels' centres nearest to their middle.
    """
    coverage = np.zeros((size, size), np.int32)
    for left, top, width, height in boxes:
        rows = slice(max(0, round(top)), max(0, round(top + height)))
        coverage[rows, max(0, round(left)) : max(0, round(left + width))] += 1
    most = np.argwhere(coverage == coverage.max())
    row, column = most[np.argmin(((most - most.mean(axis=0)) ** 2).sum(axis=1))]
    return float(column) + 0.5, float(row) + 0.5


def find_most_covered_cell(boxes: Sequence[Rectangle], grid: MapGrid) -> Point:
    """The cell's centre that lies in the most boxes; among equals, and without boxes, the one nearest the middle.

    Args:
        boxes: In pixels of the image.
        grid: Cells of the maps.
    """
    middle = grid.size / 2

    def rate(centre: Point) -> tuple[int, float]:
        x, y = centre
        return sum(is_hit(centre, [box]) for box in boxes), -((x - middle) ** 2 + (y - middle) ** 2)

    return max(grid.list_centres(), key=rate)


def play_pointing_games(
    hits: ArrayLike,
    baseline_hits: ArrayLike,
    groups: ArrayLike,
    *,
    patients: ArrayLike,
    generator: np.random.Generator,
    resamples: int = RESAMPLES,
) -> list[list[PointingGame]]:
    """Games of the maps against B fixed points in G groups of cases, all in the same resamples of the patients.

    Args:
        hits: (M,) whether the map of each case hits.
        baseline_hits: (B, M) whether each fixed point hits; NaN if there is none for the case.
        groups: (G, M) whether each case belongs to each group.
        patients: (M,) identifiers; a patient is drawn with all their cases.
        generator: Draws the resamples.
        resamples: How many.

    Returns:
        For each fixed point the game of each group.
    """
    outcomes = np.vstack([np.asarray(hits, np.float64), np.asarray(baseline_hits, np.float64)])
    units, members = number_patients(patients), np.asarray(groups, bool)
    samples = _resample(outcomes, members, units, generator=generator, resamples=resamples)
    return [
        [
            _play(outcomes[[0, rival]][:, member], units[member], drawn[[0, rival]])
            for member, drawn in zip(members, samples, strict=True)
        ]
        for rival in range(1, len(outcomes))
    ]


def _resample(
    outcomes: Floats,
    members: NDArray[np.bool_],
    units: NDArray[np.intp],
    *,
    generator: np.random.Generator,
    resamples: int,
) -> Floats:
    """Hit rates (G, 1 + B, R) in each resample; NaN without a case."""
    width = int(units.max(initial=-1)) + 1
    cases = np.stack([np.bincount(units[member], minlength=width) for member in members])
    totals = np.stack([[np.bincount(units[m], row[m], minlength=width) for row in outcomes] for m in members])

    def rate(weights: Floats) -> Floats:
        counts = np.repeat(cases @ weights, len(outcomes), axis=0)
        return np.asarray(
            np.divide(np.vstack([*totals]) @ weights, counts, out=np.full_like(counts, np.nan), where=counts > 0)
        )

    return bootstrap(rate, width, generator=generator, resamples=resamples).reshape(*totals.shape[:2], -1)


def _play(outcomes: Floats, units: NDArray[np.intp], samples: Floats) -> PointingGame:
    """Maps against one fixed point (2, M), from their resamples (2, R)."""
    if not len(units):
        none = Estimate(None, why_null="no image has a box of a finding")
        return PointingGame(0, none, none, none)
    if np.isnan(outcomes).any():
        none = Estimate(None, why_null=NO_POINT)
        return PointingGame(len(units), _play(outcomes[[0, 0]], units, samples[[0, 0]]).maps, none, none)
    rates, cases = outcomes.mean(axis=1), np.unique(units, return_counts=True)[1]
    fewest = min(min(count_patients(row, units)) for row in outcomes)
    estimates = _resampled(rates, samples) if fewest >= FEW_PATIENTS else _closed(rates, samples, cases)
    return PointingGame(len(units), *estimates)


def _resampled(rates: Floats, samples: Floats) -> list[Estimate]:
    """Of the maps, the baseline and their difference, from the resamples (2, R)."""
    return [
        *(estimate(float(rate), drawn) for rate, drawn in zip(rates, samples, strict=True)),
        estimate(float(rates[0] - rates[1]), samples[0] - samples[1]),
    ]


def _closed(rates: Floats, samples: Floats, cases: NDArray[np.intp]) -> list[Estimate]:
    """The same if few patients have a hit, or a miss, from the cases (P,) of each patient; none for one patient."""
    values = [float(rates[0]), float(rates[1]), float(rates[0] - rates[1])]
    if len(cases) < FEWEST_PATIENTS:
        return [Estimate(value, why_null="interval: too few patients, 1") for value in values]
    intervals = [wilson_interval(rate, count_equal_patients(cases)) for rate in values[:2]]
    ends = combine_intervals(values[:2], intervals, weights=(1, -1), correlation=correlate(samples))
    shares = [Estimate(rate, *each, method=WILSON) for rate, each in zip(values[:2], intervals, strict=True)]
    return [*shares, Estimate(values[2], *ends, method=PAIRED)]
