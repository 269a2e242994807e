"""Operating points: choosing the threshold of one finding, and what decisions by it are worth.

Labels are 1, 0 or NaN (not assessed, left out); an image is called positive if its score is at the threshold or above.
"""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike

from xray_resnet.metrics.bootstrap import RESAMPLES, Estimate
from xray_resnet.metrics.newcombe import divide_intervals
from xray_resnet.metrics.ranking import Curve, roc_curve
from xray_resnet.metrics.shares import estimate_shares

MOVER = "MOVER-R from the intervals of sensitivity and specificity"
_ROUNDING = 1e-12


@dataclass(frozen=True)
class Criterion:
    """How a threshold is chosen.

    Attributes:
        kind: youden: the most sensitivity + specificity (Youden, Cancer 3 (1950) 32). sensitivity: the most
            specificity with at least the target. specificity: the most sensitivity with at least the target.
        target: More than 0 and at most 1; None for youden.
    """

    kind: Literal["youden", "sensitivity", "specificity"] = "youden"
    target: float | None = None

    def __str__(self) -> str:
        """The criterion in words, such as `sensitivity 0.95`."""
        return self.kind if self.target is None else f"{self.kind} {self.target:g}"


@dataclass(frozen=True)
class DecisionFigures:
    """What the decisions of one finding are worth on some images.

    Attributes:
        true_positives: Images with the finding that are called positive.
        false_positives: Images without it that are called positive.
        false_negatives: Images with it that are called negative.
        true_negatives: Images without it that are called negative.
        sensitivity: Share called positive of those with the finding.
        specificity: Share called negative of those without it.
        ppv: Share with the finding of those called positive; it depends on the prevalence of these very images.
        npv: Share without it of those called negative; likewise.
    """

    true_positives: int
    false_positives: int
    false_negatives: int
    true_negatives: int
    sensitivity: Estimate
    specificity: Estimate
    ppv: Estimate
    npv: Estimate

    @property
    def prevalence(self) -> float | None:
        """Share of the images with the finding; None without an assessed image."""
        positive = self.true_positives + self.false_negatives
        total = positive + self.false_positives + self.true_negatives
        return positive / total if total else None


def choose_threshold(labels: ArrayLike, scores: ArrayLike, criterion: Criterion) -> float | None:
    """The threshold by a criterion, half-way between the score that fulfils it and the next lower one.

    So the images that chose it stay on their sides if scores move a little, as in another precision. Among equals the
    most specific is taken.

    Args:
        labels: (N,) of 1, 0 or NaN (left out), both 1 and 0 among them.
        scores: (N,), finite where a label is.
        criterion: How to choose.

    Returns:
        The threshold; None if none has the specificity that is asked for and calls any image positive.

    Raises:
        ValueError: if sensitivity or specificity is undefined.
    """
    curve = roc_curve(labels, scores)
    place = _find_place(curve, criterion)
    if place == 0:
        return None
    at, below = curve.thresholds[place], curve.thresholds[min(place + 1, len(curve.thresholds) - 1)]
    return float((at + below) / 2)


def measure_decisions(
    labels: ArrayLike,
    called: ArrayLike,
    *,
    patients: ArrayLike,
    generator: np.random.Generator,
    resamples: int = RESAMPLES,
) -> DecisionFigures:
    """Sensitivity, specificity and predictive values of decisions, with intervals that count patients.

    Args:
        labels: (N,) of 1, 0 or NaN (left out).
        called: (N,) whether each image is called positive.
        patients: (N,) identifiers; a patient is drawn with all their images.
        generator: Draws the resamples.
        resamples: How many.
    """
    truth, positive = np.asarray(labels, np.float64), np.asarray(called, bool)
    has, lacks = truth == 1, truth == 0
    sensitivity, specificity, ppv, npv = estimate_shares(
        [positive, ~positive, has, lacks],
        [has, lacks, positive & (has | lacks), ~positive & (has | lacks)],
        patients=patients,
        generator=generator,
        resamples=resamples,
        why_none=["no positive image", "no negative image", "no image called positive", "no image called negative"],
    )
    return DecisionFigures(
        int((has & positive).sum()),
        int((lacks & positive).sum()),
        int((has & ~positive).sum()),
        int((lacks & ~positive).sum()),
        sensitivity,
        specificity,
        ppv,
        npv,
    )


def predict_values(sensitivity: Estimate, specificity: Estimate, *, prevalence: float) -> tuple[Estimate, Estimate]:
    """Positive and negative predictive value where the finding has another prevalence, by Bayes' theorem.

    Args:
        sensitivity: Taken to be the same there.
        specificity: Likewise.
        prevalence: More than 0 and less than 1.

    Returns:
        PPV and NPV. Sensitivity and specificity count as independent in their intervals; patients with images of both
        kinds make them too wide rather than too narrow.
    """
    hit, alarm = _scale(sensitivity, prevalence), _scale(_complement(specificity), 1 - prevalence)
    silence, miss = _scale(specificity, 1 - prevalence), _scale(_complement(sensitivity), prevalence)
    return _share_of_sum(hit, alarm, "no image called positive"), _share_of_sum(
        silence, miss, "no image called negative"
    )


def _find_place(curve: Curve, criterion: Criterion) -> int:
    """Where on the ROC curve the criterion is fulfilled; 0, where no image is positive, if nowhere else."""
    if criterion.kind == "youden":
        return 1 + int(np.argmax(np.round(curve.y - curve.x, 12)[1:]))
    assert criterion.target is not None, f"{criterion.kind} without a target"
    target = criterion.target - _ROUNDING
    if criterion.kind == "sensitivity":
        return max(1, int(np.argmax(curve.y >= target)))
    return int(np.flatnonzero(1 - curve.x >= target)[-1])


def _complement(share: Estimate) -> Estimate:
    value, low, high = (None if end is None else 1 - end for end in (share.value, share.high, share.low))
    return Estimate(value, low, high, why_null=share.why_null)


def _scale(share: Estimate, factor: float) -> Estimate:
    value, low, high = (None if end is None else factor * end for end in (share.value, share.low, share.high))
    return Estimate(value, low, high, why_null=share.why_null)


def _share_of_sum(part: Estimate, rest: Estimate, why_none: str) -> Estimate:
    """The share part / (part + rest), from the quotient part / rest, with which it rises."""
    if part.value is None or rest.value is None:
        return Estimate(None, why_null=part.why_null or rest.why_null)
    if part.value + rest.value == 0:
        return Estimate(None, why_null=why_none)
    value = part.value / (part.value + rest.value)
    if part.low is None or part.high is None or rest.low is None or rest.high is None:
        return Estimate(value, why_null=part.why_null or rest.why_null)
    low, high = divide_intervals(part.value, (part.low, part.high), rest.value, (rest.low, rest.high))
    return Estimate(value, low / (1 + low), high / (1 + high) if np.isfinite(high) else 1.0, method=MOVER)
