"""A step that is not worth taking ends the training, and names its images."""

import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from tests.training.test_fit import make_config, make_data
from xray_resnet.data import Batch, LabelledImages
from xray_resnet.errors import UserError
from xray_resnet.store import open_dataset
from xray_resnet.training.fit import train
from xray_resnet.training.steps import DivergedError
from xray_resnet.training.steps.divergence import Step

BATCH = Batch(torch.zeros(2, 1, 1, 1), torch.zeros(2, 1), {"row": torch.tensor([7, 3])})


@pytest.mark.parametrize(("loss", "norm"), [(math.nan, 1.0), (math.inf, 1.0), (2e4, 1.0), (1.0, math.nan)])
def test_a_step_without_a_finite_loss_and_gradient_names_its_rows(loss: float, norm: float) -> None:
    step = Step()
    step.add(torch.tensor(0.7), BATCH._replace(facts={"row": torch.tensor([5, 1])}))
    step.add(torch.tensor(loss), BATCH)
    with pytest.raises(DivergedError, match=r"diverged in epoch 2, at step 9: its loss is 0.7, ") as diverged:
        step.end(torch.tensor(norm), epoch=2, number=9)
    assert diverged.value.rows == [5, 1, 7, 3]


def test_a_good_step_is_forgotten_when_it_ends() -> None:
    step = Step()
    step.add(torch.tensor(0.7), BATCH)
    step.end(torch.tensor(3.0), epoch=1, number=1)
    with pytest.raises(DivergedError, match="at step 2") as diverged:
        step.end(torch.tensor(math.nan), epoch=1, number=2)
    assert diverged.value.rows == []


def test_a_broken_image_ends_the_run_with_its_id_and_the_last_good_checkpoint(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The image is broken from the second epoch on, so that there is a checkpoint of the first."""
    data = make_data(tmp_path / "data")
    config = make_config(data, tmp_path / "runs", epochs=2)
    dataset = open_dataset(data)
    row = int(dataset.indices("train")[5])
    whole = LabelledImages._see

    def break_one(self: Any, position: Any, *, clean: bool) -> torch.Tensor:
        image = whole(self, position, clean=clean)
        is_broken = position.epoch == 1 and int(self._rows[position.item]) == row
        return torch.full_like(image, np.nan) if is_broken else image

    monkeypatch.setattr(LabelledImages, "_see", break_one)
    with pytest.raises(UserError, match=r"diverged in epoch 2, at step \d+: its loss is nan") as diverged:
        train(config, announce=lambda _: None)
    (run,) = (tmp_path / "runs").iterdir()
    message = str(diverged.value)
    assert str(dataset.column("image_id")[row]) in message
    assert f"the last good checkpoint is {run / 'checkpoints/last.ckpt'}" in message
    assert message.count("image0") == 16
