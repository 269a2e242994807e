"""Early stopping on the validation score."""

from dataclasses import dataclass
from typing import Literal

import lightning
import numpy as np
from lightning.pytorch.callbacks import EarlyStopping
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
    labels = np.where(np.isin(targets, (0, 1)), targets, np.nan)
    defined = any(why_undefined(column) is None for column in labels.T)
    return MACRO_AUROC if defined else LOSS


class StopEarly(EarlyStopping):
    """Stops after `patience` epochs without a better score; a run that had stopped stays so when it is resumed.

    Args:
        monitor: What is better.
        patience: Epochs.
        first_epoch: Epochs before it, counted from 0, do not count: those on small inputs, of which the validation at
            the full size says little.
    """

    def __init__(self, monitor: Monitor, *, patience: int, first_epoch: int = 0) -> None:
        super().__init__(monitor.metric, mode=monitor.mode, patience=patience, check_on_train_epoch_end=True)
        self._first_epoch = first_epoch

    def on_train_epoch_end(self, trainer: lightning.Trainer, pl_module: lightning.LightningModule) -> None:
        """Counts the epoch, if it counts."""
        if trainer.current_epoch >= self._first_epoch:
            super().on_train_epoch_end(trainer, pl_module)

    def on_train_start(self, trainer: lightning.Trainer, pl_module: lightning.LightningModule) -> None:
        """Restores a stop decided before the checkpoint."""
        trainer.should_stop = self.wait_count >= self.patience
