"""Divergence: a step that is not worth taking ends the training, and says which images it was computed from."""

from collections.abc import Iterator
from contextlib import contextmanager

import torch
from torch import Tensor

from xray_resnet.data import Batch
from xray_resnet.errors import UserError
from xray_resnet.store import Dataset

LARGEST_LOSS = 1e4
"""Mean loss of a label in nats: a probability of e^-10000 where the label says 1, which no learning gives."""


class DivergedError(Exception):
    """A step whose loss or gradient is not finite, or beyond what learning gives.

    Attributes:
        rows: Those of the dataset that the step was computed from.
    """

    def __init__(self, message: str, rows: list[int]) -> None:
        super().__init__(message)
        self.rows = rows


class Step:
    """Losses and rows of the batches of one step."""

    def __init__(self) -> None:
        self._losses: list[Tensor] = []
        self._rows: list[Tensor] = []

    def add(self, loss: Tensor, batch: Batch) -> None:
        """Notes a batch."""
        self._losses.append(loss.detach())
        self._rows += [batch.facts["row"]] if "row" in batch.facts else []

    def end(self, norm: Tensor, *, epoch: int, number: int) -> None:
        """Checks the step, and begins the next one.

        Args:
            norm: Of its gradient.
            epoch: Counted from 1.
            number: Of the step, counted from 1.

        Raises:
            DivergedError: if it is not worth taking.
        """
        losses, rows = self._losses, self._rows
        self._losses, self._rows = [], []
        # One comparison, so that an accelerator is waited for once; nothing is less than NaN.
        if bool(torch.stack([norm.isfinite(), *(loss.float() < LARGEST_LOSS for loss in losses)]).all()):
            return
        values = ", ".join(f"{loss.item():.4g}" for loss in losses)
        raise DivergedError(
            f"training diverged in epoch {epoch}, at step {number}: its loss is {values}, the norm of its gradient "
            f"{norm.item():.4g}",
            [int(row) for row in torch.cat(rows).tolist()] if rows else [],
        )


@contextmanager
def naming_images(dataset: Dataset, *, learning_rate: float) -> Iterator[None]:
    """Ends a training that diverged with the images of its last step and a remedy.

    Raises:
        UserError: in place of a `DivergedError`.
    """
    try:
        yield
    except DivergedError as error:
        ids = dataset.column("image_id")
        images = ", ".join(str(ids[row]) for row in error.rows)
        raise UserError(
            f"{error}; images of the step: {images}; lower train.learning_rate, now {learning_rate}, or look at them"
        ) from None
