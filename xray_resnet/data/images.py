"""Stored images as torch sees them: network input and targets, augmented for training."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.utils.data import Dataset as TorchDataset
from torch.utils.data import Sampler

from xray_resnet.data.augment import Augmentation
from xray_resnet.model_input import ModelInput
from xray_resnet.store import Dataset

MAX_STATISTICS_IMAGES = 2000

Position = tuple[int, int]
"""(epoch, position among the rows)."""


class Batch(NamedTuple):
    """Images and what is known of them; of a single image, without the first axis.

    Attributes:
        image: (B, 1, S, S) network input.
        targets: (B, F), NaN where unknown.
        facts: Name → (B,) numbers; `row` is that in the dataset, which knows the rest.
    """

    image: Tensor
    targets: Tensor
    facts: dict[str, Tensor]


class LabelledImages(TorchDataset[Batch]):
    """Rows of a stored dataset as network input, targets and facts.

    Args:
        dataset: Has the stored images.
        rows: (N,) which of them.
        targets: (N, F) their targets.
        model_input: From stored pixels to the network's input.
        augmentation: For training; None leaves the images as they are.
        sizes: Size of the input in the first epochs, one each; later ones have that of `model_input`.
        seed: With the epoch and the row, decides what the augmentation draws.
    """

    def __init__(
        self,
        dataset: Dataset,
        rows: NDArray[np.int64],
        *,
        targets: NDArray[np.float32],
        model_input: ModelInput,
        augmentation: Augmentation | None = None,
        sizes: Sequence[int] = (),
        seed: int = 0,
    ) -> None:
        self._dataset = dataset
        self._rows = rows
        self._targets = torch.from_numpy(targets)
        self._model_input = model_input
        self._first_inputs = [replace(model_input, size=size) for size in sizes]
        self._augmentation = augmentation
        self._seed = seed

    def __len__(self) -> int:
        return len(self._rows)

    def __getitem__(self, position: Position) -> Batch:
        epoch, index = position
        row = int(self._rows[index])
        model_input = self._first_inputs[epoch] if epoch < len(self._first_inputs) else self._model_input
        share = model_input.resample(self._dataset.pixels(row))
        if self._augmentation is not None:
            share = self._augmentation(share, np.random.default_rng((self._seed, epoch, row)))
        image = torch.from_numpy(model_input.normalise(share))[None]
        return Batch(image, self._targets[index], {"row": torch.tensor(row)})


class EpochSampler(Sampler[Position]):
    """Positions of an epoch: in order, or in an order that depends on the seed and the epoch alone.

    Lightning calls `set_epoch` before each epoch, also after a run was resumed.
    """

    def __init__(self, count: int, *, shuffle: bool, seed: int = 0) -> None:
        self._count = count
        self._shuffle = shuffle
        self._seed = seed
        self._epoch = 0

    def set_epoch(self, epoch: int) -> None:
        """Chooses the epoch."""
        self._epoch = epoch

    def __len__(self) -> int:
        return self._count

    def __iter__(self) -> Iterator[Position]:
        order = np.arange(self._count)
        if self._shuffle:
            np.random.default_rng((self._seed, self._epoch)).shuffle(order)
        return ((self._epoch, int(index)) for index in order)


def compute_mean_and_std(dataset: Dataset, rows: NDArray[np.int64]) -> tuple[float, float]:
    """Mean and standard deviation of the display shares of the images in `rows`, evenly chosen where they are many."""
    chosen = rows[np.linspace(0, len(rows) - 1, min(len(rows), MAX_STATISTICS_IMAGES)).astype(int)]
    sums = np.zeros(2)
    for row in chosen:
        pixels = dataset.pixels(int(row))
        share = pixels / np.iinfo(pixels.dtype).max
        sums += share.mean(), np.square(share).mean()
    mean, square = sums / len(chosen)
    return round(float(mean), 6), round(float(np.sqrt(max(square - mean**2, 1e-6))), 6)
