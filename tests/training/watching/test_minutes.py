"""What a training says each minute."""

import time
from types import SimpleNamespace
from typing import Any

import pytest

from xray_resnet.training.watching import SayEachMinute


def test_a_line_a_minute_says_how_far_and_how_fast_and_what_is_left(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two epochs of 20 batches of 32; a batch takes 6 s."""
    now, said = [0.0], list[str]()
    monkeypatch.setattr(time, "monotonic", lambda: now[0])
    trainer: Any = SimpleNamespace(num_training_batches=20, max_epochs=2, current_epoch=0)
    module: Any = None
    minutes = SayEachMinute(batch_size=32, announce=said.append)
    minutes.on_train_start(trainer, module)
    for trainer.current_epoch in range(2):
        minutes.on_train_epoch_start(trainer, module)
        for step in range(20):
            now[0] += 6.0
            minutes.on_train_batch_end(trainer, module, None, None, step)
    assert said == [
        "epoch 1/2  320 of 640 images  5.3 images/s  0:03:00 left",
        "epoch 1/2  640 of 640 images  5.3 images/s  0:02:00 left",
        "epoch 2/2  320 of 640 images  5.3 images/s  0:01:00 left",
        "epoch 2/2  640 of 640 images  5.3 images/s  0:00:00 left",
    ]
