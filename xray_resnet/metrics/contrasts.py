"""AUROC in a group of images against the rest of them: no pair crosses, and a patient may have images on both sides.

The difference is not paired. Its interval combines those of the two sides (Zou and Donner, Statistics in Medicine 27
(2008) 1693), correlated by the patients who are on both; its p-value is that of the interval which just reaches 0.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import ndtr

from xray_resnet.holm import correct_p_values
from xray_resnet.metrics.bootstrap import Estimate
from xray_resnet.metrics.newcombe import Interval, Z, combine_intervals
from xray_resnet.metrics.ranking import Floats, why_undefined
from xray_resnet.metrics.strata import ComparedPairs, compare_within

FEWEST_TO_COMPARE = 10
"""Patients with the finding and without it, in the group and outside: with fewer, an interval of AUROC spans a third of
the scale, and each such comparison costs the others power by the correction."""
_LEAST_Z, _MOST_Z = 0.01, 12.0
_STEPS, _REFINED = 33, 3
_INSIDE, _OUTSIDE, _LEFT_OUT = 1, 0, -1


@dataclass(frozen=True)
class Contrast:
    """How well a score ranks within a group, and within the rest.

    Attributes:
        inside: AUROC of the pairs within the group.
        outside: AUROC of the pairs within the rest.
        difference: Inside minus outside.
        p_value: Two-sided, of no difference; None if there is no difference to test.
        corrected: The same after Holm's correction; None before.
    """

    inside: Estimate
    outside: Estimate
    difference: Estimate
    p_value: float | None = None
    corrected: float | None = None


def contrast_group(labels: ArrayLike, scores: ArrayLike, group: ArrayLike, *, patients: ArrayLike) -> Contrast:
    """Compares the AUROC in a group with that in the rest.

    Args:
        labels: (N,) of 1, 0 or NaN (left out).
        scores: (N,), finite where a label is.
        group: (N,) whether each image is in the group.
        patients: (N,) identifiers.
    """
    truth, member = np.asarray(labels, np.float64), np.asarray(group, bool)
    sides = [
        compare_within(truth, scores, np.where(member == side, side, _LEFT_OUT), patients=patients)
        for side in (_INSIDE, _OUTSIDE)
    ]
    inside, outside = (
        Estimate(None, why_null=why_undefined(truth[member == side])) if compared is None else compared.estimate()
        for side, compared in zip((_INSIDE, _OUTSIDE), sides, strict=True)
    )
    first, second = sides
    if reason := _why_not_compared(first, second, is_whole=bool(member.all())):
        return Contrast(inside, outside, Estimate(None, why_null=reason))
    assert first is not None and second is not None, "sides without pairs have a reason"
    return Contrast(inside, outside, *compare_areas(first, second))


def compare_areas(first: ComparedPairs, second: ComparedPairs) -> tuple[Estimate, float | None]:
    """The first area minus the second with its 95 % interval, and the two-sided p-value of no difference.

    Args:
        first: Of the same (N,) patients as the second; they may share images.
        second: What is subtracted.
    """
    value = first.area - second.area
    for side in (first, second):
        if reason := side.bound().why_null[0]:
            return Estimate(value, why_null=f"interval: {reason}"), None
    correlation = _correlate(first, second)

    def interval(z: float | Floats) -> list[Interval]:
        ends = [side.bound(tail=ndtr(-np.atleast_1d(z))) for side in (first, second)]
        pairs = zip(*(zip(each.low, each.high, strict=True) for each in ends), strict=True)
        areas = [first.area, second.area]
        return [combine_intervals(areas, pair, weights=(1, -1), correlation=correlation) for pair in pairs]

    method = " and ".join(dict.fromkeys(side.method for side in (first, second)))
    (ends,) = interval(Z)
    estimate = Estimate(value, *ends, method=f"combined (Zou and Donner 2008) of {method}")
    return estimate, _invert(value, interval)


def correct_contrasts(contrasts: Sequence[Contrast], divisions: Sequence[object]) -> list[Contrast]:
    """The contrasts with p-values corrected over all of them (Holm 1979).

    Args:
        contrasts: Of any groups and findings.
        divisions: (K,) what each compares; those that are equal, such as a group and its complement, are one test.
    """
    first = {division: place for place, division in reversed([*enumerate(divisions)])}
    tested = correct_p_values(
        [
            contrast.p_value if first[division] == place else None
            for place, (contrast, division) in enumerate(zip(contrasts, divisions, strict=True))
        ]
    )
    return [
        replace(contrast, corrected=tested[first[division]])
        for contrast, division in zip(contrasts, divisions, strict=True)
    ]


def _why_not_compared(inside: ComparedPairs | None, outside: ComparedPairs | None, *, is_whole: bool) -> str | None:
    if is_whole:
        return "all images are in the group"
    for where, side in (("in the group", inside), ("outside", outside)):
        if side is None:
            return f"no AUROC {where}"
        if min(side.variation.patients) < FEWEST_TO_COMPARE:
            with_finding, without = side.variation.patients
            return (
                f"{with_finding} patients with and {without} without it {where}, expected {FEWEST_TO_COMPARE} of each"
            )
    return None


def _invert(value: float, interval: Callable[[Floats], Sequence[Interval]]) -> float:
    """Two-sided p-value: of the least z whose interval reaches 0, between steps that grow finer."""
    least, most = _LEAST_Z, _MOST_Z
    for _ in range(_REFINED):
        z = np.linspace(least, most, _STEPS)
        left = np.array([low if value > 0 else -high for low, high in interval(z)])
        if not value or left[0] <= 0:
            return 1.0
        if left[-1] > 0:
            return float(2 * ndtr(-most))
        first = int(np.argmax(left <= 0))
        least, most = z[first - 1], z[first]
    return float(2 * ndtr(-most))


def _correlate(first: ComparedPairs, second: ComparedPairs) -> NDArray[np.float64]:
    """(2, 2), by patients; 0 if an area has no variance."""
    sums = [side.variation.sums()[0] for side in (first, second)]
    spread = float(np.linalg.norm(sums[0]) * np.linalg.norm(sums[1]))
    shared = float(np.clip(sums[0] @ sums[1] / spread, -1, 1)) if spread else 0.0
    return np.array([[1.0, shared], [shared, 1.0]])
