"""Optimisers without decay on norms and biases; a learning rate that rises linearly and falls as a cosine."""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from torch import nn
from torch.optim import SGD, AdamW, Optimizer
from torch.optim.lr_scheduler import LambdaLR

from xray_resnet.methods import OptimiserName

LOSS_RATE = 10.0
"""Rate of the variables of a loss over that of the weights: they are few, between 0 and 1, and follow the scores."""


@dataclass(frozen=True)
class Schedule:
    """Learning rate and decay over a training of known length.

    Attributes:
        learning_rate: The peak.
        weight_decay: Of AdamW decoupled (Loshchilov and Hutter 2019), of SGD added to the gradient; none on norms and
            biases.
        warmup_steps: Steps of the linear rise.
        total_steps: Steps of the whole training.
        optimiser: Which, of `OPTIMISERS`.
        momentum: Of SGD.
    """

    learning_rate: float
    weight_decay: float
    warmup_steps: int
    total_steps: int
    optimiser: OptimiserName = "adamw"
    momentum: float = 0.9

    def factor(self, step: int) -> float:
        """Share of the peak at `step`, counted from 0; never 0 before the last step is done."""
        if step < self.warmup_steps:
            return (step + 1) / (self.warmup_steps + 1)
        done = (step - self.warmup_steps) / max(1, self.total_steps - self.warmup_steps)
        return 0.5 * (1 + math.cos(math.pi * min(1.0, done)))


OPTIMISERS: Mapping[OptimiserName, Callable[[list[dict[str, Any]], Schedule], Optimizer]] = {
    "adamw": lambda groups, schedule: AdamW(groups, lr=schedule.learning_rate, fused=True),
    "sgd": lambda groups, schedule: SGD(groups, lr=schedule.learning_rate, momentum=schedule.momentum, fused=True),
}
"""Name → the optimiser, from groups of parameters, each with its weight decay, and the schedule."""


def build_optimiser(
    module: nn.Module, schedule: Schedule, *, loss: nn.Module | None = None
) -> tuple[Optimizer, LambdaLR]:
    """The optimiser of a schedule, and that schedule by step.

    Args:
        module: Has the weights.
        schedule: Which optimiser, and how fast.
        loss: Its own variables, if it has any, learn `LOSS_RATE` times as fast.
    """
    groups = group_parameters(module, schedule.weight_decay)
    if variables := list(loss.parameters()) if loss is not None else []:
        groups.append({"params": variables, "weight_decay": 0.0, "lr": LOSS_RATE * schedule.learning_rate})
    optimiser = OPTIMISERS[schedule.optimiser](groups, schedule)
    return optimiser, LambdaLR(optimiser, schedule.factor)


def group_parameters(model: nn.Module, weight_decay: float) -> list[dict[str, Any]]:
    """Matrices and kernels with weight decay; norms and biases without."""
    parameters = list(model.parameters())
    return [
        {"params": [parameter for parameter in parameters if parameter.ndim > 1], "weight_decay": weight_decay},
        {"params": [parameter for parameter in parameters if parameter.ndim <= 1], "weight_decay": 0.0},
    ]
