"""When a checkpoint is written."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import torch

from xray_resnet.runs import Run
from xray_resnet.training.checkpoints import KeepCheckpoints


def test_weights_that_a_step_broke_do_not_replace_the_last_checkpoint(tmp_path: Path) -> None:
    """Beside it, only what is asked of a trainer by the callback."""
    module = torch.nn.Linear(2, 1)
    torch.nn.init.constant_(module.weight, float("nan"))
    keep = KeepCheckpoints(Run(tmp_path), monitor=None, dataset={}, minutes=1e-9)  # type: ignore[arg-type]

    class Trainer:
        accumulate_grad_batches, num_training_batches, lightning_module = 1, 4, module
        strategy = SimpleNamespace(reduce_boolean_decision=lambda decision, all: decision)

        def save_checkpoint(self, path: Path) -> None:
            path.parent.mkdir(exist_ok=True)
            path.touch()

    trainer: Any = Trainer()
    keep.on_train_batch_end(trainer, None, None, 0)
    assert not Run(tmp_path).last_checkpoint.exists()
    torch.nn.init.zeros_(module.weight)
    keep.on_train_batch_end(trainer, None, None, 0)
    assert Run(tmp_path).last_checkpoint.exists()
