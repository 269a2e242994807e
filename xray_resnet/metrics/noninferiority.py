"""Whether an AUROC is worse by less than a margin, for a sequence of ever harsher conditions.

A condition is non-inferior if the lower end of the 95 % interval of its difference lies above -margin, and inferior if
the upper end lies below it: each a one-sided test at 2.5 %. Conditions are tested in a fixed sequence (Maurer, Hothorn
and Lehmacher, Biometrie in der chemisch-pharmazeutischen Industrie 6 (1995) 3): non-inferiority from the mildest on,
until it is not shown; inferiority from the harshest back. So the chance of any wrong answer of either kind stays at
2.5 % without a correction, however many conditions there are.
"""

from typing import Literal

import numpy as np
from scipy.optimize import brentq
from scipy.stats import norm
from scipy.stats import t as student

from xray_resnet.metrics.newcombe import CONFIDENCE
from xray_resnet.metrics.ranking_intervals import FEWEST_PATIENTS, Intervals

Verdict = Literal["safe", "not safe", "cannot tell"]

ERROR = (1 - CONFIDENCE) / 2
"""Chance at most of a wrong answer of either kind."""
POWER = 0.8
"""Share of the studies with as many patients as are said to be needed that show a difference within the margin."""
VANISHED = 0.5
"""AUROC that a patient can lose: a finding that cannot be seen any more ranks as if it were not there."""
_MOST_PATIENTS = 1e7


def judge_sequence(differences: Intervals, *, margin: float) -> list[Verdict]:
    """The verdict of every condition.

    Args:
        differences: Of K conditions to the reference, the mildest first; NaN ends show nothing.
        margin: More than 0.
    """
    is_safe = np.logical_and.accumulate(differences.low > -margin)
    is_unsafe = np.logical_and.accumulate((differences.high < -margin)[::-1])[::-1]
    return [
        "safe" if safe else "not safe" if unsafe else "cannot tell"
        for safe, unsafe in zip(is_safe, is_unsafe, strict=True)
    ]


def count_needed(difference: float, variance: float, *, patients: float, margin: float) -> int | None:
    """About how many patients would show non-inferiority, with `POWER`, if the difference is what it seems.

    Args:
        difference: As estimated.
        variance: Its variance.
        patients: So many, of the kind that there are fewer of, are behind it.
        margin: More than 0.

    Returns:
        So many of that kind, the others in proportion; None if no number would do, for the difference is not within the
        margin.
    """

    def spare(needed: float) -> float:
        """By how much the lower end of `bound_differences` lies within the margin, in the `POWER` of the studies."""
        quantile, spread = student.ppf(1 - ERROR, needed - 1), np.sqrt(variance * patients / needed)
        jump = quantile**2 * VANISHED / needed / 2
        return float(margin + difference - norm.ppf(POWER) * spread - jump - np.hypot(jump, quantile * spread))

    if spare(_MOST_PATIENTS) < 0:
        return None
    if spare(FEWEST_PATIENTS) >= 0:
        return FEWEST_PATIENTS
    return int(np.ceil(brentq(spare, FEWEST_PATIENTS, _MOST_PATIENTS)))
