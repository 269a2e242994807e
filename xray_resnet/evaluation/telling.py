"""How well facts that show no finding tell a label: a regression on them, asked about patients it has not seen."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from xray_resnet.evaluation.choose_calibration import FOLDS, why_too_few
from xray_resnet.evaluation.groups import Grouping
from xray_resnet.metrics import Estimate
from xray_resnet.metrics.strata import estimate_within_strata

MOST_NAMED = 2
"""Facts that are named as the strongest, and make the strata: more would leave hardly a pair within one."""
_CHANCE = 0.5
_SHARED = 1 + FOLDS / (FOLDS - 1)
"""How many times the variance among patients: scores of a fold come from a fit to the others, and fits that share their
patients vary together (Nadeau and Bengio, Machine Learning 52 (2003) 239, their corrected variance over the naive)."""

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Telling:
    """How well facts tell one label.

    Attributes:
        together: AUROC of all facts in one regression.
        alone: Fact → its AUROC alone.
    """

    together: Estimate
    alone: Mapping[str, Estimate] = field(default_factory=dict)

    @property
    def strongest(self) -> tuple[str, ...]:
        """The facts that tell it best, of those whose interval lies above guessing; at most `MOST_NAMED`."""
        above = {name: each.value or 0.0 for name, each in self.alone.items() if each.is_above(_CHANCE)}
        return tuple(sorted(above, key=lambda name: -above[name])[:MOST_NAMED])


def divide_patients(patients: NDArray[np.generic], *, seed: int) -> NDArray[np.intp]:
    """(N,) number of each image's fold, of `FOLDS`; all images of a patient are in one. Fewer patients are all in one.

    Args:
        patients: (N,) identifiers.
        seed: Of the division.
    """
    from sklearn.model_selection import GroupKFold  # loads only where something is fitted

    fold_of = np.zeros(len(patients), np.intp)
    if len(np.unique(patients)) < FOLDS:
        return fold_of
    division = GroupKFold(FOLDS, shuffle=True, random_state=seed).split(patients, groups=patients)
    for number, (_, left_out) in enumerate(division):
        fold_of[left_out] = number
    return fold_of


def measure_telling(
    labels: NDArray[np.generic],
    facts: Sequence[Grouping],
    *,
    patients: NDArray[np.generic],
    fold_of: NDArray[np.intp],
) -> Telling:
    """Fits to four folds, asks about the fifth, and compares its images with each other only.

    Scores of two folds come from two fits, and a fit that left out many positives expects few: pairs across folds would
    make facts that tell nothing look worse than guessing.

    Args:
        labels: (N,) of 1, 0 or NaN (left out).
        facts: Groupings of the N images.
        patients: (N,) identifiers.
        fold_of: (N,) number of each image's fold.
    """
    truth = np.asarray(labels, np.float64)
    if reason := why_too_few(truth, patients):
        return Telling(Estimate(None, why_null=reason))
    if not facts:
        return Telling(Estimate(None, why_null="no fact differs between the images"))
    known = np.isfinite(truth)
    truth, fold, who = truth[known], fold_of[known], patients[known]
    columns = {fact.name: fact.of_image[known] for fact in facts}

    def judge(scores: Floats) -> Estimate:
        return estimate_within_strata(truth, scores, fold, patients=who, inflation=_SHARED)

    alone = {name: judge(_share_by_group(truth, column, fold)) for name, column in columns.items()}
    return Telling(judge(_regress(truth, np.stack([*columns.values()], axis=1), fold)), alone)


def _regress(truth: Floats, table: NDArray[np.intp], fold_of: NDArray[np.intp]) -> Floats:
    """(N,) logits of a logistic regression on the groups (N, K), each by a fit without its patient."""
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import OneHotEncoder
    from threadpoolctl import threadpool_limits

    logits = np.empty(len(truth))
    with threadpool_limits(1):  # products this small lose more by waiting for threads than they gain
        for number in np.unique(fold_of):
            left_out = fold_of == number
            model = make_pipeline(OneHotEncoder(handle_unknown="ignore"), LogisticRegression(max_iter=1000))
            logits[left_out] = model.fit(table[~left_out], truth[~left_out]).decision_function(table[left_out])
    return logits


def _share_by_group(truth: Floats, groups: NDArray[np.intp], fold_of: NDArray[np.intp]) -> Floats:
    """(N,) share of positives of each image's group, drawn to that of all by one image, from the other folds."""
    width, shares = int(groups.max()) + 1, np.empty(len(truth))
    for number in np.unique(fold_of):
        left_out = fold_of == number
        positives = np.bincount(groups[~left_out], truth[~left_out], minlength=width)
        counts = np.bincount(groups[~left_out], minlength=width)
        shares[left_out] = ((positives + truth[~left_out].mean()) / (counts + 1))[groups[left_out]]
    return shares
