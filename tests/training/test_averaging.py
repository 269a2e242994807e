"""Averaged weights against the recursion written out."""

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


def test_counters_are_taken_over() -> None:
    average, counts = AverageWeights(0.9), [torch.tensor(3)]
    average._update(counts, [torch.tensor(8)], torch.tensor(1))
    assert counts[0] == 8
