"""The scores of an epoch: the unweighted loss, the AUROC of every finding that has both classes, and their mean."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from xray_resnet.findings import column_prefix
from xray_resnet.metrics import auroc
from xray_resnet.training.losses import masked_bce_loss
from xray_resnet.training.validation.monitor import keep_clear


def compute_scores(logits: Tensor, targets: Tensor, *, findings: Sequence[str]) -> dict[str, float]:
    """The scores by the names under which they are logged; an AUROC that is undefined is left out.

    Args:
        logits: (N, F).
        targets: (N, F), NaN where unknown.
        findings: Names of the F columns.
    """
    aurocs = compute_aurocs(logits.numpy(), targets.numpy())
    defined = {name: value for name, value in zip(findings, aurocs, strict=True) if value is not None}
    scores = {"val_loss": masked_bce_loss(logits, targets).item()}
    scores |= {f"val_auroc_{column_prefix(name)}": value for name, value in defined.items()}
    return scores | ({"val_macro_auroc": float(np.mean([*defined.values()]))} if defined else {})


def compute_aurocs(logits: NDArray[np.float32], targets: NDArray[np.float32]) -> list[float | None]:
    """AUROC of each finding; None if undefined.

    Args:
        logits: (N, F).
        targets: (N, F); only 0 and 1 count, not smoothed or unknown ones.
    """
    labels = keep_clear(targets)
    return [auroc(labels[:, column], logits[:, column]) for column in range(labels.shape[1])]
