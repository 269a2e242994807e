"""The learning-rate range test."""

from pathlib import Path

import numpy as np
import pytest
import torch

from tests.training.test_fit import make_config, make_data
from xray_resnet.cli.train import train
from xray_resnet.models import build_model
from xray_resnet.store import open_dataset
from xray_resnet.torch_engine import Engine
from xray_resnet.training.from_config import build_settings, build_task_of
from xray_resnet.training.rate_finder import RateTest, find_rate


def test_the_loss_is_measured_at_rising_rates_until_it_diverges(tmp_path: Path) -> None:
    config = make_config(make_data(tmp_path / "data"), tmp_path / "runs")
    task = build_task_of(config, open_dataset(config.data.folder))
    torch.manual_seed(0)
    model = build_model(18, base_width=8, num_findings=2)
    found = find_rate(model, task, build_settings(config, Engine("cpu", "fp32")), steps=40)
    assert np.diff(np.log(found.rates)) == pytest.approx(np.log(1e8) / 39)
    assert found.rates[0] == 1e-7
    assert found.losses[0] == pytest.approx(0.69, abs=0.1)
    assert 1e-6 < found.suggestion < 1e-1
    assert found.losses[-1] > 1.5 * min(found.losses)
    assert not (tmp_path / "runs").exists()


def test_a_tenth_of_the_rate_with_the_lowest_loss_is_suggested() -> None:
    found = RateTest(rates=(1e-4, 1e-3, 1e-2, 1e-1), losses=(0.7, 0.6, 0.4, 2.0))
    assert found.suggestion == pytest.approx(1e-3)
    lines = [*found.list_lines()]
    assert lines[-1].startswith("suggested: train.learning_rate 1.0e-03")
    assert "43% below the first" in lines[-1]
    bars = [line.count("█") for line in lines[:-1]]
    assert bars == [50, 43, 29, 50]


def test_the_command_prints_the_lines_and_makes_no_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("xray_resnet.cli.train.build_dataset", lambda config: None)  # it is there already
    data, runs = make_data(tmp_path / "data", count=40), tmp_path / "runs"
    settings = {
        "data.cache": data,
        "model.depth": 18,
        "model.base_width": 8,
        "model.image_size": 64,
        "train.output": runs,
        "train.batch_size": 16,
        "train.threads": 1,
    }
    options = [word for key, value in settings.items() for word in (f"--{key}", str(value))]
    assert train(["--find-lr", *options]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].split()[0] == "1.00e-07"
    assert lines[-1].startswith("suggested: train.learning_rate ")
    assert not runs.exists()
