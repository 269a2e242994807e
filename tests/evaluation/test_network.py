"""A model over stored images: batches change nothing, and maps peak where the logit comes from."""

from types import SimpleNamespace

import numpy as np
import pytest
import torch

from tests.datasets import make_dataset
from tests.evaluation.builders import make_network
from xray_resnet.evaluation.images import StoredImages
from xray_resnet.evaluation.network import BATCH_SIZE, Network, Response
from xray_resnet.explain.cam import compute_cam
from xray_resnet.explain.methods import METHODS
from xray_resnet.explain.occlusion import compute_occlusion
from xray_resnet.model_input import ModelInput
from xray_resnet.models import PreActResNet, build_model
from xray_resnet.store import Dataset, open_dataset
from xray_resnet.torch_engine import Engine, choose_engine

INPUT = ModelInput(size=64, mean=0.3, std=0.2)
ENGINE = Engine("cpu", "fp32")


@pytest.fixture(scope="module")
def dataset(tmp_path_factory: pytest.TempPathFactory) -> Dataset:
    return open_dataset(make_dataset(tmp_path_factory.mktemp("data") / "tiny", count=BATCH_SIZE + 8))


@pytest.fixture(scope="module")
def model() -> PreActResNet:
    torch.manual_seed(0)
    return build_model(18, num_findings=3, base_width=8).eval()


def network_of(model: PreActResNet, columns: list[int], *, engine: Engine = ENGINE) -> Network:
    return Network(lambda: model, {str(column): column for column in columns}, INPUT, engine)


def run(model: PreActResNet, dataset: Dataset, rows: list[int], columns: list[int]) -> Response:
    return network_of(model, columns).predict(StoredImages(dataset, np.array(rows)))


def forward_input(model: PreActResNet, dataset: Dataset, rows: list[int]) -> torch.Tensor:
    return network_of(model, [0]).build_batch(StoredImages(dataset, np.array(rows)))


def test_logits_are_those_of_the_plain_forward_pass(model: PreActResNet, dataset: Dataset) -> None:
    output = run(model, dataset, [0, 1, 2], [0, 1, 2])
    with torch.inference_mode():
        expected = model(forward_input(model, dataset, [0, 1, 2])).numpy()
    np.testing.assert_allclose(output.logits, expected, rtol=1e-4, atol=1e-5)


def test_one_by_one_is_as_in_a_batch(model: PreActResNet, dataset: Dataset) -> None:
    together = run(model, dataset, [*range(len(dataset))], [0, 1])
    alone = [run(model, dataset, [row], [0, 1]).logits[0] for row in (0, BATCH_SIZE, len(dataset) - 1)]
    np.testing.assert_allclose(together.logits[[0, BATCH_SIZE, -1]], alone, rtol=1e-4, atol=1e-5)


def test_columns_choose_the_outputs_in_order(model: PreActResNet, dataset: Dataset) -> None:
    every, chosen = run(model, dataset, [0, 1], [0, 1, 2]), run(model, dataset, [0, 1], [2, 0])
    np.testing.assert_array_equal(chosen.logits, every.logits[:, [2, 0]])
    np.testing.assert_array_equal(chosen.peaks.points, every.peaks.points[:, [2, 0]])


def test_peaks_are_where_the_strongest_cells_look(model: PreActResNet, dataset: Dataset) -> None:
    output = run(model, dataset, [4], [1])
    with torch.inference_mode():
        maps = model.forward_with_maps(forward_input(model, dataset, [4]))[1][0, 1]
    row, column = np.unravel_index(int(maps.argmax()), maps.shape)
    np.testing.assert_array_equal(output.peaks.points[0, 0], [32 * column + 0.5, 32 * row + 0.5])


class Pooled(torch.nn.Module):
    """Maps of one finding that are means of tiles, from `shift` on."""

    architecture = SimpleNamespace(stride=8)

    def __init__(self, shift: int) -> None:
        super().__init__()
        self.shift = shift

    def forward_all(self, x: torch.Tensor, facts: None) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
        maps = torch.nn.functional.avg_pool2d(torch.roll(x, -self.shift, dims=3), 8)
        pooled = maps.mean(dim=(2, 3))
        return pooled, maps, pooled


@pytest.mark.parametrize("shift", [-3, 0, 2])
def test_the_offset_of_the_cells_is_found_in_mirror_images(shift: int) -> None:
    """Tiles of 8 have their middle at 4; a bright column is anywhere but near the edge."""
    images = [np.zeros((64, 64), np.uint8) for _ in range(40)]
    for column, image in enumerate(images):
        image[:, 12 + column] = 255
    network = Network(lambda: Pooled(shift), {"Nodule": 0}, INPUT, ENGINE)  # type: ignore[arg-type, return-value]
    assert network.measure_offset(images) == pytest.approx(4 + shift, abs=0.5)


def test_of_maps_that_do_not_follow_the_image_the_offset_is_the_centre_of_the_field() -> None:
    """A bright column that is always at the same place moves in the mirror, but no two images differ."""
    image = np.zeros((64, 64), np.uint8)
    image[:, 10] = 255
    network = Network(lambda: Pooled(0), {"Nodule": 0}, INPUT, ENGINE)  # type: ignore[arg-type, return-value]
    assert network.measure_offset([image] * 40) == network.measure_offset([image]) == 0.5


def test_maps_are_kept_of_the_images_that_are_named(model: PreActResNet, dataset: Dataset) -> None:
    images = StoredImages(dataset, np.arange(len(dataset)))
    named = [1, BATCH_SIZE - 1, BATCH_SIZE + 2]
    response = network_of(model, [2, 0]).predict(images, mapped=named)
    assert [*response.maps] == named
    with torch.inference_mode():
        expected = model.forward_with_maps(forward_input(model, dataset, named))[1][:, [2, 0]].numpy()
    np.testing.assert_allclose(np.stack([*response.maps.values()]), expected, rtol=1e-4, atol=1e-5)


def test_progress_is_told_after_every_batch(model: PreActResNet, dataset: Dataset) -> None:
    told: list[tuple[int, int]] = []
    images = StoredImages(dataset, np.arange(len(dataset)))
    network_of(model, [0]).predict(images, progress=lambda done, total: told.append((done, total)))
    assert told == [(BATCH_SIZE, len(dataset)), (len(dataset), len(dataset))]


def test_bf16_is_computed_where_it_is_asked_for(model: PreActResNet, dataset: Dataset) -> None:
    exact = run(model, dataset, [0, 1], [0, 1]).logits
    coarse = network_of(model, [0, 1], engine=Engine("cpu", "bf16")).predict(StoredImages(dataset, np.arange(2))).logits
    assert not np.array_equal(exact, coarse)
    np.testing.assert_allclose(exact, coarse, atol=0.1)


def test_the_engine_says_what_it_is() -> None:
    engine = choose_engine("fp32")
    assert engine.precision == "fp32"
    assert engine.describe() == f"torch {torch.__version__} on {engine.device}"


def test_the_network_is_loaded_once_and_not_before_it_is_asked(model: PreActResNet, dataset: Dataset) -> None:
    loaded: list[PreActResNet] = []

    def load() -> PreActResNet:
        loaded.append(model)
        return model

    network = Network(load, {"Nodule": 0}, INPUT, ENGINE)
    assert not loaded
    for _ in range(2):
        network.predict(StoredImages(dataset, np.arange(2)))
    assert len(loaded) == 1


def test_a_network_that_was_first_asked_to_predict_still_explains() -> None:
    network = make_network(["Nodule"])
    network.predict([np.zeros((64, 64), np.uint8)])
    assert network.explain([np.eye(64, dtype=np.uint8)], ["Nodule"])["gradcam"].shape == (1, 2, 2)


def test_an_explanation_is_that_of_each_images_own_finding() -> None:
    images = [*np.random.default_rng(0).integers(0, 255, (2, 64, 64), np.uint8)]
    network = make_network(["Nodule", "Mass"])
    found = network.explain(images, ["Mass", "Nodule"])
    assert [*found] == [*METHODS]
    for method, maps in found.items():
        expected = compute_cam(network.model, network.build_batch(images), [1, 0], method=method)
        np.testing.assert_allclose(maps, expected, atol=1e-5)


def test_an_occlusion_is_that_of_its_finding() -> None:
    image = np.random.default_rng(0).integers(0, 255, (64, 64), np.uint8)
    network = make_network(["Nodule", "Mass"])
    expected = compute_occlusion(network.model, network.build_batch([image]), windows=2)
    np.testing.assert_allclose(network.occlude(image, "Mass", windows=2), expected[1], atol=1e-5)
