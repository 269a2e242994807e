"""A model over the stored images of a split: logits, and where each finding's map peaks."""

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray

from xray_resnet.model_input import ModelInput
from xray_resnet.models import PreActResNet
from xray_resnet.progress import Progress
from xray_resnet.store import Dataset
from xray_resnet.torch_engine import Engine

BATCH_SIZE = 32


@dataclass(frozen=True)
class ModelOutput:
    """What a model gave for N images and F findings.

    Attributes:
        logits: (N, F).
        peaks: (N, F, 2) x, y of the centre of each class activation map's strongest cell, in store pixels.
        cells: Rows and columns of the maps.
    """

    logits: NDArray[np.float32]
    peaks: NDArray[np.float32]
    cells: tuple[int, int]


def predict(
    model: PreActResNet,
    dataset: Dataset,
    *,
    rows: NDArray[np.int64],
    columns: list[int],
    model_input: ModelInput,
    engine: Engine,
    progress: Progress | None = None,
) -> ModelOutput:
    """Runs the model in batches.

    Args:
        model: In evaluation mode; it is moved to the engine's device.
        dataset: Has the images.
        rows: (N,) which ones, at least one.
        columns: Which F outputs of the model, in order.
        model_input: From stored pixels to the network's input.
        engine: Device and precision.
        progress: Told after every batch.
    """
    model = model.to(engine.device).to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    logits = np.empty((len(rows), len(columns)), np.float32)
    peaks = np.empty((len(rows), len(columns), 2), np.float32)
    for start in range(0, len(rows), BATCH_SIZE):
        done = slice(start, start + BATCH_SIZE)
        batch = build_batch(dataset, rows[done], model_input)
        with torch.inference_mode(), engine.autocast():
            output, maps = model.forward_with_maps(batch.to(engine.device, memory_format=torch.channels_last))
        logits[done] = output.float().cpu().numpy()[:, columns]
        peaks[done] = _find_peaks(maps.float().cpu().numpy()[:, columns], dataset.pixels(int(rows[start])).shape[0])
        if progress:
            progress(min(done.stop, len(rows)), len(rows))
    return ModelOutput(logits, peaks, (maps.shape[2], maps.shape[3]))


def build_batch(dataset: Dataset, rows: NDArray[np.int64], model_input: ModelInput) -> torch.Tensor:
    """Stored images as network input (B, 1, size, size)."""
    return torch.from_numpy(np.stack([model_input(dataset.pixels(int(row))) for row in rows])[:, None])


def _find_peaks(maps: NDArray[np.float32], size: int) -> NDArray[np.float32]:
    """Maps (B, F, h, w) to the centres (x, y) of their strongest cells in an image (size, size), (B, F, 2)."""
    height, width = maps.shape[2:]
    row, column = np.divmod(maps.reshape(*maps.shape[:2], -1).argmax(axis=2), width)
    return np.stack([(column + 0.5) * size / width, (row + 0.5) * size / height], axis=2).astype(np.float32)
