"""How a ranking metric varies with the patients, who may have several images.

Obuchowski, Biometrics 53 (1997) 567: DeLong's components, summed within each patient before they are squared. Images of
one patient resemble each other; whoever takes them for independent finds differences that are not there.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.sparse import csr_array

from xray_resnet.metrics.bootstrap import number_patients
from xray_resnet.metrics.components import Metric
from xray_resnet.metrics.ranking import Floats, checked

FEW_PATIENTS = 40
"""Below so many patients with an outcome, or without it, resampling patients says more than it knows: of an AUROC,
simulated with 75 negatives, the percentile bootstrap covers 0.88 to 0.93 with 20 positives and 0.90 to 0.96 with 40."""
FEWEST_PATIENTS = 2
"""One patient says nothing of other patients: no interval is given."""


@dataclass(frozen=True)
class Variation:
    """A ranking metric of K scores of the same images, and how it varies with the patients.

    Attributes:
        values: (K,) the metric.
        positives: (K, P) what the positive images of each patient add.
        negatives: (K, P) what the negative images add.
        independent: (K,) variance that the metric would have if every image were of another patient.
        sizes: (2, P) positive and negative images of each patient.
    """

    values: Floats
    positives: Floats
    negatives: Floats
    independent: Floats
    sizes: NDArray[np.intp]

    @classmethod
    def of(cls, metric: Metric, labels: ArrayLike, scores: ArrayLike, *, patients: ArrayLike) -> "Variation":
        """The metric of each of the scores.

        Args:
            metric: What is computed, with its components.
            labels: (N,) of 1, 0 or NaN (left out), both 1 and 0 among them.
            scores: (K, N), K scores of the same images.
            patients: (N,) identifiers.

        Raises:
            ValueError: if a label is something else or an assessed image has no finite score.
        """
        rows = [checked(labels, row) for row in np.atleast_2d(np.asarray(scores, np.float64))]
        truth, stacked, unit = rows[0][0], np.stack([score for _, score in rows]), number_patients(patients)
        parts = metric(stacked[:, truth == 1], stacked[:, truth == 0])
        width = int(unit.max()) + 1
        units = (unit[truth == 1], unit[truth == 0])
        return cls(
            parts.values,
            _sum_by_patient(parts.positives, units[0], width),
            _sum_by_patient(parts.negatives, units[1], width),
            _spread(parts.positives) + _spread(parts.negatives),
            np.stack([np.bincount(each, minlength=width) for each in units]),
        )

    @property
    def patients(self) -> tuple[int, int]:
        """How many patients have a positive image, and how many a negative one."""
        positive, negative = (self.sizes > 0).sum(axis=1)
        return int(positive), int(negative)

    @property
    def equal_patients(self) -> tuple[float, float]:
        """As many patients with equally many images of each kind would say as much (Kish, Survey Sampling, 1965)."""
        positive, negative = self.sizes.sum(axis=1) ** 2 / (self.sizes**2).sum(axis=1)
        return float(positive), float(negative)

    @property
    def sums(self) -> Floats:
        """(K, P) what all images of each patient add."""
        return self.positives + self.negatives

    def covariance(self) -> Floats:
        """(K, K) of the values. With one image a patient, that of AUROC is DeLong's.

        Raises:
            ValueError: if fewer than two patients have a positive image or fewer than two a negative one.
        """
        positive, negative, crossed = self._corrections()
        both = self.positives @ self.negatives.T
        return np.asarray(
            positive * (self.positives @ self.positives.T)
            + negative * (self.negatives @ self.negatives.T)
            + crossed * (both + both.T)
        )

    def variance(self) -> Floats:
        """(K,) the diagonal of the covariance."""
        positive, negative, crossed = self._corrections()
        variance = (
            positive * (self.positives**2).sum(axis=1)
            + negative * (self.negatives**2).sum(axis=1)
            + 2 * crossed * (self.positives * self.negatives).sum(axis=1)
        )
        return np.asarray(np.maximum(variance, 0.0))

    def _corrections(self) -> tuple[float, float, float]:
        """Small-sample factors of the positives, the negatives and what patients with both add."""
        positive, negative = self.patients
        if min(positive, negative) < 2:
            raise ValueError(f"{positive} patients with and {negative} without the finding, expected two of each")
        either = int((self.sizes.sum(axis=0) > 0).sum())
        return _correction(positive), _correction(negative), _correction(either)


def subtract(second: Variation, first: Variation) -> Variation:
    """The differences of the metric on the same images: of the second scores less of the first.

    What their variance would be with independent images is not known from the two, and is NaN.
    """
    return Variation(
        second.values - first.values,
        second.positives - first.positives,
        second.negatives - first.negatives,
        np.full(len(second.values), np.nan),
        second.sizes,
    )


def count_patients(labels: ArrayLike, patients: ArrayLike) -> tuple[int, int]:
    """How many patients have a positive image, and how many a negative one.

    Args:
        labels: (N,) of 1, 0 or NaN.
        patients: (N,) identifiers.
    """
    truth, who = np.asarray(labels, np.float64), np.asarray(patients)
    return len(np.unique(who[truth == 1])), len(np.unique(who[truth == 0]))


def _sum_by_patient(values: Floats, units: NDArray[np.intp], width: int) -> Floats:
    belongs = csr_array((np.ones(len(units)), (np.arange(len(units)), units)), shape=(len(units), width))
    return np.asarray(values @ belongs)


def _spread(components: Floats) -> Floats:
    """(K,) variance that independent images of one kind make; infinite for one image."""
    count = components.shape[1]
    return (
        np.asarray((components**2).sum(axis=1) * _correction(count)) if count > 1 else np.full(len(components), np.inf)
    )


def _correction(count: int) -> float:
    return count / (count - 1)
