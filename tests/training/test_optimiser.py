"""Decay and learning rate."""

import pytest
import torch

from xray_resnet.models import build_model
from xray_resnet.training.optimiser import Schedule, build_optimiser, group_parameters

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
