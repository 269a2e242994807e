"""Decay and learning rate."""

import math
from pathlib import Path

import pytest
import torch

import xray_resnet.torch_compat  # noqa: F401  before lightning, whose metrics import torchvision

# isort: split
import lightning
from lightning.pytorch.callbacks import Callback

from tests.training.test_fit import make_config, make_data
from xray_resnet.models import build_model
from xray_resnet.store import open_dataset
from xray_resnet.torch_engine import Engine
from xray_resnet.training.core import fit_network
from xray_resnet.training.from_config import build_settings, build_task_of
from xray_resnet.training.steps import build_classifier
from xray_resnet.training.steps.optimiser import Schedule, build_optimiser, group_parameters

SCHEDULE = Schedule(learning_rate=0.1, weight_decay=0.01, warmup_steps=4, total_steps=20)


def test_norms_and_biases_do_not_decay() -> None:
    model = build_model(18, base_width=8)
    decayed, plain = group_parameters(model, 0.01)
    names = {id(parameter): name for name, parameter in model.named_parameters()}
    assert {names[id(parameter)].rsplit(".", 1)[-1] for parameter in decayed["params"]} == {"weight"}
    assert all(parameter.ndim > 1 for parameter in decayed["params"])
    assert (decayed["weight_decay"], plain["weight_decay"]) == (0.01, 0.0)


def test_every_parameter_is_in_one_group() -> None:
    model = build_model(18, base_width=8)
    grouped = [id(parameter) for group in group_parameters(model, 0.01) for parameter in group["params"]]
    assert sorted(grouped) == sorted(id(parameter) for parameter in model.parameters())


def test_the_rate_rises_to_its_peak_and_falls_to_zero() -> None:
    factors = [SCHEDULE.factor(step) for step in range(21)]
    assert factors[:5] == pytest.approx([0.2, 0.4, 0.6, 0.8, 1.0])
    assert factors[12] == pytest.approx(0.5)
    assert factors[20] == pytest.approx(0, abs=1e-12)
    assert factors[4:] == sorted(factors[4:], reverse=True)
    assert min(factors[:20]) > 0


def test_without_warmup_the_rate_starts_at_its_peak() -> None:
    assert Schedule(0.1, 0, warmup_steps=0, total_steps=10).factor(0) == 1


def test_the_scheduler_sets_the_rate_of_both_groups() -> None:
    optimiser, scheduler = build_optimiser(torch.nn.Linear(2, 2), SCHEDULE)
    optimiser.step()
    scheduler.step()
    assert [group["lr"] for group in optimiser.param_groups] == pytest.approx([0.04, 0.04])


def test_gradient_descent_moves_by_rate_and_momentum() -> None:
    """Sutskever et al. 2013 in torch's form: v ← μv + g, w ← w - ηv; a bias has no decay."""
    layer = torch.nn.Linear(1, 1)
    schedule = Schedule(0.1, 0.0, warmup_steps=0, total_steps=1000, optimiser="sgd", momentum=0.5)
    optimiser, _ = build_optimiser(layer, schedule)
    torch.nn.init.zeros_(layer.bias)
    for expected in (-0.1, -0.1 - 0.1 * 1.5):
        layer.bias.grad = torch.ones(1)
        optimiser.step()
        assert layer.bias.item() == pytest.approx(expected, rel=1e-4)


def test_variables_of_a_loss_learn_ten_times_as_fast_and_never_decay() -> None:
    loss = torch.nn.Module()
    loss.alpha = torch.nn.Parameter(torch.zeros(3))
    optimiser, _ = build_optimiser(torch.nn.Linear(2, 2), SCHEDULE, loss=loss)
    assert [group["initial_lr"] for group in optimiser.param_groups] == pytest.approx([0.1, 0.1, 1.0])
    assert optimiser.param_groups[2]["weight_decay"] == 0


def test_accumulated_batches_make_fewer_steps(tmp_path: Path) -> None:
    config = make_config(make_data(tmp_path / "data"), tmp_path / "runs", accumulate=3)
    settings = build_settings(config, Engine("cpu", "fp32"))
    task = build_task_of(config, open_dataset(config.data.folder))
    model = build_model(18, base_width=8, num_findings=2)
    classifier = build_classifier(model, task, settings, batches_per_epoch=4)
    assert classifier.schedule.total_steps == math.ceil(4 / 3) * 3
    steps: list[int] = []

    class Count(Callback):
        def on_train_epoch_end(self, trainer: lightning.Trainer, pl_module: lightning.LightningModule) -> None:
            steps.append(trainer.global_step)

    fit_network(model, task, settings, [Count()])
    assert steps == [2, 4, 6]
