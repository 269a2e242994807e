"""The difference of two estimates that share no patient, from their intervals."""

import numpy as np

from xray_resnet.metrics.bootstrap import Estimate
from xray_resnet.metrics.newcombe import combine_intervals

METHOD = "Zou and Donner's, from the intervals of both"


def subtract_unpaired(first: Estimate, second: Estimate) -> Estimate:
    """The first less the second, of different patients, with the interval of `combine_intervals`.

    Undefined where either is; without an interval where either has none.
    """
    if first.value is None or second.value is None:
        return Estimate(None, why_null=first.why_null or second.why_null)
    difference = first.value - second.value
    if first.low is None or first.high is None or second.low is None or second.high is None:
        return Estimate(difference, why_null=first.why_null or second.why_null)
    low, high = combine_intervals(
        (first.value, second.value),
        ((first.low, first.high), (second.low, second.high)),
        weights=(1, -1),
        correlation=np.eye(2),
    )
    return Estimate(difference, low, high, method=METHOD)
