"""Averaged weights against the recursion written out."""

import math

import numpy as np
import pytest
import torch
from torch import nn
from torch.optim.swa_utils import AveragedModel

from xray_resnet.training.averaging import AverageWeights


def test_the_average_follows_its_recursion() -> None:
    model = nn.Sequential(nn.Linear(1, 1, bias=False), nn.BatchNorm1d(1))
    average = AverageWeights(0.5)
    averaged = AveragedModel(model, use_buffers=average._use_buffers, multi_avg_fn=average._update)
    expected = 0.0
    for step, value in enumerate((1.0, 3.0, 4.0, -2.0)):
        nn.init.constant_(model[0].weight, value)
        model[1].running_mean.fill_(value)
        averaged.update_parameters(model)
        decay = min(0.5, (1 + step) / (10 + step))
        expected = value if step == 0 else decay * expected + (1 - decay) * value
    assert averaged.module[0].weight.item() == averaged.module[1].running_mean.item()
    torch.testing.assert_close(averaged.module[0].weight.item(), expected)


def test_without_a_limit_the_average_looks_back_over_a_constant_share_of_the_steps() -> None:
    """Karras et al. 2024, section 3.1: with γ = 8 the profile τ^γ is σ = √(γ+1) / ((γ+2) √(γ+3)) of the steps wide."""
    average, steps, gamma = AverageWeights("auto"), 4000, 8
    weights = np.zeros(steps)
    for step in range(1, steps):
        averaged = [torch.tensor([1.0])]
        average._update(averaged, [torch.tensor([0.0])], torch.tensor(step))
        weights *= averaged[0].item()
        weights[step] = 1 - averaged[0].item()
    times = np.arange(steps) / steps
    mean = np.average(times, weights=weights)
    width = np.sqrt(np.average((times - mean) ** 2, weights=weights))
    assert mean == pytest.approx((gamma + 1) / (gamma + 2), abs=0.005)
    assert width == pytest.approx(math.sqrt(gamma + 1) / ((gamma + 2) * math.sqrt(gamma + 3)), rel=0.02)


def test_counters_are_taken_over() -> None:
    average, counts = AverageWeights(0.9), [torch.tensor(3)]
    average._update(counts, [torch.tensor(8)], torch.tensor(1))
    assert counts[0] == 8
