"""How fast an epoch goes, and how long the training still takes."""

import time
from datetime import timedelta

import lightning


class Pace:
    """The pace of the current epoch; the time left supposes that every epoch goes on like it, to the last.

    Args:
        batch_size: Images of all processes per batch.
    """

    def __init__(self, batch_size: int) -> None:
        self._batch_size = batch_size
        self._started = self._seconds = 0.0
        self._first: int | None = 0
        self._done = 0

    def begin(self, first: int | None = 0) -> None:
        """Starts the clock at a batch; None: at that which is noted first, for an epoch that is resumed within."""
        self._started, self._first = time.monotonic(), first

    def note(self, batch: int) -> None:
        """Notes that a batch of the epoch is done, counted from 0."""
        self._first = batch if self._first is None else self._first
        self._done, self._seconds = batch + 1, time.monotonic() - self._started

    def images_per_second(self) -> float:
        """Since the clock was started."""
        return (self._done - (self._first or 0)) * self._batch_size / max(self._seconds, 1e-9)

    def time_left(self, trainer: lightning.Trainer) -> timedelta:
        """To the end of the last epoch; validation aside."""
        epochs_left = (trainer.max_epochs or 0) - trainer.current_epoch
        batches_left = epochs_left * int(trainer.num_training_batches) - self._done
        return timedelta(seconds=round(batches_left * self._batch_size / max(self.images_per_second(), 1e-9)))
