"""Calibration errors over bins, with patients as the unit: of observed labels, or of many that are drawn."""

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from xray_resnet.metrics.ranking import Floats


class BinnedPatients:
    """Which bin and which patient each image belongs to.

    Attributes:
        n_bins: How many bins there are.
        fewest_patients: Of a bin.
    """

    def __init__(self, bins: NDArray[np.intp], patients: NDArray[np.intp]) -> None:
        """From the number of each image's bin (N,) and of its patient (N,)."""
        pairs, pair, sizes = np.unique(np.stack([bins, patients]), axis=1, return_inverse=True, return_counts=True)
        self._bin_of_pair, self._sizes = pairs[0], sizes.astype(np.float64)
        self._to_pairs = _gather(pair.reshape(-1), len(sizes))
        self.n_bins = int(bins.max()) + 1
        self._to_bins = _gather(self._bin_of_pair, self.n_bins)
        self._counts = np.bincount(bins).astype(np.float64)
        self._patients = np.bincount(self._bin_of_pair)

    @property
    def fewest_patients(self) -> int:
        """Of a bin."""
        return int(self._patients.min())

    def measure(self, distances: Floats) -> tuple[Floats, Floats]:
        """The debiased squared ℓ2 error and the plug-in ℓ1 error of R sets of labels, (R,) each.

        Args:
            distances: (R, N) probability minus label.
        """
        totals, mass = distances @ self._to_pairs, self._counts / self._counts.sum()
        means = (totals @ self._to_bins) / self._counts
        centred = totals - means[:, self._bin_of_pair] * self._sizes
        small_sample = self._patients / np.maximum(self._patients - 1, 1)
        variances = small_sample * (centred**2 @ self._to_bins) / self._counts**2
        return np.asarray((means**2 - variances) @ mass), np.asarray(abs(means) @ mass)


def _gather(places: NDArray[np.intp], width: int) -> csr_array:
    """(N, width) that sums what has the same place."""
    return csr_array((np.ones(len(places)), (np.arange(len(places)), places)), shape=(len(places), width))
