"""Exponential moving average of the weights: what is validated, checkpointed and delivered."""

import torch
from lightning.pytorch.callbacks import WeightAveraging
from torch import Tensor

from xray_resnet.methods import EmaDecay
from xray_resnet.training.steps import Classifier


class AverageWeights(WeightAveraging):
    """Averages weights and batch-norm statistics after every step, and validates with the average.

    The statistics are averaged like the weights, so that they belong to them. The decay rises with the number of
    steps, min(decay, (1 + n) / (10 + n)), lest the average of a short training remember its random start. Without a
    limit it is a power function average (Karras et al. 2024, equation 2, with γ = 8): it looks back over a ninth of the
    steps so far, however many images there are, and the relative width of its window, 0.09, stays the same.

    Args:
        decay: Most of the former average that a step keeps, below 1; auto: no limit.
    """

    def __init__(self, decay: EmaDecay) -> None:
        super().__init__(use_buffers=True, multi_avg_fn=self._update)
        self.limit = 1.0 if decay == "auto" else decay

    @property
    def averaged(self) -> Classifier:
        """The module with the averaged weights; exists from the start of training on."""
        assert self._average_model is not None
        module = self._average_model.module
        assert isinstance(module, Classifier)
        return module

    def answer(self, images: Tensor) -> Tensor:
        """Logits (B, F) of the averaged network for images (B, C, H, W), without gradient."""
        model = self.averaged.model.eval()
        with torch.no_grad():
            logits: Tensor = model(images.contiguous(memory_format=torch.channels_last))
        return logits

    def _update(self, averaged: list[Tensor], current: list[Tensor], count: Tensor) -> None:
        if not averaged[0].is_floating_point():
            torch._foreach_copy_(averaged, current)
            return
        steps = int(count)
        decay = min(self.limit, (1 + steps) / (10 + steps))
        torch._foreach_lerp_(averaged, current, 1 - decay)
