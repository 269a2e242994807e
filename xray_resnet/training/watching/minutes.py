"""What a training says each minute, so that a long epoch is not silence."""

import time
from typing import Any

import lightning
from lightning.pytorch.callbacks import Callback

from xray_resnet.training.watching.announce import Announce
from xray_resnet.training.watching.pace import Pace

EVERY_S = 60.0


class SayEachMinute(Callback):
    """Announces epoch, images done, images per second and the time that is left, at most once a minute.

    Args:
        batch_size: Images of all processes per batch.
        announce: Gets the lines.
    """

    def __init__(self, *, batch_size: int, announce: Announce) -> None:
        self._batch_size = batch_size
        self._announce = announce
        self._pace = Pace(batch_size)
        self._said = 0.0

    def on_train_start(self, trainer: lightning.Trainer, pl_module: lightning.LightningModule) -> None:
        """Starts the first minute, and the clock of an epoch that is resumed within."""
        self._said = time.monotonic()
        self._pace.begin(None)

    def on_train_epoch_start(self, trainer: lightning.Trainer, pl_module: lightning.LightningModule) -> None:
        """Starts the clock of the rate."""
        self._pace.begin()

    def on_train_batch_end(self, trainer: lightning.Trainer, *of_the_step: Any) -> None:
        """Says a line if a minute has passed since the last."""
        batch = int(of_the_step[-1])
        self._pace.note(batch)
        now = time.monotonic()
        if now - self._said < EVERY_S:
            return
        self._said = now
        done, images = (batch + 1) * self._batch_size, int(trainer.num_training_batches) * self._batch_size
        self._announce(
            f"epoch {trainer.current_epoch + 1}/{trainer.max_epochs}  {done} of {images} images  "
            f"{self._pace.images_per_second():.1f} images/s  {self._pace.time_left(trainer)} left"
        )
