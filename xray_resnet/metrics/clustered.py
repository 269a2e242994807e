"""How a ranking metric varies with the patients, who may have several images.

Obuchowski, Biometrics 53 (1997) 567: DeLong's components, summed within each patient before they are squared. Images of
one patient resemble each other; whoever takes them for independent finds differences that are not there.

A patient with many images pulls the mean towards themselves, and so lies too close to it. Each sum is therefore divided
by √(1 - share), with the patient's share of the images of that kind: the correction CR2 of Bell and McCaffrey, Survey
Methodology 28 (2002) 169, without bias if images are independent. If all patients have equally many it is Obuchowski's
n / (n - 1), which is too little otherwise.
"""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.sparse import csr_array

from xray_resnet.metrics.bootstrap import number_patients
from xray_resnet.metrics.components import Components, Metric
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
        sizes: (2, P) positive and negative images of each patient; if pairs are within strata, weighted by their pairs.
    """

    values: Floats
    positives: Floats
    negatives: Floats
    independent: Floats
    sizes: NDArray[np.number]

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
        return cls.sum_up(parts, (unit[truth == 1], unit[truth == 0]), int(unit.max()) + 1)

    @classmethod
    def sum_up(
        cls,
        parts: Components,
        units: tuple[NDArray[np.intp], NDArray[np.intp]],
        width: int,
        *,
        weights: tuple[Floats, Floats] | tuple[None, None] = (None, None),
    ) -> "Variation":
        """From what each image adds.

        Args:
            parts: The metric and its components.
            units: Number of the patient of each positive (M,) and of each negative (N,).
            width: How many patients.
            weights: How much each positive and each negative counts, on average 1; without them, alike.
        """
        sizes = [np.bincount(unit, weight, width) for unit, weight in zip(units, weights, strict=True)]
        return cls(
            parts.values,
            _sum_by_patient(parts.positives, units[0], width),
            _sum_by_patient(parts.negatives, units[1], width),
            _spread(parts.positives) + _spread(parts.negatives),
            np.stack(sizes),
        )

    @property
    def patients(self) -> tuple[int, int]:
        """How many patients have a positive image, and how many a negative one."""
        positive, negative = (self.sizes > 0).sum(axis=1)
        return int(positive), int(negative)

    @property
    def equal_patients(self) -> tuple[float, float]:
        """As many patients with equally many images of each kind would say as much."""
        positive, negative = map(count_equal_patients, self.sizes)
        return positive, negative

    def inflate(self, factor: float) -> "Variation":
        """The same with so many times the variance."""
        root = np.sqrt(factor)
        return replace(
            self,
            positives=root * self.positives,
            negatives=root * self.negatives,
            independent=factor * self.independent,
        )

    def sums(self) -> Floats:
        """(K, P) what all images of each patient add, corrected for small samples; squared they are the variance.

        Raises:
            ValueError: if fewer than two patients have a positive image or fewer than two a negative one.
        """
        positive, negative = self.patients
        if min(positive, negative) < 2:
            raise ValueError(f"{positive} patients with and {negative} without the finding, expected two of each")
        having, lacking = np.sqrt(1 - self.sizes / self.sizes.sum(axis=1, keepdims=True))
        return np.asarray(self.positives / having + self.negatives / lacking)

    def covariance(self) -> Floats:
        """(K, K) of the values, by `sums`. With one image a patient, that of AUROC is DeLong's."""
        sums = self.sums()
        return np.asarray(sums @ sums.T)

    def variance(self) -> Floats:
        """(K,) the diagonal of the covariance."""
        return np.asarray((self.sums() ** 2).sum(axis=1))


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


def count_equal_patients(images: ArrayLike) -> float:
    """As many patients with equally many images would say as much (Kish, Survey Sampling, 1965).

    Args:
        images: (P,) of each patient, or their weights; not all 0.
    """
    sizes = np.asarray(images, np.float64)
    return float(sizes.sum() ** 2 / (sizes**2).sum())


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
    if count < 2:
        return np.full(len(components), np.inf)
    return np.asarray((components**2).sum(axis=1) * count / (count - 1))
