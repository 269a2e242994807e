"""Stored images as torch sees them."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from torch.utils.data import DataLoader

from tests.datasets import make_dataset
from xray_resnet.config import AugmentConfig
from xray_resnet.data import EpochSampler, LabelledImages, build_augmentation, compute_mean_and_std
from xray_resnet.findings import resolve_targets
from xray_resnet.model_input import ModelInput
from xray_resnet.store import Dataset, open_dataset

MODEL_INPUT = ModelInput(size=32, mean=0.3, std=0.2)


@pytest.fixture(scope="module")
def dataset(tmp_path_factory: pytest.TempPathFactory) -> Dataset:
    return open_dataset(make_dataset(tmp_path_factory.mktemp("images") / "data", count=20))


def labelled(dataset: Dataset, *, augmented: bool = True, seed: int = 0) -> LabelledImages:
    rows = np.arange(4, 16)
    targets = resolve_targets(dataset.states[rows])
    augmentation = build_augmentation(AugmentConfig()) if augmented else None
    return LabelledImages(dataset, rows, targets=targets, model_input=MODEL_INPUT, augmentation=augmentation, seed=seed)


def load(images: LabelledImages, *, epoch: int, workers: int = 0) -> tuple[torch.Tensor, torch.Tensor]:
    sampler = EpochSampler(len(images), shuffle=True, seed=3)
    sampler.set_epoch(epoch)
    loader = DataLoader(
        images,
        batch_size=5,
        sampler=sampler,
        num_workers=workers,
        multiprocessing_context="forkserver" if workers else None,
    )
    pixels, targets, _ = zip(*loader, strict=True)
    return torch.cat(pixels), torch.cat(targets)


def test_without_augmentation_an_image_is_what_inference_sees(dataset: Dataset) -> None:
    image, targets, facts = labelled(dataset, augmented=False)[(0, 3)]
    np.testing.assert_array_equal(image[0].numpy(), MODEL_INPUT(dataset.pixels(7)))
    np.testing.assert_array_equal(targets.numpy(), dataset.states[7])
    assert facts["row"] == 7


def test_an_epoch_is_the_same_in_any_number_of_processes(dataset: Dataset) -> None:
    images = labelled(dataset)
    alone, in_two = load(images, epoch=1), load(images, epoch=1, workers=2)
    torch.testing.assert_close(alone, in_two, rtol=0, atol=0)


def test_every_epoch_and_every_seed_augments_anew(dataset: Dataset) -> None:
    first = labelled(dataset)[(0, 3)][0]
    assert not torch.equal(first, labelled(dataset)[(1, 3)][0])
    assert not torch.equal(first, labelled(dataset, seed=1)[(0, 3)][0])
    assert torch.equal(first, labelled(dataset)[(0, 3)][0])


def test_an_epoch_has_every_image_once_in_an_order_of_its_own() -> None:
    sampler = EpochSampler(50, shuffle=True, seed=1)
    orders = []
    for epoch in (0, 1, 0):
        sampler.set_epoch(epoch)
        orders.append([index for _, index in sampler])
    assert sorted(orders[0]) == sorted(orders[1]) == list(range(50))
    assert orders[0] == orders[2] != orders[1]


def test_the_first_epochs_have_their_own_sizes(dataset: Dataset) -> None:
    rows = np.arange(4, 16)
    targets = resolve_targets(dataset.states[rows])
    images = LabelledImages(dataset, rows, targets=targets, model_input=MODEL_INPUT, sizes=[8, 8, 12])
    shapes = [tuple(images[(epoch, 3)][0].shape) for epoch in range(5)]
    full = (1, MODEL_INPUT.size, MODEL_INPUT.size)
    assert shapes == [(1, 8, 8), (1, 8, 8), (1, 12, 12), full, full]
    small = replace(MODEL_INPUT, size=8)(dataset.pixels(7))
    np.testing.assert_array_equal(images[(0, 3)][0][0].numpy(), small)


def test_validation_is_in_order() -> None:
    assert [*EpochSampler(4, shuffle=False)] == [(0, 0), (0, 1), (0, 2), (0, 3)]


def test_statistics_are_those_of_the_chosen_images(dataset: Dataset) -> None:
    rows = np.array([0, 3, 9])
    pixels = np.stack([dataset.pixels(int(row)) for row in rows]) / 255
    assert compute_mean_and_std(dataset, rows) == pytest.approx((pixels.mean(), pixels.std()), abs=1e-6)


def test_a_batch_names_its_images_targets_and_facts(dataset: Dataset) -> None:
    images = labelled(dataset, augmented=False)
    batch = next(iter(DataLoader(images, batch_size=3, sampler=EpochSampler(len(images), shuffle=False))))
    assert batch.image.shape == (3, 1, 32, 32)
    assert batch.facts["row"].tolist() == [4, 5, 6]
    np.testing.assert_array_equal(batch.targets.numpy(), dataset.states[batch.facts["row"]])
