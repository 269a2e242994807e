"""How often an epoch draws each image."""

import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from tests.training.test_fit import make_config, make_data
from xray_resnet.store import open_dataset
from xray_resnet.torch_engine import Engine
from xray_resnet.training.from_config import build_settings, build_task_of
from xray_resnet.training.loading import build_loaders
from xray_resnet.training.loading.balance import balance_classes, balance_patients
from xray_resnet.training.losses import describe_labels

PATIENTS = np.array(["a", "a", "a", "b"])


def test_an_image_has_the_greatest_repeat_factor_of_its_findings() -> None:
    """Gupta et al. 2019: max(1, √(t / f)), at t = 1/2: f = 1/8 gives 2, f = 1/2 gives 1."""
    targets = np.zeros((8, 2), np.float32)
    targets[0, 0] = 1
    targets[:4, 1] = 1
    draws = balance_classes(targets, np.array(["p"] * 8))
    assert draws is not None
    np.testing.assert_allclose(draws / draws[-1], [2, 1, 1, 1, 1, 1, 1, 1])
    assert draws.mean() == pytest.approx(1)


def test_frequencies_are_those_among_known_labels() -> None:
    targets = np.array([[1], [0], [0], [0], [np.nan], [np.nan]], np.float32)
    draws = balance_classes(targets, PATIENTS)
    assert draws is not None
    assert draws[0] / draws[1] == pytest.approx(math.sqrt(0.5 / 0.25))
    assert draws[4] == draws[1]


def test_every_patient_is_drawn_equally_often() -> None:
    draws = balance_patients(np.zeros((4, 1), np.float32), PATIENTS)
    assert draws is not None
    assert draws[:3].sum() == pytest.approx(draws[3])
    assert draws.sum() == pytest.approx(4)


def test_weights_and_shifts_follow_what_is_drawn() -> None:
    """One positive of four, drawn three times as often as a negative: as many positives as negatives."""
    targets = np.array([[1], [0], [0], [0]], np.float32)
    statistics = describe_labels(targets, draws=np.array([2.0, 2 / 3, 2 / 3, 2 / 3]))
    assert statistics.positive_weights[0] == pytest.approx(1)
    assert statistics.base_rates[0] == pytest.approx(2 / 6)
    assert statistics.drawn_rates[0] == pytest.approx(1 / 2)
    assert statistics.logit_shifts[0] == pytest.approx(math.log(2))


def test_a_configuration_draws_by_its_word(tmp_path: Path) -> None:
    data = make_data(tmp_path / "data")
    config = make_config(data, tmp_path / "runs", sampling="class_balanced")
    task = build_task_of(config, open_dataset(data))
    rare = np.zeros_like(task.targets)
    rare[:4] = 1
    task = replace(task, targets=rare)
    loader, in_order = build_loaders(task, build_settings(config, Engine("cpu", "fp32")))
    rows = np.concatenate([batch.facts["row"].numpy() for batch in loader])
    assert (rows < 4).sum() >= 2 * 4
    assert np.concatenate([batch.facts["row"].numpy() for batch in in_order]).tolist() == task.rows["val"].tolist()
