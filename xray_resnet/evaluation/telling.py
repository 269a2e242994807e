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

Floats = NDArray[np.float64]
_Folds = Sequence[tuple[NDArray[np.intp], NDArray[np.intp]]]


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
        above = {name: each.value or 0.0 for name, each in self.alone.items() if each.low and each.low > _CHANCE}
        return tuple(sorted(above, key=lambda name: -above[name])[:MOST_NAMED])


def measure_telling(
    labels: NDArray[np.generic], facts: Sequence[Grouping], *, patients: NDArray[np.generic], seed: int
) -> Telling:
    """Cross-validates by patients, and compares images with those of their own fold only.

    Scores of two folds come from two fits, and a fit that left out many positives expects few: pairs across folds would
    make facts that tell nothing look worse than guessing.

    Args:
        labels: (N,) of 1, 0 or NaN (left out).
        facts: Groupings of the N images.
        patients: (N,) identifiers; all images of a patient are in one fold.
        seed: Of the division into folds.
    """
    truth = np.asarray(labels, np.float64)
    if reason := why_too_few(truth, patients):
        return Telling(Estimate(None, why_null=reason))
    if not facts:
        return Telling(Estimate(None, why_null="no fact differs between the images"))
    known = np.isfinite(truth)
    truth, who = truth[known], patients[known]
    table = np.stack([grouping.of_image[known] for grouping in facts], axis=1)
    folds = _divide(truth, who, seed)
    fold_of = np.empty(len(truth), np.intp)
    for number, (_, left_out) in enumerate(folds):
        fold_of[left_out] = number

    def judge(scores: Floats) -> Estimate:
        return estimate_within_strata(truth, scores, fold_of, patients=who)

    alone = {
        fact.name: judge(_share_by_group(truth, column, folds)) for fact, column in zip(facts, table.T, strict=True)
    }
    return Telling(judge(_regress(truth, table, folds)), alone)


def _divide(truth: Floats, patients: NDArray[np.generic], seed: int) -> _Folds:
    from sklearn.model_selection import StratifiedGroupKFold  # loads only where something is fitted

    return [*StratifiedGroupKFold(FOLDS, shuffle=True, random_state=seed).split(truth, truth, patients)]


def _regress(truth: Floats, table: NDArray[np.intp], folds: _Folds) -> Floats:
    """(N,) logits of a logistic regression on the groups (N, K), each by a fit without its patient."""
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import OneHotEncoder
    from threadpoolctl import threadpool_limits

    logits = np.empty(len(truth))
    with threadpool_limits(1):  # products this small lose more by waiting for threads than they gain
        for others, left_out in folds:
            model = make_pipeline(OneHotEncoder(handle_unknown="ignore"), LogisticRegression(max_iter=1000))
            logits[left_out] = model.fit(table[others], truth[others]).decision_function(table[left_out])
    return logits


def _share_by_group(truth: Floats, groups: NDArray[np.intp], folds: _Folds) -> Floats:
    """(N,) share of positives of each image's group, drawn to that of all by one image, from the other folds."""
    width, shares = int(groups.max()) + 1, np.empty(len(truth))
    for others, left_out in folds:
        positives = np.bincount(groups[others], truth[others], minlength=width)
        counts = np.bincount(groups[others], minlength=width)
        shares[left_out] = ((positives + truth[others].mean()) / (counts + 1))[groups[left_out]]
    return shares
