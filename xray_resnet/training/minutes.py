"""What a training says each minute, so that a long epoch is not silence."""

import time
from datetime import timedelta
from typing import Any

import lightning
from lightning.pytorch.callbacks import Callback

from xray_resnet.training.history import Announce

EVERY_S = 60.0


class SayEachMinute(Callback):
    """Announces epoch, images done, images per second and the time that is left, at most once a minute.

    The rate is that of this epoch, and the time left supposes that every epoch goes on like it, to the last.

    Args:
        batch_size: Images of all processes per batch.
        announce: Gets the lines.
    """

    def __init__(self, *, batch_size: int, announce: Announce) -> None:
        self._batch_size = batch_size
        self._announce = announce
        self._said = self._epoch_started = 0.0
        self._first: int | None = 0

    def on_train_start(self, trainer: lightning.Trainer, pl_module: lightning.LightningModule) -> None:
        """Starts the first minute, and the clock of an epoch that is resumed within."""
        self._said = self._epoch_started = time.monotonic()
        self._first = None

    def on_train_epoch_start(self, trainer: lightning.Trainer, pl_module: lightning.LightningModule) -> None:
        """Starts the clock of the rate."""
        self._epoch_started = time.monotonic()
        self._first = 0

    def on_train_batch_end(self, trainer: lightning.Trainer, *of_the_step: Any) -> None:
        """Says a line if a minute has passed since the last."""
        if self._first is None:
            self._first = int(of_the_step[-1])
        now = time.monotonic()
        if now - self._said < EVERY_S:
            return
        self._said = now
        done, batches, epochs = int(of_the_step[-1]) + 1, int(trainer.num_training_batches), trainer.max_epochs or 0
        seconds_per_batch = (now - self._epoch_started) / (done - self._first)
        batches_left = batches - done + (epochs - trainer.current_epoch - 1) * batches
        self._announce(
            f"epoch {trainer.current_epoch + 1}/{epochs}  {done * self._batch_size} of {batches * self._batch_size} "
            f"images  {self._batch_size / seconds_per_batch:.1f} images/s  "
            f"{timedelta(seconds=round(batches_left * seconds_per_batch))} left"
        )
