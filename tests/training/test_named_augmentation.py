"""Transforms of albumentations that a recipe names: kept with the run, refused before data are prepared, resumed."""

from dataclasses import replace
from pathlib import Path

import pytest
import torch

from tests.training.test_fit import KilledError, ends_at, make_config, make_data, only_run
from xray_resnet.cli.train import train as train_command
from xray_resnet.config import AugmentConfig
from xray_resnet.errors import ConfigurationError
from xray_resnet.runs import Run
from xray_resnet.training.checkpoints import read_checkpoint
from xray_resnet.training.fit import train
from xray_resnet.training.watching import keep_silent

NAMED = [{"name": "CLAHE", "p": 0.5, "clip_limit": [1, 3]}, {"name": "Rotate", "p": 0.5, "limit": [5, 10]}]


def test_a_resumed_run_keeps_its_named_transforms_and_ends_with_the_weights_of_one_that_never_stopped(
    tmp_path: Path,
) -> None:
    config = replace(
        make_config(make_data(tmp_path / "data"), tmp_path / "whole", epochs=2),
        augment=AugmentConfig(size=64, albumentations=NAMED),
    )
    whole = Run(train(config, announce=keep_silent))
    started = replace(config, train=replace(config.train, output=tmp_path / "killed"))
    with pytest.raises(KilledError, match="by the test"):
        train(started, announce=ends_at(2, KilledError))
    saved = Run.open(only_run(tmp_path / "killed")).read_config()
    assert saved.augment.albumentations == NAMED
    resumed = Run(train(saved, resume=only_run(tmp_path / "killed"), announce=keep_silent))
    expected, weights = (read_checkpoint(run.last_checkpoint)["state_dict"] for run in (whole, resumed))
    torch.testing.assert_close(weights, expected, rtol=0, atol=0)


def test_a_name_that_is_unknown_is_refused_before_the_data_are_prepared(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ConfigurationError, match=r"albumentations\[0\] \(Clahe\).*did you mean 'CLAHE'"):
        train_command(["--config", "chestxray.yaml", "--augment.albumentations", "[{name: Clahe, p: 0.2}]"])
    assert not [*tmp_path.iterdir()]
