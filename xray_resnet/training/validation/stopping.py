"""Early stopping on the validation score."""

import lightning
from lightning.pytorch.callbacks import EarlyStopping

from xray_resnet.training.validation.monitor import Monitor


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
