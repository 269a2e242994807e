"""The table of epochs: metrics.csv in the run folder, and one line per epoch for the user."""

import time
from pathlib import Path
from typing import Any

import lightning
from lightning.pytorch.callbacks import Callback

from xray_resnet.files import write_csv
from xray_resnet.training.watching.announce import Announce

Row = dict[str, int | float]

_LINE = ("train_loss", "val_loss", "val_macro_auroc", "soup_val_macro_auroc")


class EpochHistory(Callback):
    """Writes a row per epoch; a resumed run keeps the rows of the epochs that it builds on, and its time.

    Args:
        path: The table.
        batch_size: Images of all processes per batch.
        announce: Gets one line per epoch.
    """

    def __init__(self, path: Path, *, batch_size: int, announce: Announce) -> None:
        self._path = path
        self._batch_size = batch_size
        self._announce = announce
        self._rows: list[Row] = []
        self._started = self._trained = self._earlier = 0.0
        self._waited = 0.0

    def state_dict(self) -> dict[str, Any]:
        """The rows and the time of the epoch so far, for the checkpoint."""
        return {
            "rows": [dict(row) for row in self._rows],
            "seconds": self._earlier + time.perf_counter() - self._started,
            "waited": self._waited,
        }

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Takes the rows and the time of a checkpoint."""
        self._rows = [dict(row) for row in state_dict["rows"]]
        self._earlier, self._waited = state_dict["seconds"], state_dict["waited"]

    def on_train_start(self, trainer: lightning.Trainer, pl_module: lightning.LightningModule) -> None:
        """Starts the clock; Lightning announces no start of an epoch that is resumed within."""
        self._started = self._trained = time.perf_counter()

    def on_train_epoch_start(self, trainer: lightning.Trainer, pl_module: lightning.LightningModule) -> None:
        """Starts the clock of a new epoch."""
        self._started = self._trained = time.perf_counter()
        self._earlier = self._waited = 0.0

    def on_train_batch_start(self, *_: Any) -> None:
        """Counts what has passed since the last training step as waiting for data."""
        self._waited += time.perf_counter() - self._trained

    def on_train_batch_end(self, *_: Any) -> None:
        """Notes when the last training step was done."""
        self._trained = time.perf_counter()

    def on_train_epoch_end(self, trainer: lightning.Trainer, pl_module: lightning.LightningModule) -> None:
        """Adds the epoch's row."""
        self._rows.append(self._measure(trainer))
        if trainer.is_global_zero:
            self._write()
        self._announce(describe_epoch(self._rows[-1], epochs=trainer.max_epochs or 0))

    def _write(self) -> None:
        columns = list(dict.fromkeys(name for row in self._rows for name in row))
        write_csv(self._path, columns, [[row.get(name, "") for name in columns] for row in self._rows])

    def _measure(self, trainer: lightning.Trainer) -> Row:
        images = trainer.num_training_batches * self._batch_size
        seconds = self._earlier + self._trained - self._started
        metrics = {name: value.item() for name, value in trainer.callback_metrics.items()}
        return {
            "epoch": trainer.current_epoch + 1,
            "step": trainer.global_step,
            "learning_rate": trainer.optimizers[0].param_groups[0]["lr"],
            "seconds": round(self._earlier + time.perf_counter() - self._started, 3),
            "images_per_second": round(images / seconds, 1),
            "data_wait": round(self._waited / seconds, 4),
            **dict(sorted(metrics.items())),
        }


def describe_epoch(row: Row, *, epochs: int) -> str:
    """An epoch in one line."""
    metrics = "  ".join(f"{name} {row[name]:.4f}" for name in _LINE if name in row)
    speed = f"{row['seconds']:.0f} s, {row['images_per_second']:.0f} images/s, {row['data_wait']:.0%} waiting for data"
    return f"epoch {row['epoch']}/{epochs}  {metrics}  ({speed})"
