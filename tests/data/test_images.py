"""Stored images as torch sees them."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from torch.utils.data import DataLoader

from tests.data.probabilities import PROBABILITIES
from tests.datasets import make_dataset, write_dataset
from xray_resnet.config import AugmentConfig
from xray_resnet.data import CORRUPTED, EpochSampler, LabelledImages, build_augmentation, compute_mean_and_std
from xray_resnet.detector import Detector, SigmoidCurve, to_record
from xray_resnet.findings import resolve_targets
from xray_resnet.methods import Robust
from xray_resnet.model_input import ModelInput
from xray_resnet.store import Dataset, StoredImage, open_dataset

MODEL_INPUT = ModelInput(size=32, mean=0.3, std=0.2)


@pytest.fixture(scope="module")
def dataset(tmp_path_factory: pytest.TempPathFactory) -> Dataset:
    return open_dataset(make_dataset(tmp_path_factory.mktemp("images") / "data", count=20))


NOTHING = dict.fromkeys(PROBABILITIES, 0.0)
GEOMETRY_ALONE = AugmentConfig(**NOTHING | {"geometry": 1})


def labelled(
    dataset: Dataset,
    *,
    augmented: bool = True,
    seed: int = 0,
    robust: Robust = "augment",
    config: AugmentConfig | None = None,
) -> LabelledImages:
    rows = np.arange(4, 16)
    targets = resolve_targets(dataset.states[rows])
    augmentation = build_augmentation(config or AugmentConfig()) if augmented else None
    return LabelledImages(
        dataset,
        rows,
        targets=targets,
        model_input=MODEL_INPUT,
        augmentation=augmentation,
        robust=robust,
        seed=seed,
    )


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
    batches = [*loader]
    return torch.cat([batch.image for batch in batches]), torch.cat([batch.targets for batch in batches])


def test_without_augmentation_an_image_is_what_inference_sees(dataset: Dataset) -> None:
    image, targets, facts, views = labelled(dataset, augmented=False)[(0, 3)]
    np.testing.assert_array_equal(image[0].numpy(), MODEL_INPUT(dataset.pixels(7)))
    np.testing.assert_array_equal(targets.numpy(), dataset.states[7])
    assert facts["row"] == 7
    assert not views


def test_an_epoch_is_the_same_in_any_number_of_processes(dataset: Dataset) -> None:
    images = labelled(dataset)
    alone, in_two = load(images, epoch=1), load(images, epoch=1, workers=2)
    torch.testing.assert_close(alone, in_two, rtol=0, atol=0)


def test_every_epoch_and_every_seed_augments_anew(dataset: Dataset) -> None:
    first = labelled(dataset)[(0, 3)][0]
    assert not torch.equal(first, labelled(dataset)[(1, 3)][0])
    assert not torch.equal(first, labelled(dataset, seed=1)[(0, 3)][0])
    assert torch.equal(first, labelled(dataset)[(0, 3)][0])


def test_both_views_of_a_pair_have_the_same_geometry_and_only_one_is_corrupted(dataset: Dataset) -> None:
    config = AugmentConfig(geometry=1, exposure=1, quantum_noise=1, electronic_noise=1)
    pair = labelled(dataset, robust="consistency", config=config)[(0, 3)]
    geometry = labelled(dataset, robust="consistency", config=GEOMETRY_ALONE)[(0, 3)]
    whole = labelled(dataset, config=config)[(0, 3)]
    assert torch.equal(pair.image, geometry.image)
    assert torch.equal(pair.views[CORRUPTED], whole.image)
    assert not torch.equal(pair.image, pair.views[CORRUPTED])


def test_half_of_a_batch_is_clean_where_training_keeps_half_clean(dataset: Dataset) -> None:
    images = labelled(dataset, robust="half_clean")
    sampler = EpochSampler(len(images), shuffle=True, seed=3)
    for batch in DataLoader(images, batch_size=4, sampler=sampler):
        assert batch.facts["clean"].sum() == 2
    clean, corrupted = images[(0, 3, 0)], images[(0, 3, 1)]
    assert torch.equal(clean.image, labelled(dataset, robust="consistency")[(0, 3)].image)
    assert torch.equal(corrupted.image, labelled(dataset)[(0, 3)].image)


def test_an_image_that_an_epoch_repeats_is_augmented_anew(dataset: Dataset) -> None:
    images = labelled(dataset)
    assert not torch.equal(images[(0, 3, 5, 0)].image, images[(0, 3, 5, 1)].image)
    assert torch.equal(images[(0, 3, 5, 0)].image, images[(0, 3, 9, 0)].image)


def test_the_first_epochs_have_their_own_sizes(dataset: Dataset) -> None:
    rows = np.arange(4, 16)
    targets = resolve_targets(dataset.states[rows])
    images = LabelledImages(dataset, rows, targets=targets, model_input=MODEL_INPUT, sizes=[8, 8, 12])
    shapes = [tuple(images[(epoch, 3)][0].shape) for epoch in range(5)]
    full = (1, MODEL_INPUT.size, MODEL_INPUT.size)
    assert shapes == [(1, 8, 8), (1, 8, 8), (1, 12, 12), full, full]
    small = replace(MODEL_INPUT, size=8)(dataset.pixels(7))
    np.testing.assert_array_equal(images[(0, 3)][0][0].numpy(), small)


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


def flat_dataset(folder: Path, *, size: int, detector: Detector | None = None) -> Dataset:
    """Four images that are grey all over."""
    pixels, mapping = np.full((size, size), 128, np.uint8), {"detector": detector and to_record(detector)}
    images = [StoredImage(f"image {n}", f"patient {n}", pixels, {"Effusion": 1}, mapping=mapping) for n in range(4)]
    splits = {"train": [image.image_id for image in images], "val": [], "test": []}
    return open_dataset(
        write_dataset(
            folder, images, name="flat", source="phantom", synthetic=True, findings=("Effusion",),
            reading={"size": size}, reading_fingerprint="0", splits=splits,
        )
    )  # fmt: skip


def spread_of(dataset: Dataset, config: AugmentConfig, *, size: int) -> float:
    """Standard deviation of the network's input, as a share of the display range, over the images of `dataset`."""
    images = LabelledImages(
        dataset, np.arange(4), targets=np.zeros((4, 1), np.float32), model_input=ModelInput(size, 0.0, 1.0),
        augmentation=build_augmentation(config),
    )  # fmt: skip
    return float(torch.stack([images[(0, item)].image for item in range(4)]).double().std())


@pytest.mark.parametrize(("stored", "size"), [(512, 128), (512, 512), (256, 128), (128, 128)])
def test_noise_is_that_of_512_whatever_the_size_of_store_and_network(tmp_path: Path, stored: int, size: int) -> None:
    """A film of 50 to 1 in exposures, at doses from an eightieth: Poisson of d / (1 − d) of the quanta at 128/255."""
    config = AugmentConfig(**NOTHING | {"quantum_noise": 1, "dose_fraction": 0.0125, "exposure_ratio": (50, 50)})
    dataset = flat_dataset(tmp_path / "data", size=stored)
    seeds = [np.random.default_rng((0, 0, row)) for row in range(4)]
    doses = [build_augmentation(config).draw(seed).steps[0].parameters["dose_fraction"] for seed in seeds]
    quanta = 1e4 * 50 ** (0.3 - 128 / 255) * (512 / size) ** 2
    expected = np.mean([(1 - dose) / (dose * quanta) for dose in doses]) / np.log(50) ** 2
    assert spread_of(dataset, config, size=size) == pytest.approx(np.sqrt(expected), rel=0.04)


def test_noise_is_shown_by_the_curve_that_the_dataset_keeps(tmp_path: Path) -> None:
    """In the middle of a sigmoid a share rises by a quarter per latitude, in that of a film by 1 / ln 50."""
    config = AugmentConfig(**NOTHING | {"quantum_noise": 1, "dose_fraction": 0.0125, "exposure_ratio": (50, 50)})
    steep = Detector(SigmoidCurve(middle=(128 / 255 - 0.3) * np.log(50), latitude=0.2))
    film, known = (
        spread_of(flat_dataset(tmp_path / name, size=128, detector=detector), config, size=128)
        for name, detector in (("film", None), ("known", steep))
    )
    assert known / film == pytest.approx(np.log(50) / (4 * 0.2), rel=0.05)


def test_display_processing_acts_on_the_noise(tmp_path: Path) -> None:
    """The square of a share s with noise of σ has noise of 2 · s · σ."""
    noisy = NOTHING | {"electronic_noise": 1, "electronic_sigma": 0.04}
    dataset = flat_dataset(tmp_path / "data", size=256)
    plain = spread_of(dataset, AugmentConfig(**noisy), size=256)
    gamma = AugmentConfig(**noisy | {"exposure": 1, "gamma": (2, 2), "brightness": 0, "contrast": 0})
    assert spread_of(dataset, gamma, size=256) == pytest.approx(2 * 128 / 255 * plain, rel=0.02)


def test_an_image_for_which_nothing_is_drawn_is_what_inference_sees(tmp_path: Path) -> None:
    dataset = open_dataset(make_dataset(tmp_path / "data", count=20))
    model_input = ModelInput(24, 0.3, 0.2)
    images = LabelledImages(
        dataset, np.arange(20), targets=np.zeros((20, 1), np.float32), model_input=model_input,
        augmentation=build_augmentation(AugmentConfig(**NOTHING | {"geometry": 0.5}, size=32)),
    )  # fmt: skip
    same = [np.array_equal(images[(0, row)].image[0], model_input(dataset.pixels(row))) for row in range(20)]
    assert 3 < sum(same) < 17


def test_images_larger_than_need_be_are_averaged_before_they_are_degraded(tmp_path: Path) -> None:
    """The noise of 64² at a size limit of 64, seen at 64; a limit below the network's input does not hold."""
    config = NOTHING | {"electronic_noise": 1, "electronic_sigma": 0.5}
    dataset = flat_dataset(tmp_path / "data", size=256)
    spreads = [spread_of(dataset, AugmentConfig(**config, size=limit), size=64) for limit in (256, 64, 32)]
    assert spreads[1] == spreads[2] != spreads[0]
    assert spreads[1] == pytest.approx(spreads[0], rel=0.05)
