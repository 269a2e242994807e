"""The progress bar of a training on a terminal: Lightning's, with images per second and the time that is left."""

import sys
from typing import Any

import lightning
from lightning.pytorch.callbacks import RichProgressBar

from xray_resnet.training.watching.pace import Pace


class ImagesBar(RichProgressBar):
    """Shows how many images a second are trained on, and how long the whole training still takes.

    Args:
        batch_size: Images of all processes per batch.
    """

    def __init__(self, batch_size: int) -> None:
        super().__init__(leave=False)
        self._pace = Pace(batch_size)

    def on_train_start(self, trainer: lightning.Trainer, pl_module: lightning.LightningModule) -> None:
        """Starts the clock of an epoch that is resumed within."""
        super().on_train_start(trainer, pl_module)
        self._pace.begin(None)

    def on_train_epoch_start(self, trainer: lightning.Trainer, pl_module: lightning.LightningModule) -> None:
        """Starts the clock of the rate."""
        super().on_train_epoch_start(trainer, pl_module)
        self._pace.begin()

    def on_train_batch_end(
        self, trainer: lightning.Trainer, pl_module: lightning.LightningModule, *of_the_step: Any
    ) -> None:
        """Moves the bar."""
        self._pace.note(int(of_the_step[-1]))
        super().on_train_batch_end(trainer, pl_module, *of_the_step)

    def get_metrics(self, trainer: lightning.Trainer, pl_module: lightning.LightningModule) -> dict[str, Any]:
        """What stands beside the bar."""
        metrics = {name: value for name, value in super().get_metrics(trainer, pl_module).items() if name != "v_num"}
        return metrics | {
            "images/s": round(self._pace.images_per_second(), 1),
            "left": str(self._pace.time_left(trainer)),
        }


def is_watched() -> bool:
    """Whether output goes to a terminal, where a bar shows the progress; elsewhere lines do."""
    return sys.stdout.isatty()
