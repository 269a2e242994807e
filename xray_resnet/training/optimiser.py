"""AdamW without decay on norms and biases; a learning rate that rises linearly and falls as a cosine."""

import math
from dataclasses import dataclass
from typing import Any

from torch import nn
from torch.optim import AdamW
from torch.optim.lr_scheduler import LambdaLR


@dataclass(frozen=True)
class Schedule:
    """Learning rate and decay over a training of known length.

    Attributes:
        learning_rate: The peak.
        weight_decay: Decoupled (Loshchilov and Hutter 2019); none on norms and biases.
        warmup_steps: Steps of the linear rise.
        total_steps: Steps of the whole training.
    """

    learning_rate: float
    weight_decay: float
    warmup_steps: int
    total_steps: int

    def factor(self, step: int) -> float:
        """Share of the peak at `step`, counted from 0; never 0 before the last step is done."""
        if step < self.warmup_steps:
            return (step + 1) / (self.warmup_steps + 1)
        done = (step - self.warmup_steps) / max(1, self.total_steps - self.warmup_steps)
        return 0.5 * (1 + math.cos(math.pi * min(1.0, done)))


def build_optimiser(model: nn.Module, schedule: Schedule) -> tuple[AdamW, LambdaLR]:
    """AdamW over the parameters of `model`, and its schedule by step."""
    optimiser = AdamW(group_parameters(model, schedule.weight_decay), lr=schedule.learning_rate, fused=True)
    return optimiser, LambdaLR(optimiser, schedule.factor)


def group_parameters(model: nn.Module, weight_decay: float) -> list[dict[str, Any]]:
    """Matrices and kernels with weight decay; norms and biases without."""
    parameters = list(model.parameters())
    return [
        {"params": [parameter for parameter in parameters if parameter.ndim > 1], "weight_decay": weight_decay},
        {"params": [parameter for parameter in parameters if parameter.ndim <= 1], "weight_decay": 0.0},
    ]
