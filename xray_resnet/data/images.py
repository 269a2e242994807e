"""Stored images as torch sees them: network input and targets, augmented for training."""

from collections.abc import Sequence
from dataclasses import replace
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.utils.data import Dataset as TorchDataset

from xray_resnet.data.augment import Augmentation
from xray_resnet.data.sampling import Position
from xray_resnet.facts import hide_facts
from xray_resnet.methods import Robust
from xray_resnet.model_input import ModelInput, Pixels, resample, to_shares
from xray_resnet.store import Dataset

MAX_STATISTICS_IMAGES = 2000
_OF_FACTS = 1
"""Ends the seed of what is drawn for the facts of an image."""

KNOWN = "known"
"""Name of the facts that a network gets beside the image."""
CORRUPTED = "corrupted"
"""Name of the view that consistency training compares with the clean one."""


class Batch(NamedTuple):
    """Images and what is known of them; of a single image, without the first axis.

    Attributes:
        image: (B, 1, S, S) network input.
        targets: (B, F), NaN where unknown.
        facts: Name → (B,) numbers; `row` is that in the dataset, which knows the rest; `clean` is whether an image
            was spared all augmentation but geometry; `known`, (B, columns), is what a network that takes facts gets.
        views: Name → (B, 1, S, S) the same images seen otherwise.
    """

    image: Tensor
    targets: Tensor
    facts: dict[str, Tensor]
    views: dict[str, Tensor] = {}  # noqa: RUF012  a tuple's default, which nobody changes


class LabelledImages(TorchDataset[Batch]):
    """Rows of a stored dataset as network input, targets and facts.

    Args:
        dataset: Has the stored images.
        rows: (N,) which of them.
        targets: (N, F) their targets.
        model_input: From stored pixels to the network's input.
        augmentation: For training; None leaves the images as they are.
        robust: Which images the augmentation corrupts: all (augment); the half whose position is not even
            (half_clean); all, as a second view beside the clean one (consistency).
        sizes: Size of the input in the first epochs, one each; later ones have that of `model_input`.
        seed: With the epoch, the row and its repeats, decides what the augmentation draws.
        known: (N, columns) facts of the images, for a network that takes some.
        hide_facts: Probability that a fact of an image is hidden.
    """

    def __init__(
        self,
        dataset: Dataset,
        rows: NDArray[np.int64],
        *,
        targets: NDArray[np.float32],
        model_input: ModelInput,
        augmentation: Augmentation | None = None,
        robust: Robust = "augment",
        sizes: Sequence[int] = (),
        seed: int = 0,
        known: NDArray[np.float32] | None = None,
        hide_facts: float = 0.0,
    ) -> None:
        self._dataset = dataset
        self._rows = rows
        self._targets = torch.from_numpy(targets)
        self._model_input = model_input
        self._first_inputs = [replace(model_input, size=size) for size in sizes]
        self._augmentation = augmentation
        self._robust = robust
        self._seed = seed
        self._known = known
        self._hide_facts = hide_facts

    def __len__(self) -> int:
        return len(self._rows)

    def __getitem__(self, position: tuple[int, ...]) -> Batch:
        position = Position(*position)
        row = int(self._rows[position.item])
        clean = self._robust == "consistency" or (self._robust == "half_clean" and position.is_even)
        facts = {"row": torch.tensor(row), "clean": torch.tensor(clean), **self._tell(position)}
        views = {CORRUPTED: self._see(position, clean=False)} if self._robust == "consistency" else {}
        return Batch(self._see(position, clean=clean), self._targets[position.item], facts, views)

    def _tell(self, position: Position) -> dict[str, Tensor]:
        """What is known beside the image, if the network is to get it."""
        if self._known is None:
            return {}
        seed = (self._seed, position.epoch, int(self._rows[position.item]), position.repeat, _OF_FACTS)
        known = hide_facts(self._known[position.item], self._hide_facts, np.random.default_rng(seed))
        return {KNOWN: torch.from_numpy(known)}

    def _see(self, position: Position, *, clean: bool) -> Tensor:
        """The image as network input (1, S, S), augmented if there is an augmentation."""
        row, epoch = int(self._rows[position.item]), position.epoch
        model_input = self._first_inputs[epoch] if epoch < len(self._first_inputs) else self._model_input
        repeat = (position.repeat,) if position.repeat else ()
        generator = np.random.default_rng((self._seed, epoch, row, *repeat))
        pixels = self._augment(row, generator, clean=clean, least_size=model_input.size)
        return torch.from_numpy(model_input(pixels))[None]

    def _augment(self, row: int, generator: np.random.Generator, *, clean: bool, least_size: int) -> Pixels:
        """Pixels with what is drawn for them, at the size at which images are degraded; as stored if nothing is."""
        pixels, augmentation = self._dataset.pixels(row), self._augmentation
        if augmentation is None:
            return pixels
        drawing = augmentation.draw(generator, clean=clean)
        if not drawing.steps:
            return pixels
        size = max(augmentation.size, least_size)
        share = resample(pixels, size) if len(pixels) > size else to_shares(pixels)
        return augmentation.apply(share, drawing, detector=self._dataset.detector(row))


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
