"""What a network draws in a step."""

from types import SimpleNamespace
from typing import Any

import torch

from xray_resnet.training.steps import SeedSteps


def test_what_a_network_draws_depends_on_seed_epoch_step_and_process() -> None:
    def draw(seed: int, epoch: int, step: int, rank: int) -> float:
        trainer: Any = SimpleNamespace(current_epoch=epoch, global_rank=rank)
        SeedSteps(seed).on_train_batch_start(trainer, None, None, step)  # type: ignore[arg-type]
        return torch.rand(()).item()

    with torch.random.fork_rng(devices=[]):
        places = [(0, 0, 0, 0), (1, 0, 0, 0), (0, 1, 0, 0), (0, 0, 1, 0), (0, 0, 0, 1)]
        assert len({draw(*place) for place in places}) == len(places)
        assert draw(3, 2, 1, 0) == draw(3, 2, 1, 0)
