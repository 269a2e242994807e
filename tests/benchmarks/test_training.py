"""Speed of the training loop beside the bare step, measured in turns in one run; prints ratios, asserts no time."""

import csv
import time
from pathlib import Path

import numpy as np
import pytest
import torch
from torch.nn.functional import binary_cross_entropy_with_logits

from tests.datasets import make_dataset
from xray_resnet.config import AugmentConfig, Config, DataConfig, ModelConfig, TrainConfig
from xray_resnet.data import LabelledImages, build_augmentation
from xray_resnet.dicom import Reading
from xray_resnet.model_input import ModelInput
from xray_resnet.models import build_model
from xray_resnet.store import Dataset, open_dataset
from xray_resnet.torch_engine import computes_in_bf16
from xray_resnet.training.fit import train

BATCH = 32
STEPS = 8
SIZE = 96
STORED = 256


@pytest.fixture(scope="module")
def dataset(tmp_path_factory: pytest.TempPathFactory) -> Dataset:
    """Enough stored images for `STEPS` steps per epoch."""
    reading = Reading(size=STORED)
    count = int(BATCH * STEPS / 0.6)
    count += count % 2
    return open_dataset(
        make_dataset(
            tmp_path_factory.mktemp("speed") / "data", count=count, size=STORED, images_per_patient=1,
            reading=reading.to_json(), reading_fingerprint=reading.fingerprint(),
        )
    )  # fmt: skip


def time_bare_steps(dataset: Dataset) -> float:
    """Images per second of a plain loop over images in memory: forward, backward, AdamW."""
    model = build_model(50, num_findings=2).to(memory_format=torch.channels_last)
    optimiser = torch.optim.AdamW(model.parameters(), fused=True)
    rows = dataset.indices("train")[: BATCH * STEPS].reshape(STEPS, BATCH)
    model_input = ModelInput(SIZE, 0.3, 0.2)
    images = [
        torch.from_numpy(np.stack([model_input(dataset.pixels(int(r))) for r in batch])[:, None]) for batch in rows
    ]
    targets = [torch.from_numpy(dataset.states[batch].astype(np.float32)) for batch in rows]
    start = 0.0
    for step in range(-2, STEPS):
        start = time.perf_counter() if step == 0 else start
        x = images[step].contiguous(memory_format=torch.channels_last)
        with torch.autocast("cpu", torch.bfloat16, enabled=computes_in_bf16("cpu")):
            loss = binary_cross_entropy_with_logits(model(x).float(), targets[step])
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
    return BATCH * STEPS / (time.perf_counter() - start)


class EnoughError(Exception):
    """Ends a training that was long enough to be timed."""


def time_training(dataset: Dataset, output: Path, augment: AugmentConfig) -> float:
    """Images per second of the last of three epochs of `train`."""
    config = Config(
        data=DataConfig(cache=dataset.folder),
        model=ModelConfig(depth=50, image_size=SIZE),
        augment=augment,
        train=TrainConfig(output=output, epochs=3, batch_size=BATCH),
    )

    def stop(line: str) -> None:
        if line.startswith("epoch 3"):
            raise EnoughError("timed")

    with pytest.raises(EnoughError, match="timed"):
        train(config, announce=stop)
    (table,) = output.glob("*/metrics.csv")
    with table.open() as file:
        return float([*csv.DictReader(file)][-1]["images_per_second"])


def test_the_training_loop_beside_the_bare_step(dataset: Dataset, tmp_path: Path) -> None:
    plain = AugmentConfig(probability=0)
    before = time_bare_steps(dataset)
    augmented = time_training(dataset, tmp_path / "augmented", AugmentConfig())
    between = time_bare_steps(dataset)
    unaugmented = time_training(dataset, tmp_path / "plain", plain)
    after = time_bare_steps(dataset)
    bare = (before + between + after) / 3
    print(f"\nbare step {before:.1f}, {between:.1f}, {after:.1f} images/s")
    print(f"training loop {augmented:.1f} images/s ({augmented / bare:.2f} of bare), ", end="")
    print(f"without augmentation {unaugmented:.1f} ({unaugmented / bare:.2f})")


@pytest.mark.parametrize("size", [96, 128, 224])
def test_loading_and_augmenting_one_image(dataset: Dataset, size: int) -> None:
    rows = dataset.indices("train")[:128]
    plain = LabelledImages(
        dataset, rows, targets=np.zeros((len(rows), 1), np.float32), model_input=ModelInput(size, 0.3, 0.2)
    )
    augmented = LabelledImages(
        dataset, rows, targets=np.zeros((len(rows), 1), np.float32), model_input=ModelInput(size, 0.3, 0.2),
        augmentation=build_augmentation(AugmentConfig()),
    )  # fmt: skip
    loading, both = (time_items(images) for images in (plain, augmented))
    print(f"\n{STORED}² to {size}²: {loading:.2f} ms to load, {both - loading:.2f} ms to augment an image")


def time_items(images: LabelledImages) -> float:
    """Milliseconds per item."""
    images[(0, 0)]
    start = time.perf_counter()
    for index in range(len(images)):
        images[(0, index)]
    return (time.perf_counter() - start) / len(images) * 1000
