"""Training without a configuration or a folder."""

from pathlib import Path
from typing import Any

import pytest
import torch

import xray_resnet.torch_compat  # noqa: F401  before lightning, whose metrics import torchvision

# isort: split
from lightning.pytorch.callbacks import Callback

from tests.training.test_fit import make_data
from xray_resnet.models import build_model
from xray_resnet.store import open_dataset
from xray_resnet.torch_engine import Engine
from xray_resnet.training.core import fit_network
from xray_resnet.training.settings import TrainingSettings
from xray_resnet.training.task import build_task


class Scores(Callback):
    """Keeps the validation score of each epoch."""

    def __init__(self) -> None:
        self.values: list[float] = []

    def on_train_epoch_end(self, trainer: Any, pl_module: Any) -> None:
        self.values.append(float(trainer.callback_metrics["val_macro_auroc"]))


def test_a_network_is_fitted_from_plain_values_and_leaves_no_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    task = build_task(open_dataset(make_data(tmp_path / "data")), image_size=64)
    (tmp_path / "work").mkdir()
    monkeypatch.chdir(tmp_path / "work")
    torch.manual_seed(0)
    model, scores = build_model(18, base_width=8, num_findings=2), Scores()
    settings = TrainingSettings(engine=Engine("cpu", "fp32"), epochs=3, batch_size=16, learning_rate=3e-3)
    assert fit_network(model, task, settings, [scores]) is model
    assert len(scores.values) == 3
    assert scores.values[-1] > 0.9
    assert not [*(tmp_path / "work").iterdir()]
