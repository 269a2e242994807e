"""Training in less memory: activations are dropped after use and computed again in the backward pass.

A BN–ReLU is cheap to compute and as large as the convolution's output that it normalises, which is kept anyway (Chen et
al. 2016, arXiv 1604.06174, drop what is cheap; Pleiss et al. 2017, arXiv 1707.06990, do so with batch
norms). It is computed again from the mean and variance that were found forwards: statistics are not updated twice.
"""

from collections.abc import Iterator
from contextlib import contextmanager

import torch
from torch import Tensor, nn
from torch.autograd.graph import saved_tensors_hooks

from xray_resnet.models.layers import Activation


class Recipe:
    """A dropped activation: what it is computed from, and itself while the backward pass has use for it.

    Args:
        x: (B, C, H, W) what was normalised.
        scale: (C,) of the batch norm.
        shift: (C,) of the batch norm.
        mean: (C,) of the batch.
        variance: (C,) of the batch.
    """

    def __init__(self, x: Tensor, scale: Tensor, shift: Tensor, mean: Tensor, variance: Tensor) -> None:
        self._sources = tuple(tensor.detach() for tensor in (x, scale, shift, mean, variance))
        self._made: Tensor | None = None

    def make(self) -> Tensor:
        """The activation."""
        if self._made is None:
            x, scale, shift, mean, variance = self._sources
            normalised, _, _ = torch.native_batch_norm(x, scale, shift, mean, variance, False, 0.0, 0.0)
            self._made = normalised.relu_()
        return self._made

    def make_last(self) -> Tensor:
        """The activation, for the last time in a backward pass: for the ReLU's own gradient."""
        made, self._made = self.make(), None
        return made


class Dropping:
    """Keeps recipes in the place of the activations of a unit; made by `dropping`."""

    def __init__(self) -> None:
        self._activations: list[tuple[Tensor, Recipe]] = []

    def activate(self, activation: Activation, x: Tensor) -> Tensor:
        """The output of `activation` in training, dropped once the unit is done."""
        norm = activation[0]
        assert isinstance(norm, nn.BatchNorm2d)
        normalised, mean, inverse_deviation = _normalise(norm, x)
        recipe = Recipe(x, norm.weight, norm.bias, mean, inverse_deviation.square().reciprocal())
        with saved_tensors_hooks(lambda output: recipe, Recipe.make_last):
            activated = normalised.relu()
        self._activations.append((activated, recipe))
        return activated

    def pack(self, tensor: Tensor) -> Tensor | Recipe:
        """The recipe of an activation that is to be kept for the backward pass; any other tensor itself."""
        address = tensor.data_ptr()
        return next((recipe for made, recipe in self._activations if made.data_ptr() == address), tensor)

    def forget(self) -> None:
        """Lets go of the activations; autograd keeps the hook, and through it this memory."""
        self._activations.clear()


@contextmanager
def dropping() -> Iterator[Dropping]:
    """While a unit is computed, what would keep its activations keeps their recipes."""
    memory = Dropping()
    with saved_tensors_hooks(memory.pack, _unpack):
        yield memory
    memory.forget()


def _unpack(kept: Tensor | Recipe) -> Tensor:
    return kept.make() if isinstance(kept, Recipe) else kept


def _normalise(norm: nn.BatchNorm2d, x: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """`norm(x)` in training, with the mean and the inverse standard deviation that it found."""
    assert norm.num_batches_tracked is not None
    assert norm.momentum is not None
    norm.num_batches_tracked.add_(1)
    return torch.native_batch_norm(
        x, norm.weight, norm.bias, norm.running_mean, norm.running_var, True, norm.momentum, norm.eps
    )
