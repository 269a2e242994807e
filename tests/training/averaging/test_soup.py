"""The average of the last epochs, and who decides on it."""

import math
from contextlib import nullcontext
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import torch

import xray_resnet.torch_compat  # noqa: F401  before lightning, whose metrics import torchvision

# isort: split
from lightning.pytorch.callbacks import Callback

from tests.training.test_fit import make_config, make_data
from xray_resnet.data import Batch
from xray_resnet.metrics import macro_auroc
from xray_resnet.models import Architecture, build_model
from xray_resnet.runs import Run
from xray_resnet.store import open_dataset
from xray_resnet.torch_engine import Engine
from xray_resnet.training.averaging import AverageEpochs
from xray_resnet.training.averaging.soup import validate_weights
from xray_resnet.training.checkpoints import KeepCheckpoints
from xray_resnet.training.core import fit_network
from xray_resnet.training.from_config import build_settings, build_task_of
from xray_resnet.training.losses import describe_labels
from xray_resnet.training.losses.cross_entropy import CrossEntropyLoss
from xray_resnet.training.steps import Classifier
from xray_resnet.training.steps.optimiser import Schedule
from xray_resnet.training.validation import MACRO_AUROC


class Epochs(Callback):
    """Keeps the weights and the scores of each epoch."""

    def __init__(self) -> None:
        self.weights: list[dict[str, torch.Tensor]] = []
        self.scores: list[dict[str, float]] = []

    def on_validation_end(self, trainer: Any, pl_module: Any) -> None:
        self.weights.append({name: value.clone() for name, value in pl_module.model.state_dict().items()})

    def on_train_epoch_end(self, trainer: Any, pl_module: Any) -> None:
        self.scores.append({name: float(value) for name, value in trainer.callback_metrics.items()})


def test_the_last_epochs_are_averaged_and_the_average_is_validated(tmp_path: Path) -> None:
    config = make_config(make_data(tmp_path / "data"), tmp_path / "runs", soup_epochs=2, ema_decay=0.0)
    task = build_task_of(config, open_dataset(config.data.folder))
    torch.manual_seed(0)
    model, epochs = build_model(18, base_width=8, num_findings=2), Epochs()
    fit_network(model, task, build_settings(config, Engine("cpu", "fp32")), [epochs])
    assert [name for name in epochs.scores[1] if name.startswith("soup_")] == []
    mean = {name: (value + epochs.weights[1][name]) / 2 for name, value in epochs.weights[2].items()}
    soup = build_model(18, base_width=8, num_findings=2).eval()
    soup.load_state_dict({name: mean[name].to(value.dtype) for name, value in soup.state_dict().items()})
    images = np.stack([task.model_input(task.dataset.pixels(int(row))) for row in task.rows["val"]])[:, None]
    with torch.inference_mode():
        logits = soup(torch.from_numpy(images))
    expected = macro_auroc(task.targets_of("val"), logits.numpy())
    assert epochs.scores[2]["soup_val_macro_auroc"] == pytest.approx(expected)
    better = expected > epochs.scores[2]["val_macro_auroc"]
    torch.testing.assert_close(model.head.weight.detach(), (mean if better else epochs.weights[2])["head.weight"])


def test_validating_other_weights_leaves_the_network_as_it_was() -> None:
    loss = CrossEntropyLoss(describe_labels(np.array([[0.0], [1.0]], np.float32)))
    model = build_model(Architecture(block="basic", stages=(1,), stem="small", base_width=8), num_findings=1)
    classifier = Classifier(model, findings=("A",), schedule=Schedule(1e-3, 0, 0, 1), loss=loss).train()
    before = {name: value.clone() for name, value in model.state_dict().items()}
    other = before | {"head.weight": torch.zeros_like(model.head.weight), "head.bias": torch.tensor([3.0])}
    trainer = SimpleNamespace(
        val_dataloaders=[Batch(torch.rand(4, 1, 8, 8), torch.tensor([[1.0], [1.0], [0.0], [math.nan]]), {})],
        precision_plugin=SimpleNamespace(val_step_context=nullcontext),
        strategy=SimpleNamespace(batch_to_device=lambda batch: batch),
    )
    scores = validate_weights(trainer, classifier, other)  # type: ignore[arg-type]
    softplus = math.log1p(math.exp(-3))
    assert scores["val_loss"] == pytest.approx((2 * softplus + 3 + softplus) / 3, rel=1e-5)
    assert scores["val_macro_auroc"] == 0.5
    torch.testing.assert_close(classifier.model.state_dict(), before, rtol=0, atol=0)
    assert classifier.model.training


@pytest.mark.parametrize(("soup", "delivered"), [(0.9, "soup"), (0.75, "epoch")])
def test_validation_decides_whether_the_average_is_delivered(tmp_path: Path, soup: float, delivered: str) -> None:
    run = Run(tmp_path)
    run.best_checkpoint.parent.mkdir()
    average = AverageEpochs(2)
    average.weights = {"weight": torch.ones(1)}
    trainer = SimpleNamespace(
        callbacks=[average],
        callback_metrics={"soup_val_macro_auroc": torch.tensor(soup)},
        current_epoch=4,
        is_global_zero=True,
    )
    keep = KeepCheckpoints(run, monitor=MACRO_AUROC, dataset={})
    keep.load_state_dict({"best": 0.8})
    keep._offer_soup(trainer)  # type: ignore[arg-type]
    assert run.best_checkpoint.is_file() == (delivered == "soup")
    if delivered == "soup":
        best = torch.load(run.best_checkpoint, weights_only=True)
        assert best["state_dict"]["weight"] == 1
        assert keep.state_dict() == {"best": pytest.approx(0.9)}


def test_counters_are_taken_from_the_last_epoch() -> None:
    average = AverageEpochs(3)
    for value in (1, 3, 8):
        average._add({"weight": torch.tensor(float(value)), "count": torch.tensor(value)})
    assert average.weights["weight"].item() == pytest.approx(4.0)
    assert average.weights["count"].item() == 8
