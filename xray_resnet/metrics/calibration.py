"""Calibration: whether of the images that are given a probability of 0.3, three in ten have the finding.

Labels are 1, 0 or NaN (not assessed, left out). Probabilities are compared with labels in bins of equal mass; equal
probabilities share a bin, so that no order of the images matters.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from xray_resnet.metrics.binned_patients import BinnedPatients
from xray_resnet.metrics.bootstrap import RESAMPLES, Estimate, bootstrap, estimate, number_patients
from xray_resnet.metrics.clustered import FEW_PATIENTS, FEWEST_PATIENTS, count_patients
from xray_resnet.metrics.ranking import Floats, checked
from xray_resnet.metrics.shares import estimate_shares

MOST_BINS = 10
PATIENTS_PER_BIN = 20
"""Fewer say little of a share: with 20 the interval of one half reaches from 0.30 to 0.70."""
_EPSILON = float(np.finfo(np.float64).eps)


@dataclass(frozen=True)
class CalibrationError:
    """How far probabilities are from the observed shares, over the bins.

    Attributes:
        squared: Mean squared distance, debiased: its expectation is 0 for perfect probabilities, so that it can fall
            below 0. None if a bin has fewer than two patients.
        plugin: Mean absolute distance, the expected calibration error (ECE) as it is mostly published: chance alone
            raises it, the more the smaller the bins. None if there is no image.
        n_bins: How many bins.
        why_null: Why `squared` is None.
    """

    squared: float | None
    plugin: float | None
    n_bins: int
    why_null: str | None = None

    @property
    def root(self) -> float | None:
        """Root of `squared`, on the scale of probabilities; 0 if it is below 0, None if it is None."""
        return None if self.squared is None else float(np.sqrt(max(0.0, self.squared)))


@dataclass(frozen=True)
class BrierParts:
    """Brier score = reliability - resolution + uncertainty + within_variance - within_covariance, exactly.

    Attributes:
        score: The Brier score.
        reliability: Squared distance of the mean probability of each bin to its observed share; 0 is perfect.
        resolution: Variance of the observed shares over the bins; more is better.
        uncertainty: Variance of the labels; depends on the prevalence alone.
        within_variance: Variance of the probabilities within the bins.
        within_covariance: Twice their covariance with the labels within the bins.
    """

    score: float
    reliability: float
    resolution: float
    uncertainty: float
    within_variance: float
    within_covariance: float


@dataclass(frozen=True)
class ReliabilityBin:
    """One bin of a reliability diagram.

    Attributes:
        probability: Mean probability of its images.
        observed: Share of them that have the finding.
        n_images: How many they are.
        n_patients: How many patients they come from.
    """

    probability: float
    observed: Estimate
    n_images: int
    n_patients: int


def log_loss(labels: ArrayLike, probabilities: ArrayLike) -> float | None:
    """Mean of -ln of the probability given to what is the case; None without an assessed image.

    Probabilities of 0 and 1 count as 2.2e-16 beside them, as in scikit-learn.

    Args:
        labels: (N,) of 1, 0 or NaN (left out).
        probabilities: (N,), 0 to 1 where a label is.

    Raises:
        ValueError: for other labels or probabilities.
    """
    truth, probability = assessed(labels, probabilities)
    return float(_log_losses(truth, probability).mean()) if len(truth) else None


def brier_score(labels: ArrayLike, probabilities: ArrayLike) -> float | None:
    """Mean squared distance of probability and label (Brier 1950), 0 to 1; None without an assessed image.

    Args:
        labels: (N,) of 1, 0 or NaN (left out).
        probabilities: (N,), 0 to 1 where a label is.

    Raises:
        ValueError: for other labels or probabilities.
    """
    truth, probability = assessed(labels, probabilities)
    return float(((probability - truth) ** 2).mean()) if len(truth) else None


def decompose_brier(labels: ArrayLike, probabilities: ArrayLike, *, bins: int = MOST_BINS) -> BrierParts | None:
    """The Brier score in the parts of Murphy, Journal of Applied Meteorology 12 (1973) 595.

    With probabilities that differ within a bin his three do not add up; the two of Stephenson, Coelho and Jolliffe,
    Weather and Forecasting 23 (2008) 752, make them.

    Args:
        labels: (N,) of 1, 0 or NaN (left out).
        probabilities: (N,), 0 to 1 where a label is.
        bins: At most so many.

    Returns:
        The parts; None without an assessed image.

    Raises:
        ValueError: for other labels or probabilities.
    """
    truth, probability = assessed(labels, probabilities)
    if not len(truth):
        return None
    where = assign_bins(probability, bins)
    predicted, observed = (_average_by_bin(values, where)[where] for values in (probability, truth))
    return BrierParts(
        float(((probability - truth) ** 2).mean()),
        float(((predicted - observed) ** 2).mean()),
        float(((observed - truth.mean()) ** 2).mean()),
        float(truth.mean() * (1 - truth.mean())),
        float(((probability - predicted) ** 2).mean()),
        float(2 * ((probability - predicted) * (truth - observed)).mean()),
    )


def calibration_error(
    labels: ArrayLike, probabilities: ArrayLike, *, patients: ArrayLike, bins: int | None = None
) -> CalibrationError:
    """The debiased ℓ2 calibration error of Kumar, Liang and Ma, NeurIPS 2019, with patients as the unit.

    From the squared distance in each bin the variance of that distance is subtracted, summed by patients: images of
    one patient resemble each other. With one image a patient, and one probability a bin, that variance is the paper's
    ŷ (1 - ŷ) / (n - 1). The ℓ1 form of their library is not taken: of the bias at perfect calibration it leaves 59 %,
    which is 2 - √2.

    Args:
        labels: (N,) of 1, 0 or NaN (left out).
        probabilities: (N,), 0 to 1 where a label is.
        patients: (N,) identifiers.
        bins: At most so many; without it, as `count_bins` says.

    Raises:
        ValueError: for other labels or probabilities.
    """
    truth, probability = assessed(labels, probabilities)
    if not len(truth):
        return CalibrationError(None, None, 0, "no assessed image")
    units = number_patients(np.asarray(patients)[is_assessed(labels)])
    where = assign_bins(probability, bins or count_bins(int(units.max()) + 1))
    grid = BinnedPatients(where, units)
    (squared,), (plugin,) = grid.measure((probability - truth)[None])
    if grid.fewest_patients < FEWEST_PATIENTS:
        reason = f"a bin has fewer than {FEWEST_PATIENTS} patients"
        return CalibrationError(None, float(plugin), grid.n_bins, reason)
    return CalibrationError(float(squared), float(plugin), grid.n_bins)


def reliability_curve(
    labels: ArrayLike,
    probabilities: ArrayLike,
    *,
    patients: ArrayLike,
    generator: np.random.Generator,
    resamples: int = RESAMPLES,
    bins: int | None = None,
) -> list[ReliabilityBin]:
    """Observed share of the finding in each bin, from the lowest probabilities to the highest.

    Args:
        labels: (N,) of 1, 0 or NaN (left out).
        probabilities: (N,), 0 to 1 where a label is.
        patients: (N,) identifiers; a patient is drawn with all their images, the bins stay.
        generator: Draws the resamples.
        resamples: How many.
        bins: At most so many; without it, as `count_bins` says.

    Raises:
        ValueError: for other labels or probabilities.
    """
    truth, probability = assessed(labels, probabilities)
    if not len(truth):
        return []
    who = np.asarray(patients)[is_assessed(labels)]
    where = assign_bins(probability, bins or count_bins(len(np.unique(who))))
    members = where == np.arange(where.max() + 1)[:, None]
    shares = estimate_shares(
        np.broadcast_to(truth == 1, members.shape),
        members,
        patients=who,
        generator=generator,
        resamples=resamples,
        why_none=["the bin is empty"] * len(members),
    )
    return [
        ReliabilityBin(float(probability[rows].mean()), share, int(rows.sum()), len(np.unique(who[rows])))
        for rows, share in zip(members, shares, strict=True)
    ]


def estimate_log_loss_saved(
    labels: ArrayLike,
    before: ArrayLike,
    after: ArrayLike,
    *,
    patients: ArrayLike,
    generator: np.random.Generator,
    resamples: int = RESAMPLES,
) -> Estimate:
    """Log-loss of the first probabilities minus that of the second over the same images, with its interval.

    Args:
        labels: (N,) of 1, 0 or NaN (left out).
        before: Probabilities (N,).
        after: Probabilities (N,).
        patients: (N,) identifiers; a patient is drawn with all their images.
        generator: Draws the resamples.
        resamples: How many.

    Raises:
        ValueError: for other labels or probabilities.
    """
    (truth, first), (_, second) = assessed(labels, before), assessed(labels, after)
    if not len(truth):
        return Estimate(None, why_null="no assessed image")
    saved, who = _log_losses(truth, first) - _log_losses(truth, second), np.asarray(patients)[is_assessed(labels)]
    if not saved.any():
        return Estimate(0.0, why_null="interval: both are the same")
    counts = count_patients(truth, who)
    if min(counts) < FEW_PATIENTS:
        reason = f"interval: too few patients, {counts[0]} with and {counts[1]} without"
        return Estimate(float(saved.mean()), why_null=reason)
    units = number_patients(who)
    totals, sizes = np.bincount(units, saved), np.bincount(units)
    samples = bootstrap(
        lambda weights: (totals @ weights / (sizes @ weights))[None], len(sizes), generator=generator,
        resamples=resamples,
    )  # fmt: skip
    return estimate(float(saved.mean()), samples[0])


def assign_bins(probabilities: Floats, bins: int) -> NDArray[np.intp]:
    """The bin of each probability (N,), numbered from the lowest: of equal mass, apart from equal probabilities."""
    _, level, counts = np.unique(probabilities, return_inverse=True, return_counts=True)
    middle = np.cumsum(counts) - counts / 2
    place = (middle * bins / len(probabilities)).astype(np.intp)
    return np.unique(place[level], return_inverse=True)[1]


def count_bins(patients: int) -> int:
    """How many bins so many patients fill, 1 to `MOST_BINS`."""
    return min(MOST_BINS, max(1, patients // PATIENTS_PER_BIN))


def _average_by_bin(values: Floats, where: NDArray[np.intp]) -> Floats:
    return np.asarray(np.bincount(where, values) / np.bincount(where))


def _log_losses(truth: Floats, probability: Floats) -> Floats:
    inside = np.clip(probability, _EPSILON, 1 - _EPSILON)
    return np.asarray(-(truth * np.log(inside) + (1 - truth) * np.log(1 - inside)))


def assessed(labels: ArrayLike, probabilities: ArrayLike) -> tuple[Floats, Floats]:
    """Labels and probabilities of the assessed images, (M,) each, checked."""
    truth, probability = checked(labels, probabilities)
    known = np.isfinite(truth)
    if ((probability[known] < 0) | (probability[known] > 1)).any():
        raise ValueError("an assessed image has a probability beyond 0 to 1")
    return truth[known], probability[known]


def is_assessed(labels: ArrayLike) -> NDArray[np.bool_]:
    """(N,) whether each label is known."""
    return np.isfinite(np.asarray(labels, np.float64))
