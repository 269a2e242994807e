"""A model over stored images: batches change nothing, and maps peak where the logit comes from."""

import numpy as np
import pytest
import torch

from tests.datasets import make_dataset
from xray_resnet.evaluation.predict import BATCH_SIZE, ModelOutput, build_batch, predict
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


def run(model: PreActResNet, dataset: Dataset, rows: list[int], columns: list[int]) -> ModelOutput:
    return predict(model, dataset, rows=np.array(rows), columns=columns, model_input=INPUT, engine=ENGINE)


def test_logits_are_those_of_the_plain_forward_pass(model: PreActResNet, dataset: Dataset) -> None:
    output = run(model, dataset, [0, 1, 2], [0, 1, 2])
    with torch.inference_mode():
        expected = model(build_batch(dataset, np.arange(3), INPUT)).numpy()
    np.testing.assert_allclose(output.logits, expected, rtol=1e-4, atol=1e-5)


def test_one_by_one_is_as_in_a_batch(model: PreActResNet, dataset: Dataset) -> None:
    together = run(model, dataset, [*range(len(dataset))], [0, 1])
    alone = [run(model, dataset, [row], [0, 1]).logits[0] for row in (0, BATCH_SIZE, len(dataset) - 1)]
    np.testing.assert_allclose(together.logits[[0, BATCH_SIZE, -1]], alone, rtol=1e-4, atol=1e-5)


def test_columns_choose_the_outputs_in_order(model: PreActResNet, dataset: Dataset) -> None:
    every, chosen = run(model, dataset, [0, 1], [0, 1, 2]), run(model, dataset, [0, 1], [2, 0])
    np.testing.assert_array_equal(chosen.logits, every.logits[:, [2, 0]])
    np.testing.assert_array_equal(chosen.peaks, every.peaks[:, [2, 0]])


def test_peaks_are_the_centres_of_the_strongest_cells(model: PreActResNet, dataset: Dataset) -> None:
    output = run(model, dataset, [4], [1])
    with torch.inference_mode():
        maps = model.forward_with_maps(build_batch(dataset, np.array([4]), INPUT))[1][0, 1]
    row, column = np.unravel_index(int(maps.argmax()), maps.shape)
    cell = 64 / maps.shape[0]
    np.testing.assert_array_equal(output.peaks[0, 0], [(column + 0.5) * cell, (row + 0.5) * cell])


def test_progress_is_told_after_every_batch(model: PreActResNet, dataset: Dataset) -> None:
    told: list[tuple[int, int]] = []
    predict(
        model,
        dataset,
        rows=np.arange(len(dataset)),
        columns=[0],
        model_input=INPUT,
        engine=ENGINE,
        progress=lambda done, total: told.append((done, total)),
    )
    assert told == [(BATCH_SIZE, len(dataset)), (len(dataset), len(dataset))]


def test_bf16_is_computed_where_it_is_asked_for(model: PreActResNet, dataset: Dataset) -> None:
    exact = run(model, dataset, [0, 1], [0, 1]).logits
    coarse = predict(
        model, dataset, rows=np.arange(2), columns=[0, 1], model_input=INPUT, engine=Engine("cpu", "bf16")
    ).logits
    assert not np.array_equal(exact, coarse)
    np.testing.assert_allclose(exact, coarse, atol=0.1)


def test_the_engine_says_what_it_is() -> None:
    engine = choose_engine("fp32")
    assert engine.precision == "fp32"
    assert engine.describe() == f"torch {torch.__version__} on {engine.device}"
