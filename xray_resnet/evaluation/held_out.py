"""What networks say of images that they were not fitted to; where the evaluated one was, its training is repeated."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from xray_resnet.errors import UserError
from xray_resnet.evaluation.evidence import Evidence


@dataclass(frozen=True)
class HeldOut:
    """Logits of images by networks that were not fitted to them.

    Attributes:
        logits: (N, F).
        folds: Trainings that they took; 0 if they are the evaluated network's own.
        is_known: Whether it is known that no network was fitted to the patients.
    """

    logits: NDArray[np.float32]
    folds: int
    is_known: bool


def gather_held_out(evidence: Evidence) -> HeldOut:
    """The network's own logits, unless it is known to be fitted to the patients: then those of repeated trainings.

    Raises:
        UserError: if it was fitted to them, and its training cannot be repeated.
    """
    if evidence.is_unseen is not False:
        return HeldOut(evidence.predictions.logits, 0, bool(evidence.is_unseen))
    retraining = evidence.asked.retraining
    if retraining is None:
        raise UserError(
            f"{evidence.dataset.name}, split {evidence.split}: the network was fitted to these patients, and to train "
            "others that were not takes the configuration of its run; name the run with --run, or audit --split test"
        )
    logits = retraining.judge(evidence.dataset, evidence.findings)
    return HeldOut(logits[evidence.rows], retraining.folds, True)
