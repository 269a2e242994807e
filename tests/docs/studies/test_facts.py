"""The ablation of facts shows what they give away, and goes on where it stopped."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from docs.studies.facts import fit_logistic, judge_by_facts, run_ablation
from docs.studies.runs import evaluate_once, train_once
from tests.integration.test_facts import make_leaky_data
from tests.training.test_fit import make_config
from xray_resnet.config import Config
from xray_resnet.evaluation.predictions import read_predictions
from xray_resnet.metrics import auroc
from xray_resnet.store import open_dataset


@pytest.fixture(scope="module")
def config(tmp_path_factory: pytest.TempPathFactory) -> Config:
    folder = tmp_path_factory.mktemp("ablation")
    config = make_config(make_leaky_data(folder / "data"), folder / "runs", epochs=1)
    return replace(config, model=replace(config.model, image_size=32))


@pytest.fixture(scope="module")
def table(config: Config) -> str:
    return run_ablation(config)


def test_facts_that_decide_the_label_rank_perfectly_by_themselves(config: Config, table: str) -> None:
    predictions = read_predictions(config.train.output / "facts-alone")
    assert auroc(predictions.labels[:, 0], predictions.logits[:, 0]) == 1
    assert table.splitlines()[2].startswith("| Hernia | 1.000 ")


def test_the_table_has_a_row_for_each_finding_and_one_for_all(config: Config, table: str) -> None:
    assert [line.split("|")[1].strip() for line in table.splitlines()[2:]] == ["Hernia", "macro"]
    assert (config.train.output / "facts.md").read_text() == table + "\n"


def test_what_was_trained_and_evaluated_is_kept(config: Config, table: str) -> None:
    image = replace(config, name="image")
    run = train_once(image)
    before = (run / "bundle/models/model.onnx").stat().st_mtime_ns
    assert train_once(image) == run
    assert (run / "bundle/models/model.onnx").stat().st_mtime_ns == before
    assert evaluate_once(run) == run / "eval/leaky-test"
    assert len([*config.train.output.glob("image-*")]) == 1


def test_a_finding_that_all_have_cannot_be_told_from_facts() -> None:
    known = np.ones((4, 2), np.float32)
    assert fit_logistic(known, np.array([1, 1, np.nan, 1], np.float32), known).tolist() == [0] * 4


def test_uncertain_labels_do_not_count() -> None:
    known = np.array([[1, 1], [-1, 1], [1, 1]], np.float32)
    with_gap = fit_logistic(known, np.array([1, 0, np.nan], np.float32), known)
    np.testing.assert_allclose(with_gap, fit_logistic(known[:2], np.array([1, 0], np.float32), known))


def test_facts_are_judged_on_the_test_split(config: Config, tmp_path: Path) -> None:
    dataset = open_dataset(config.data.folder)
    predictions = read_predictions(judge_by_facts(dataset, dataset.findings, output=tmp_path))
    assert predictions.image_ids.tolist() == dataset.image_ids[dataset.indices("test")].tolist()
