"""How far the dose can fall before AUROC is worse by a margin: what is shown of each dose, and where the limit lies.

Each film is exposed several times at each dose, and each exposure counts as another film of its patient: the variance
by patients (Obuchowski 1997) then holds for new patients and new quanta alike, and nothing is conditional on the draw.
The limit itself is read off a monotone regression of the differences on the logarithm of the dose.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy.optimize import isotonic_regression

from xray_resnet.metrics.bootstrap import Estimate
from xray_resnet.metrics.clustered import Variation, count_patients, subtract
from xray_resnet.metrics.components import differentiate_auroc
from xray_resnet.metrics.noninferiority import VANISHED, Verdict, count_needed, judge_sequence
from xray_resnet.metrics.ranking import Floats, why_undefined
from xray_resnet.metrics.ranking_intervals import STUDENT, Intervals, bound_differences


@dataclass(frozen=True)
class DoseStep:
    """A finding at one dose.

    Attributes:
        dose: Fraction of the full dose.
        auroc: At this dose.
        difference: This AUROC minus that at full dose; each end of its interval errs with 2.5 %.
        verdict: Whether the difference is within the margin.
        needed: About how many patients with the finding would show that it is; None if it is shown already, if no
            number would do, or if a higher dose has to be shown first.
    """

    dose: float
    auroc: float
    difference: Estimate
    verdict: Verdict
    needed: int | None


@dataclass(frozen=True)
class Crossing:
    """The dose at which the difference is expected to be the margin; None: less than the lowest dose tried.

    Attributes:
        value: As estimated.
        low: Lower end of its 95 % interval.
        high: Upper end.
    """

    value: float | None
    low: float | None
    high: float | None


@dataclass(frozen=True)
class DoseLimit:
    """How far the dose can fall for one finding.

    Attributes:
        patients: How many have the finding in a film, and how many lack it in one.
        full: AUROC at full dose; None if undefined.
        steps: The doses, from the highest down; none without an AUROC.
        crossing: Where the limit lies; None if there is no interval of any difference.
        why_null: Why there is none.
    """

    patients: tuple[int, int]
    full: float | None = None
    steps: tuple[DoseStep, ...] = ()
    crossing: Crossing | None = None
    why_null: str | None = None

    @property
    def safe(self) -> float | None:
        """The lowest dose that is shown to be safe, as are all doses tried above it; None if none is."""
        return min((step.dose for step in self.steps if step.verdict == "safe"), default=None)

    @property
    def unsafe(self) -> float | None:
        """The highest dose that is shown not to be, as are all doses tried below it; None if none is."""
        return max((step.dose for step in self.steps if step.verdict == "not safe"), default=None)

    @property
    def first_open(self) -> DoseStep | None:
        """The highest dose of which the films cannot tell; None if they tell of every dose."""
        return next((step for step in self.steps if step.verdict == "cannot tell"), None)

    @property
    def verdict(self) -> Verdict:
        """The answer in short: of the highest dose that was tried."""
        return self.steps[0].verdict if self.steps else "cannot tell"


def find_dose_limit(
    labels: ArrayLike,
    full: ArrayLike,
    reduced: ArrayLike,
    *,
    doses: Sequence[float],
    margin: float,
    patients: ArrayLike,
) -> DoseLimit:
    """What the films of one finding say of lower doses.

    Args:
        labels: (N,) of 1, 0 or NaN (left out).
        full: Scores (N,) at full dose.
        reduced: Scores (D, R, N) of R exposures at each of D doses.
        doses: (D,) fractions of the full dose, falling.
        margin: AUROC that a dose may cost, more than 0.
        patients: (N,) identifiers.
    """
    counts, reason = count_patients(labels, patients), why_undefined(labels)
    if reason is not None:
        return DoseLimit(counts, why_null=reason)
    before, after = vary_doses(labels, full, reduced, patients=patients)
    differences = subtract(after, before)
    intervals = bound_differences(differences, jump=VANISHED)
    if intervals.why_null[0] is not None:
        reason = intervals.why_null[0]
    return DoseLimit(
        counts,
        float(before.values[0]),
        tuple(_build_steps(after, differences, intervals, doses=doses, margin=margin)),
        None if reason else find_crossing(differences.values, intervals, doses=doses, margin=margin),
        reason,
    )


def vary_doses(
    labels: ArrayLike, full: ArrayLike, reduced: ArrayLike, *, patients: ArrayLike
) -> tuple[Variation, Variation]:
    """AUROC at full dose (1,) and at each dose (D,), with every exposure as a film of its own."""
    scores = np.asarray(reduced, np.float64)
    doses, exposures, _ = scores.shape
    repeated = [np.tile(np.asarray(values), exposures) for values in (labels, full, patients)]
    before = Variation.of(differentiate_auroc, repeated[0], repeated[1], patients=repeated[2])
    return before, Variation.of(differentiate_auroc, repeated[0], scores.reshape(doses, -1), patients=repeated[2])


def _build_steps(
    after: Variation, differences: Variation, intervals: Intervals, *, doses: Sequence[float], margin: float
) -> list[DoseStep]:
    verdicts = judge_sequence(intervals, margin=margin)
    next_dose = verdicts.index("cannot tell") if "cannot tell" in verdicts else None
    return [
        DoseStep(
            dose,
            float(after.values[place]),
            intervals.estimate(place, float(differences.values[place]), method=STUDENT),
            verdicts[place],
            _count_needed(differences, place, margin=margin) if place == next_dose else None,
        )
        for place, dose in enumerate(doses)
    ]


def _count_needed(differences: Variation, place: int, *, margin: float) -> int | None:
    """Patients with the finding; None also if there are too few to know the variance."""
    if min(differences.patients) < 2:
        return None
    behind = min(differences.equal_patients)
    value, variance = float(differences.values[place]), float(differences.variance()[place])
    needed = count_needed(value, variance, patients=behind, margin=margin)
    return None if needed is None else int(np.ceil(needed / behind * differences.patients[0]))


def find_crossing(values: Floats, intervals: Intervals, *, doses: Sequence[float], margin: float) -> Crossing:
    """Where a monotone curve through the differences, and through each of their ends, falls to -margin."""
    expected = np.minimum(isotonic_regression(values, increasing=False).x, 0.0)  # less dose is no gain
    first, last = np.minimum.accumulate(intervals.low), np.maximum.accumulate(intervals.high[::-1])[::-1]
    value, low, high = (_read_off(curve, doses=doses, level=-margin) for curve in (expected, last, first))
    return Crossing(value, low, high)


def _read_off(curve: Floats, *, doses: Sequence[float], level: float) -> float | None:
    """The dose at which a falling curve, 0 at dose 1 and straight in log dose, reaches a level; None if it does not."""
    heights = np.array([0.0, *curve])
    if heights[-1] > level:
        return None
    after = int(np.argmax(heights <= level))
    share = (heights[after - 1] - level) / (heights[after - 1] - heights[after])
    logarithms = np.log([1.0, *doses])
    return float(np.exp(logarithms[after - 1] + share * (logarithms[after] - logarithms[after - 1])))
