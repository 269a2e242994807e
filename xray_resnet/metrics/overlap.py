"""Overlap: how much of a map lies in a finding, and how well what the map marks covers it.

Maps are compared on their own cells, each of which stands for the pixels nearest to it: what a map cannot resolve is
not smoothed away. Beside them stands the best that any map of these cells could do.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from xray_resnet.metrics.bootstrap import Estimate
from xray_resnet.metrics.localisation import NO_POINT
from xray_resnet.metrics.means import estimate_mean
from xray_resnet.metrics.ranking import Floats

THRESHOLDS = tuple(step / 20 for step in range(1, 20))
"""Shares of a map's greatest value."""
NO_CASE = "no image has a box of a finding"


@dataclass(frozen=True)
class Truth:
    """A finding on the cells of a map.

    Attributes:
        inside: (h, w) pixels of the finding among those that each cell stands for, at least one in all.
        pixels: (h, w) pixels that each cell stands for.
    """

    inside: Floats
    pixels: Floats

    @property
    def shares(self) -> Floats:
        """(h, w) share of each cell that lies in the finding."""
        return np.asarray(self.inside / self.pixels)


@dataclass(frozen=True)
class Overlap:
    """What maps reach on average, against a prior and an oracle on the same cells.

    Attributes:
        n_cases: Pairs of image and finding with a box.
        maps: Of the maps.
        baseline: The same of a prior that is alike for all images; undefined if a case has none.
        difference: maps minus baseline.
        ceiling: What an oracle reaches on average; None without cases.
    """

    n_cases: int
    maps: Estimate
    baseline: Estimate
    difference: Estimate
    ceiling: float | None


def measure_energy(heat: NDArray[np.floating], truth: Truth) -> float:
    """The share of a map's positive part that lies in the finding; 0 if nothing is positive.

    Wang et al., Score-CAM, CVPR workshops 2020, section 4.3: the energy-based pointing game.
    """
    positive = np.maximum(heat, 0)
    total = float((positive * truth.pixels).sum())
    return float((positive * truth.inside).sum()) / total if total else 0.0


def measure_ious(heat: NDArray[np.floating], truth: Truth) -> Floats:
    """Intersection over union of the finding and the cells that a map marks, at each of `THRESHOLDS`, (T,).

    Args:
        heat: (h, w); a cell is marked if it has a positive value and at least the share of the map's greatest.
        truth: The finding on the same cells.
    """
    shares = np.array(THRESHOLDS)[:, None]
    marked = (heat.ravel() >= shares * heat.max()) & (heat.ravel() > 0)
    shared = marked @ truth.inside.ravel()
    return np.asarray(shared / (truth.inside.sum() + marked @ (truth.pixels - truth.inside).ravel()))


def find_best_energy(truth: Truth) -> float:
    """The energy in the finding of a map that is positive only in the cell that lies most in it."""
    return float(truth.shares.max())


def find_best_iou(truth: Truth) -> float:
    """The greatest intersection over union of any set of cells.

    Adding a cell raises the ratio if its own ratio, the share of it that lies in the finding against the share that
    does not, is above; so the best set has the cells that lie most in the finding.
    """
    order = np.argsort(-truth.shares, axis=None)
    inside, outside = (values.ravel()[order].cumsum() for values in (truth.inside, truth.pixels - truth.inside))
    return float((inside / (truth.inside.sum() + outside)).max())


def choose_threshold(ious: Floats) -> int:
    """Place of the threshold that is best on average.

    Args:
        ious: (M, T) of M cases, as `measure_ious` gives them; the middle threshold without any.
    """
    return int(ious.mean(axis=0).argmax()) if len(ious) else len(THRESHOLDS) // 2


def compare_overlaps(maps: ArrayLike, prior: ArrayLike, best: ArrayLike, *, patients: ArrayLike) -> Overlap:
    """Averages over cases, with intervals that count patients.

    Args:
        maps: (M,) what the map of each case reaches.
        prior: (M,) what the prior reaches; NaN if there is none for the case.
        best: (M,) what an oracle reaches.
        patients: (M,) identifiers.
    """
    reached, rival, most = (np.asarray(each, np.float64) for each in (maps, prior, best))
    if not len(reached):
        none = Estimate(None, why_null=NO_CASE)
        return Overlap(0, none, none, none, None)
    own, ceiling = estimate_mean(reached, patients=patients, least=0, most=1), float(most.mean())
    if np.isnan(rival).any():
        none = Estimate(None, why_null=NO_POINT)
        return Overlap(len(reached), own, none, none, ceiling)
    others = estimate_mean(rival, patients=patients, least=0, most=1)
    difference = estimate_mean(reached - rival, patients=patients, least=-1, most=1)
    return Overlap(len(reached), own, others, difference, ceiling)
