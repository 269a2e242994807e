"""Means of what is measured on images, with Student's interval that counts patients."""

import numpy as np
from numpy.typing import ArrayLike
from scipy.stats import t as student

from xray_resnet.metrics.bootstrap import Estimate, number_patients
from xray_resnet.metrics.newcombe import CONFIDENCE
from xray_resnet.metrics.ranking_intervals import FEWEST_PATIENTS, STUDENT


def estimate_mean(values: ArrayLike, *, patients: ArrayLike, least: float = -np.inf, most: float = np.inf) -> Estimate:
    """The mean of values (N,) with its 95 % interval.

    What the values of each patient are off the mean is summed before it is squared (the ratio estimator of a cluster
    sample: Cochran, Sampling Techniques, 1977, section 9A.1), so that values of one patient may resemble each other.

    Args:
        values: (N,) finite.
        patients: (N,) identifiers.
        least: That a value can be; the interval ends there.
        most: The same above.
    """
    measured = np.asarray(values, np.float64)
    if not len(measured):
        return Estimate(None, why_null="nothing was measured")
    mean, units = float(measured.mean()), number_patients(patients)
    count = int(units.max()) + 1
    if count < FEWEST_PATIENTS:
        return Estimate(mean, why_null=f"interval: too few patients, {count}")
    sums = np.bincount(units, measured - mean)
    error = np.sqrt(count / (count - 1) * (sums**2).sum()) / len(measured)
    reach = float(student.ppf((1 + CONFIDENCE) / 2, count - 1) * error)
    return Estimate(mean, max(least, mean - reach), min(most, mean + reach), method=STUDENT)
