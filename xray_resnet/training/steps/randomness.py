"""What a network draws in a step (stochastic depth, dropout) depends on the seed and the step alone."""

from typing import Any

import lightning
import numpy as np
import torch
from lightning.pytorch.callbacks import Callback


class SeedSteps(Callback):
    """Seeds torch before every step, so that a resumed training draws what it would have drawn.

    Args:
        seed: That of the training.
    """

    def __init__(self, seed: int) -> None:
        self._seed = seed

    def on_train_batch_start(
        self, trainer: lightning.Trainer, pl_module: lightning.LightningModule, batch: Any, batch_idx: int
    ) -> None:
        """Seeds by epoch and batch; processes that train together draw different numbers."""
        words = np.random.SeedSequence((self._seed, trainer.current_epoch, batch_idx, trainer.global_rank))
        torch.manual_seed(int(words.generate_state(1, np.uint64)[0]))
