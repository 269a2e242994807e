"""What calibration error perfect probabilities would show, on these patients, by chance alone.

Labels are drawn from the probabilities again and again (consistency resampling: Bröcker and Smith, Weather and
Forecasting 22 (2007) 651), and each time the error is measured as it was of the true labels. An interval around a
debiased error says less: near 0 its resamples repeat the chance that is in the labels, and hardly reach 0.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from xray_resnet.metrics.binned_patients import BinnedPatients
from xray_resnet.metrics.bootstrap import RESAMPLES, number_patients
from xray_resnet.metrics.calibration import assessed, assign_bins, count_bins, is_assessed
from xray_resnet.metrics.clustered import FEWEST_PATIENTS
from xray_resnet.metrics.newcombe import CONFIDENCE
from xray_resnet.metrics.ranking import Floats

_VALUES_PER_BLOCK = 4_000_000


@dataclass(frozen=True)
class PerfectErrors:
    """Errors of perfect probabilities.

    Attributes:
        root: That 95 % do not exceed, of the root of the debiased squared ℓ2 error; None if a bin has too few patients.
        plugin: The same of the plug-in ℓ1 error, the usual ECE.
        p_value: How often perfect probabilities err, debiased, as much as these or more; None with `root`.
        resemblance: Correlation that is assumed between labels of a patient's images beyond their probabilities.
    """

    root: float | None
    plugin: float
    p_value: float | None
    resemblance: float


def simulate_perfect(
    labels: ArrayLike,
    probabilities: ArrayLike,
    *,
    patients: ArrayLike,
    generator: np.random.Generator,
    resamples: int = RESAMPLES,
    bins: int | None = None,
) -> PerfectErrors | None:
    """Draws labels that the probabilities are right about, and measures the errors that they seem to have.

    Args:
        labels: (N,) of 1, 0 or NaN (left out); of them only the images left out, the resemblance, and the error that
            the p-value is of count.
        probabilities: (N,), 0 to 1 where a label is.
        patients: (N,) identifiers.
        generator: Draws the labels.
        resamples: How many times.
        bins: At most so many; without it, as `count_bins` says.

    Returns:
        None without an assessed image.

    Raises:
        ValueError: for other labels or probabilities.
    """
    truth, probability = assessed(labels, probabilities)
    if not len(truth):
        return None
    units = number_patients(np.asarray(patients)[is_assessed(labels)])
    grid = BinnedPatients(assign_bins(probability, bins or count_bins(int(units.max()) + 1)), units)
    resemblance = estimate_resemblance(truth, probability, units)
    per_block = max(1, _VALUES_PER_BLOCK // len(truth))
    errors = [
        grid.measure(probability - _draw(probability, units, resemblance, min(per_block, resamples - start), generator))
        for start in range(0, resamples, per_block)
    ]
    squared, plugin = (np.concatenate(each) for each in zip(*errors, strict=True))
    most = float(np.quantile(plugin, CONFIDENCE))
    if grid.fewest_patients < FEWEST_PATIENTS:
        return PerfectErrors(None, most, None, resemblance)
    (observed,), _ = grid.measure((probability - truth)[None])
    root = float(np.sqrt(max(0.0, np.quantile(squared, CONFIDENCE))))
    p_value = float((1 + (squared >= observed).sum()) / (1 + resamples))
    return PerfectErrors(root, most, p_value, resemblance)


def estimate_resemblance(truth: Floats, probability: Floats, units: NDArray[np.intp]) -> float:
    """How much the labels of a patient's images go together beyond their probabilities, 0 to 1.

    The sum of the products of all pairs of errors within patients, in what it would be if one draw decided all images
    of a patient: then two labels have the covariance min(p, q) - p q. An error of the probabilities raises it.

    Args:
        truth: (N,) of 1 and 0.
        probability: (N,), 0 to 1.
        units: (N,) number of the patient.
    """
    most = _sum_least_of_pairs(probability, units) - _sum_products_of_pairs(probability, units)
    found = _sum_products_of_pairs(truth - probability, units)
    return float(np.clip(found / most, 0, 1)) if most > 0 else 0.0


def _sum_products_of_pairs(values: Floats, units: NDArray[np.intp]) -> float:
    """Over all pairs within patients."""
    return float((np.bincount(units, values) ** 2 - np.bincount(units, values**2)).sum() / 2)


def _sum_least_of_pairs(values: Floats, units: NDArray[np.intp]) -> float:
    """Sum of the lesser value of all pairs within patients: each counts as often as others of its patient follow it."""
    order = np.lexsort((values, units))
    ends = np.cumsum(np.bincount(units))
    followers = ends[units[order]] - 1 - np.arange(len(order))
    return float(values[order] @ followers)


def _draw(
    probability: Floats, units: NDArray[np.intp], resemblance: float, count: int, generator: np.random.Generator
) -> Floats:
    """Labels (count, N): each image is decided by a draw of its own, or with chance √resemblance by its patient's."""
    chance = generator.random((count, len(units)))
    if resemblance:
        is_shared = generator.random(chance.shape) < np.sqrt(resemblance)
        chance = np.where(is_shared, generator.random((count, int(units.max()) + 1))[:, units], chance)
    return (chance < probability).astype(np.float64)
