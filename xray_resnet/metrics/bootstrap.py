"""Patient-clustered percentile bootstrap: patients are drawn with replacement, and their images come with them.

Images of one patient resemble each other, so drawing images would make intervals too narrow (Efron & Tibshirani 1993,
chapter 13; Field & Welsh 2007 on clusters). A resample is kept as how often each patient counts.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from xray_resnet.metrics.newcombe import CONFIDENCE
from xray_resnet.metrics.ranking import Floats

RESAMPLES = 2000
BOOTSTRAP = "patient-clustered percentile bootstrap"
MOST_EXCLUDED = 0.25
"""Share of undefined resamples above which no interval is given: one patient with the finding leaves out 37 %."""

_PATIENTS_PER_BLOCK = 1_000_000

Statistic = Callable[[Floats], Floats]
"""Patient weights (P, R) to K values under each weighting, (K, R); NaN where a value is undefined."""


@dataclass(frozen=True)
class Estimate:
    """A value and its 95 % interval.

    Attributes:
        value: The value on all images; None if undefined.
        low: Lower end of the interval; None if absent.
        high: Upper end of the interval; None if absent.
        resamples: Resamples behind the interval.
        excluded: Resamples left out because the value is undefined in them.
        why_null: Why the value, or only the interval, is None.
        method: How the interval was made; None if there is none.
    """

    value: float | None
    low: float | None = None
    high: float | None = None
    resamples: int = 0
    excluded: int = 0
    why_null: str | None = None
    method: str | None = None

    def is_above(self, value: float) -> bool:
        """Whether the whole interval lies above a value."""
        return self.low is not None and self.low > value

    def is_below(self, value: float) -> bool:
        """Whether the whole interval lies below a value."""
        return self.high is not None and self.high < value


def number_patients(patients: ArrayLike) -> NDArray[np.intp]:
    """Patient identifiers (N,) to numbers 0 … P - 1 in order of the identifiers, (N,)."""
    return np.unique(np.asarray(patients), return_inverse=True)[1]


def bootstrap(
    statistic: Statistic, patients: int, *, generator: np.random.Generator, resamples: int = RESAMPLES
) -> Floats:
    """The statistic in every resample of the patients, (K, R)."""
    per_block = max(1, min(resamples, _PATIENTS_PER_BLOCK // max(patients, 1)))
    sizes = [min(per_block, resamples - start) for start in range(0, resamples, per_block)]
    return np.concatenate([statistic(draw_weights(patients, size, generator=generator)) for size in sizes], axis=1)


def draw_weights(patients: int, resamples: int, *, generator: np.random.Generator) -> Floats:
    """How often each patient is drawn, (P, R); every resample has as many draws as there are patients."""
    drawn = generator.integers(patients, size=(patients, resamples))
    cells = drawn * resamples + np.arange(resamples)
    counts = np.bincount(cells.ravel(), minlength=patients * resamples)
    return counts.reshape(patients, resamples).astype(np.float64)


def estimate(value: float | None, samples: Floats, *, why_null: str | None = None) -> Estimate:
    """The value with the percentile interval of its resamples (R,).

    Args:
        value: On all images; None if undefined.
        samples: Bootstrap values; NaN where undefined, which are left out and counted.
        why_null: Why the value is None.
    """
    defined = samples[np.isfinite(samples)]
    excluded = len(samples) - len(defined)
    if value is None:
        return Estimate(None, excluded=len(samples), why_null=why_null)
    if excluded > MOST_EXCLUDED * len(samples):
        reason = f"interval: too few patients, undefined in {excluded} of {len(samples)} resamples"
        return Estimate(value, resamples=len(defined), excluded=excluded, why_null=reason)
    low, high = np.quantile(defined, [(1 - CONFIDENCE) / 2, (1 + CONFIDENCE) / 2])
    return Estimate(value, float(low), float(high), len(defined), excluded, method=BOOTSTRAP)
