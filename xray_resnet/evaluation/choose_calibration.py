"""Choosing the calibration of one finding on a validation split, by what each kind says of patients it has not seen."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import ArrayLike, NDArray

from xray_resnet.evaluation.calibrators import CALIBRATORS, Floats, Method, NotRisingError, build_targets
from xray_resnet.metrics.calibration import log_loss
from xray_resnet.metrics.clustered import count_patients
from xray_resnet.model_output import Calibration

FEWEST_PATIENTS = 20
"""With the finding, and without it: ten for each of the two parameters of a line (Peduzzi et al., Journal of Clinical
Epidemiology 49 (1996) 1373)."""
FEWEST_FOR_STEPS = 200
"""From so many patients with the finding, and without it, isotonic regression is tried: it fits noise with fewer."""
FOLDS = 5


@dataclass(frozen=True)
class ChosenCalibration:
    """The calibration of one finding, or why there is none.

    Attributes:
        calibration: Fitted to all patients; None if there is none.
        method: Its kind.
        probabilities: (N,) of each image, by a fit of that kind without its patient; NaN if not assessed, or if there
            is no calibration.
        log_losses: Kind → log-loss of such probabilities, for all kinds that were tried.
        why_null: Why there is none.
    """

    calibration: Calibration | None
    method: Method | None
    probabilities: Floats
    log_losses: Mapping[Method, float] = field(default_factory=dict)
    why_null: str | None = None


def why_too_few(labels: ArrayLike, patients: ArrayLike) -> str | None:
    """Why nothing is chosen by so few patients with the finding, or without it; None if they suffice.

    Args:
        labels: (N,) of 1, 0 or NaN (left out).
        patients: (N,) identifiers.
    """
    with_finding, without = count_patients(labels, patients)
    if min(with_finding, without) >= FEWEST_PATIENTS:
        return None
    return f"{with_finding} patients with and {without} without it, expected {FEWEST_PATIENTS} of each"


def choose_calibration(labels: ArrayLike, logits: ArrayLike, *, patients: ArrayLike, seed: int) -> ChosenCalibration:
    """The kind with the least log-loss over patients that were left out of its fit, fitted to all.

    Args:
        labels: (N,) of 1, 0 or NaN (left out).
        logits: (N,).
        patients: (N,) identifiers; all images of a patient are left out together.
        seed: Of the division of the patients into folds.
    """
    truth, score, who = np.asarray(labels, np.float64), np.asarray(logits, np.float64), np.asarray(patients)
    unknown = np.full(len(truth), np.nan)
    if reason := why_too_few(truth, who):
        return ChosenCalibration(None, None, unknown, why_null=reason)
    known = np.isfinite(truth)
    tried = _cross_fit(truth[known], score[known], who[known], _list_methods(count_patients(truth, who)), seed)
    if not tried:
        return ChosenCalibration(None, None, unknown, why_null=str(NotRisingError()))
    losses = {method: _loss(truth[known], probabilities) for method, probabilities in tried.items()}
    best = min(losses, key=losses.__getitem__)
    unknown[known] = tried[best]
    whole = CALIBRATORS[best](build_targets(truth[known], who[known]), score[known])
    return ChosenCalibration(whole, best, unknown, losses)


def _list_methods(patients: tuple[int, int]) -> list[Method]:
    return [method for method in CALIBRATORS if method != "isotonic" or min(patients) >= FEWEST_FOR_STEPS]


def _cross_fit(
    truth: Floats, score: Floats, patients: NDArray[np.generic], methods: list[Method], seed: int
) -> dict[Method, Floats]:
    """Kind → (M,) probability of each image by a fit without its patient; without the kinds that cannot be fitted."""
    from sklearn.model_selection import StratifiedGroupKFold  # loads only where something is fitted

    folds = [*StratifiedGroupKFold(FOLDS, shuffle=True, random_state=seed).split(score, truth, patients)]
    targets = build_targets(truth, patients)
    found: dict[Method, Floats] = {}
    for method in methods:
        probabilities = np.empty(len(truth))
        try:
            CALIBRATORS[method](targets, score)
            for others, left_out in folds:
                fitted = CALIBRATORS[method](build_targets(truth[others], patients[others]), score[others])
                probabilities[left_out] = fitted(score[left_out])
        except NotRisingError:
            continue
        found[method] = probabilities
    return found


def _loss(truth: Floats, probabilities: Floats) -> float:
    loss = log_loss(truth, probabilities)
    assert loss is not None, "a finding with too few patients was calibrated"
    return loss
