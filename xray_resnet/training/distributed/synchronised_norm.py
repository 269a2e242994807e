"""Batch norm over the images of all processes, where torch has none: on CPUs.

With it two processes that share a batch compute what one computes of the whole batch (Ioffe and Szegedy 2015,
algorithm 1, with the mean and variance of all).
"""

from typing import Any, cast

import torch
from lightning.pytorch.plugins import LayerSync
from torch import Tensor, nn

from xray_resnet.training.distributed.collectives import sum_of_all


class SynchronisedNorm(nn.BatchNorm2d):
    """Batch norm whose statistics are those of all processes while it trains."""

    def forward(self, input: Tensor) -> Tensor:
        """Normalised images (B, C, H, W); every process gives as many pixels."""
        if not self.training:
            return super().forward(input)
        count = input.numel() // input.shape[1] * torch.distributed.get_world_size()
        mean = _sum_of_all(input.sum((0, 2, 3))) / count
        centred = input - mean[:, None, None]
        variance = _sum_of_all(centred.square().sum((0, 2, 3))) / count
        self._remember(mean.detach(), variance.detach() * count / (count - 1))
        scale: Tensor = self.weight * (variance + self.eps).rsqrt()
        return centred * scale[:, None, None] + self.bias[:, None, None]

    @torch.no_grad()
    def _remember(self, mean: Tensor, variance: Tensor) -> None:
        """Moves the running statistics, of which the variance is the unbiased one."""
        assert self.running_mean is not None and self.running_var is not None and self.num_batches_tracked is not None
        self.num_batches_tracked += 1
        self.running_mean.lerp_(mean, self.momentum or 0.0)
        self.running_var.lerp_(variance, self.momentum or 0.0)


class _SumOfAll(torch.autograd.Function):
    """The sum over the processes, whose gradient is the sum of their gradients."""

    @staticmethod
    def forward(context: Any, mine: Tensor) -> Tensor:
        return sum_of_all(mine)

    @staticmethod
    def backward(context: Any, *gradients: Tensor) -> Tensor:
        return _SumOfAll.forward(context, gradients[0])


def _sum_of_all(mine: Tensor) -> Tensor:
    total: Tensor = _SumOfAll.apply(mine)  # type: ignore[no-untyped-call]
    return total


class SynchroniseNorms(LayerSync):
    """Makes every batch norm of a network a synchronised one, and back; weights and names stay."""

    def apply(self, model: nn.Module) -> nn.Module:
        """Synchronises."""
        return _turn(model, nn.BatchNorm2d, SynchronisedNorm)

    def revert(self, model: nn.Module) -> nn.Module:
        """Undoes it."""
        return _turn(model, SynchronisedNorm, nn.BatchNorm2d)


def _turn(model: nn.Module, before: type[nn.BatchNorm2d], after: type[nn.BatchNorm2d]) -> nn.Module:
    for module in model.modules():
        if type(module) is before:
            cast(nn.Module, module).__class__ = after
    return model
