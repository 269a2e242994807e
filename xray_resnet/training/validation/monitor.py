"""What chooses the epoch: macro AUROC where it is defined, else the loss."""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from xray_resnet.metrics import why_undefined


@dataclass(frozen=True)
class Monitor:
    """What chooses the epoch.

    Attributes:
        metric: Name of the logged value.
        mode: Whether more or less is better.
    """

    metric: str
    mode: Literal["max", "min"]

    def is_better(self, value: float, best: float | None) -> bool:
        """Whether `value` beats the best so far."""
        return best is None or (value > best if self.mode == "max" else value < best)


MACRO_AUROC = Monitor("val_macro_auroc", "max")
LOSS = Monitor("val_loss", "min")


def choose_monitor(targets: NDArray[np.float32]) -> Monitor:
    """Macro AUROC where the validation targets (N, F) define it for any finding, else the loss."""
    defined = any(why_undefined(column) is None for column in keep_clear(targets).T)
    return MACRO_AUROC if defined else LOSS


def keep_clear(targets: NDArray[np.float32]) -> NDArray[np.float32]:
    """Targets (N, F) of which only 0 and 1 are left; smoothed and unknown ones are NaN."""
    return np.where(np.isin(targets, (0, 1)), targets, np.float32(np.nan))
