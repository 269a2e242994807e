"""The pointing game: does the peak of a finding's map lie in the finding? Against a point that never looks.

Zhang et al., Top-down neural attention by excitation backprop, ECCV 2016, section 4.2, without a tolerance margin.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from xray_resnet.metrics.bootstrap import RESAMPLES, Estimate, bootstrap, estimate, number_patients
from xray_resnet.metrics.ranking import Floats

FEWEST_PATIENTS = 5
"""With fewer, resampling them says nothing of other patients, and no interval is given."""

Box = tuple[float, float, float, float]
"""x, y of the upper left corner, width and height, in pixels."""
Point = tuple[float, float]
"""x, y in pixels."""


@dataclass(frozen=True)
class PointingGame:
    """Hit rates of the maps and of a fixed point over the same cases.

    Attributes:
        n_cases: Pairs of image and finding with at least one box.
        maps: Share of the cases whose peak lies in a box of the finding.
        baseline: The same of the fixed point.
        difference: maps minus baseline, in the same resamples.
    """

    n_cases: int
    maps: Estimate
    baseline: Estimate
    difference: Estimate


def find_peak(heat: NDArray[np.generic], size: int) -> Point:
    """Centre of the strongest cell of a map (h, w), in pixels of an image (size, size)."""
    row, column = np.unravel_index(int(np.argmax(heat)), heat.shape)
    return (float(column) + 0.5) * size / heat.shape[1], (float(row) + 0.5) * size / heat.shape[0]


def is_hit(point: Point, boxes: Sequence[Box]) -> bool:
    """Whether the point lies in one of the boxes."""
    x, y = point
    return any(left <= x < left + width and top <= y < top + height for left, top, width, height in boxes)


def find_most_covered_point(boxes: Sequence[Box], size: int) -> Point:
    """The point that lies in the most boxes: the best guess that never looks at an image.

    Args:
        boxes: In pixels of an image (size, size).
        size: Rows and columns.

    Returns:
        The mean of the most covered pixels' centres nearest to their middle; the image centre without boxes.
    """
    if not boxes:
        return size / 2, size / 2
    coverage = np.zeros((size, size), np.int32)
    for left, top, width, height in boxes:
        rows = slice(max(0, round(top)), max(0, round(top + height)))
        coverage[rows, max(0, round(left)) : max(0, round(left + width))] += 1
    most = np.argwhere(coverage == coverage.max())
    row, column = most[np.argmin(((most - most.mean(axis=0)) ** 2).sum(axis=1))]
    return float(column) + 0.5, float(row) + 0.5


def play_pointing_game(
    hits: ArrayLike,
    baseline_hits: ArrayLike,
    *,
    patients: ArrayLike,
    generator: np.random.Generator,
    resamples: int = RESAMPLES,
) -> PointingGame:
    """Hit rates with patient-clustered intervals.

    Args:
        hits: (M,) whether the map of each case hits.
        baseline_hits: (M,) whether the fixed point hits.
        patients: (M,) identifiers.
        generator: Draws the resamples.
        resamples: How many.
    """
    outcomes = np.stack([np.asarray(hits, np.float64), np.asarray(baseline_hits, np.float64)])
    if not outcomes.shape[1]:
        none = Estimate(None, why_null="no image has a box of a finding")
        return PointingGame(0, none, none, none)
    units = number_patients(patients)
    totals = np.stack([np.bincount(units, row) for row in [*outcomes, np.ones(len(units))]])

    def values(weights: Floats) -> Floats:
        hit, baseline, cases = totals @ weights
        return np.asarray(np.stack([hit, baseline, hit - baseline]) / cases)

    point = values(np.ones((totals.shape[1], 1)))[:, 0]
    if totals.shape[1] < FEWEST_PATIENTS:
        reason = f"interval: fewer than {FEWEST_PATIENTS} patients"
        return PointingGame(len(units), *(Estimate(float(value), why_null=reason) for value in point))
    samples = bootstrap(values, totals.shape[1], generator=generator, resamples=resamples)
    estimates = (estimate(float(value), row) for value, row in zip(point, samples, strict=True))
    return PointingGame(len(units), *estimates)
