"""When checkpoints are written: the last one to go on from, the best weights to deliver."""

import time
from typing import Any

import lightning
import torch
from lightning.pytorch.callbacks import Checkpoint
from torch import Tensor

from xray_resnet.runs import Run
from xray_resnet.training.averaging import PREFIX, find_soup, gather_delivered
from xray_resnet.training.checkpoints.file import save_torch_file
from xray_resnet.training.checkpoints.read import IDENTITY
from xray_resnet.training.validation import Monitor


class KeepCheckpoints(Checkpoint):
    """Writes both after every epoch, and the last one also within, each of them whole or not at all.

    Args:
        run: Has the files.
        monitor: What is best.
        dataset: What identifies the training data; a run goes on with the same only.
        minutes: Between two checkpoints within an epoch; 0: none.
    """

    def __init__(self, run: Run, *, monitor: Monitor, dataset: dict[str, str], minutes: float = 0.0) -> None:
        self._run = run
        self._monitor = monitor
        self._dataset = dataset
        self._minutes = minutes
        self._saved = 0.0
        self._best: float | None = None

    def state_dict(self) -> dict[str, Any]:
        """The best score so far."""
        return {"best": self._best}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Takes the best score of a checkpoint."""
        self._best = state_dict["best"]

    def on_save_checkpoint(
        self, trainer: lightning.Trainer, pl_module: lightning.LightningModule, checkpoint: dict[str, Any]
    ) -> None:
        """Names the training data."""
        checkpoint[IDENTITY] = dict(self._dataset)

    def on_train_start(self, trainer: lightning.Trainer, pl_module: lightning.LightningModule) -> None:
        """Starts the clock."""
        self._saved = time.monotonic()

    def on_train_batch_end(self, trainer: lightning.Trainer, *of_the_step: Any) -> None:
        """Saves the whole state if it is time, and if the step is done and not the last of its epoch.

        After the last step validation is due; a checkpoint of before would make a resumed run leave it out.
        """
        done = int(of_the_step[-1]) + 1
        is_between_steps = done % trainer.accumulate_grad_batches == 0 and done < trainer.num_training_batches
        if self._minutes and is_between_steps:
            is_due = time.monotonic() - self._saved >= 60 * self._minutes
            # All processes save together, when the clock of any says so.
            if trainer.strategy.reduce_boolean_decision(is_due, all=False):
                self._save_last(trainer)

    def on_train_epoch_end(self, trainer: lightning.Trainer, pl_module: lightning.LightningModule) -> None:
        """Saves the weights where they are the best so far, then the whole state."""
        score = float(trainer.callback_metrics[self._monitor.metric])
        if self._monitor.is_better(score, self._best):
            self._save_best(trainer, gather_delivered(trainer, pl_module), score)
        self._offer_soup(trainer)
        self._save_last(trainer)

    def _save_last(self, trainer: lightning.Trainer) -> None:
        """Saves the whole state, unless the last step broke the weights: the former checkpoint is worth more."""
        if not trainer.strategy.reduce_boolean_decision(_has_finite_weights(trainer.lightning_module), all=True):
            return
        trainer.save_checkpoint(self._run.last_checkpoint)
        self._saved = time.monotonic()

    def _offer_soup(self, trainer: lightning.Trainer) -> None:
        """Saves the average of the last epochs if validation prefers it to the best epoch."""
        score = trainer.callback_metrics.get(f"{PREFIX}{self._monitor.metric}")
        if score is None or not self._monitor.is_better(float(score), self._best):
            return
        self._save_best(trainer, find_soup(trainer), float(score))

    def _save_best(self, trainer: lightning.Trainer, weights: dict[str, Tensor], score: float) -> None:
        self._best = score
        if trainer.is_global_zero:
            facts = {"epoch": trainer.current_epoch + 1, self._monitor.metric: score}
            save_torch_file({"state_dict": weights, **facts}, self._run.best_checkpoint)


def _has_finite_weights(module: lightning.LightningModule) -> bool:
    return all(bool(torch.isfinite(weight).all()) for weight in module.parameters())
