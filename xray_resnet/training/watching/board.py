"""What TensorBoard shows beside the metrics: the learning rate, what the augmentation makes of images, and maps."""

from dataclasses import replace
from typing import Any

import lightning
import numpy as np
import torch
from lightning.pytorch.callbacks import Callback
from lightning.pytorch.loggers import TensorBoardLogger
from numpy.typing import NDArray

from xray_resnet.data import Batch
from xray_resnet.explain.panels import draw_panels
from xray_resnet.training.averaging import find_delivered
from xray_resnet.training.task import Task

EXAMPLES = 8
"""Training images that are shown, and findings whose maps are."""


class ShowOnBoard(Callback):
    """Writes images for people to look at; nothing is computed from them.

    Args:
        task: Has the images.
    """

    def __init__(self, task: Task) -> None:
        self._task = task

    def on_train_start(self, trainer: lightning.Trainer, pl_module: lightning.LightningModule) -> None:
        """Shows training images as they are stored, and below them as the first epoch augments them."""
        board = find_board(trainer)
        loader: Any = trainer.train_dataloader
        if board is not None:
            count = min(EXAMPLES, len(loader.dataset))
            batches = [loader.dataset[(trainer.current_epoch, item)] for item in range(count)]
            board.add_image("augmented", self._draw_pairs(batches), trainer.global_step)

    def on_train_epoch_end(self, trainer: lightning.Trainer, pl_module: lightning.LightningModule) -> None:
        """Shows the learning rate, and for each finding the map of a validation image that has it."""
        board = find_board(trainer)
        if board is None:
            return
        board.add_scalar("learning_rate", trainer.optimizers[0].param_groups[0]["lr"], trainer.global_step)
        network = find_delivered(trainer, pl_module).model
        for column, finding in enumerate(self._task.findings[:EXAMPLES]):
            row = self._find_positive(column)
            if row is not None:
                overlay = self._draw_map(network, row, column)
                board.add_image(f"map of {finding}", overlay, trainer.global_step, dataformats="HWC")

    def _draw_pairs(self, batches: list[Batch]) -> NDArray[np.float32]:
        """(1, 2 S, n S) in [0, 1]: the stored images above, the augmented ones below."""
        task = self._task
        model_input = replace(task.model_input, size=batches[0].image.shape[-1])
        stored = [model_input.resample(task.dataset.pixels(int(batch.facts["row"]))) for batch in batches]
        views = [next(iter(batch.views.values()), batch.image)[0].numpy() for batch in batches]
        augmented = [view * model_input.std + model_input.mean for view in views]
        return np.vstack([np.hstack(stored), np.hstack(augmented)])[None].clip(0, 1)

    def _find_positive(self, column: int) -> int | None:
        """The first validation row that has a finding; None without one."""
        rows = self._task.rows["val"]
        positive = rows[self._task.targets[rows, column] == 1]
        return int(positive[0]) if len(positive) else None

    @torch.no_grad()
    def _draw_map(self, network: Any, row: int, column: int) -> NDArray[np.uint8]:
        """The exact class activation map of a finding over an image."""
        pixels = self._task.dataset.pixels(row)
        image = torch.from_numpy(self._task.model_input(pixels))[None, None]
        training = network.training
        _, maps = network.eval().forward_with_maps(image.to(next(network.parameters()).device))
        network.train(training)
        return draw_panels(pixels, maps[0, column].float().cpu().numpy(), caption=self._task.findings[column])


def find_board(trainer: lightning.Trainer) -> Any:
    """TensorBoard's writer, in the process that writes; None without one."""
    if not trainer.is_global_zero:
        return None
    loggers = [logger for logger in trainer.loggers if isinstance(logger, TensorBoardLogger)]
    return loggers[0].experiment if loggers else None
