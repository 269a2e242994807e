"""Shares of images, such as sensitivity, with intervals that count patients.

If enough patients have a hit and enough a miss, the interval is the patient-clustered bootstrap's. Otherwise, and for
shares near 0 and 1 in particular, that is too narrow, and the interval is Wilson's, with patients for images: as
many as would say as much with equally many images.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike

from xray_resnet.metrics.bootstrap import RESAMPLES, Estimate, bootstrap, estimate, number_patients
from xray_resnet.metrics.clustered import FEW_PATIENTS, FEWEST_PATIENTS, count_equal_patients
from xray_resnet.metrics.newcombe import wilson_interval
from xray_resnet.metrics.ranking import Floats

WILSON = "Wilson's interval, with patients for images"


def estimate_shares(
    hits: ArrayLike,
    cases: ArrayLike,
    *,
    patients: ArrayLike,
    generator: np.random.Generator,
    why_none: Sequence[str],
    weights: ArrayLike | None = None,
    resamples: int = RESAMPLES,
) -> list[Estimate]:
    """K shares of hits among cases, all in the same resamples of the patients.

    Args:
        hits: (K, N) whether each image counts in the numerator; only cases do.
        cases: (K, N) whether it counts in the denominator.
        patients: (N,) identifiers; a patient is drawn with all their images.
        generator: Draws the resamples.
        why_none: (K,) why a share is undefined if it has no case.
        weights: (N,) above 0, how much each image counts; without it, all count alike.
        resamples: How many.
    """
    case = np.asarray(cases, bool)
    hit = np.asarray(hits, bool) & case
    units = number_patients(patients)
    width = int(units.max(initial=-1)) + 1
    weight = np.ones(len(units)) if weights is None else np.asarray(weights, np.float64)
    counted, met = (
        np.stack([np.bincount(units[row], weight[row], minlength=width) for row in rows]) for rows in (case, hit)
    )
    samples = bootstrap(lambda weights: _divide(met @ weights, counted @ weights), width, generator=generator,
                        resamples=resamples)  # fmt: skip
    return [
        _estimate_share(met[k], counted[k], drawn, reason)
        for k, (drawn, reason) in enumerate(zip(samples, why_none, strict=True))
    ]


def _estimate_share(hits: Floats, cases: Floats, samples: Floats, reason: str) -> Estimate:
    """One share from the hits and the cases of each patient, (P,), and its resamples (R,)."""
    if not cases.any():
        return Estimate(None, excluded=len(samples), why_null=reason)
    share, patients = float(hits.sum() / cases.sum()), int((cases > 0).sum())
    if patients < FEWEST_PATIENTS:
        return Estimate(share, why_null=f"interval: too few patients, {patients}")
    if min((hits > 0).sum(), (cases > hits).sum()) >= FEW_PATIENTS:
        return estimate(share, samples)
    return Estimate(share, *wilson_interval(share, count_equal_patients(cases)), method=WILSON)


def _divide(hits: Floats, cases: Floats) -> Floats:
    """Shares; NaN without a case."""
    return np.asarray(np.divide(hits, cases, out=np.full(hits.shape, np.nan), where=cases > 0))
