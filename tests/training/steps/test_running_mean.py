"""The mean loss of an epoch."""

import torch

from xray_resnet.training.steps.running_mean import RunningMean


def test_a_mean_in_two_parts_is_the_mean() -> None:
    first, second = RunningMean(), RunningMean()
    first.update(torch.tensor(1.0), 3)
    second.restore(first.save())
    second.update(torch.tensor(5.0), 1)
    assert second.compute() == (3 * 1.0 + 1 * 5.0) / 4
