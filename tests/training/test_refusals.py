"""What cannot be trained on, or with."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.datasets import make_dataset
from xray_resnet.bounds import refuse_mistakes
from xray_resnet.config import AugmentConfig, Config, DataConfig, ModelConfig, TrainConfig
from xray_resnet.dicom import Reading
from xray_resnet.errors import ConfigurationError, UserError
from xray_resnet.store import open_dataset
from xray_resnet.training.fit import train
from xray_resnet.training.from_config import build_task_of

READING = Reading(size=64)


def make_data(folder: Path, **options: Any) -> Path:
    reading = {"reading": READING.to_json(), "reading_fingerprint": READING.fingerprint()}
    return make_dataset(folder, **(reading | options))


def test_every_mistake_is_named_at_once(tmp_path: Path) -> None:
    config = Config(
        train=TrainConfig(epochs=0, warmup=2.0, learning_rate=float("nan")),
        augment=AugmentConfig(quantum_noise=1.5, dose_fraction=0.0),
        model=ModelConfig(image_size=8),
    )
    with pytest.raises(ConfigurationError, match="expected") as refused:
        train(config)
    named = [line.split()[0] for line in str(refused.value).splitlines()]
    assert named == [
        "model.image_size", "augment.quantum_noise", "augment.dose_fraction",
        "train.epochs", "train.learning_rate", "train.warmup",
    ]  # fmt: skip


def test_a_robust_training_that_lacks_what_it_needs_is_refused() -> None:
    train = TrainConfig(robust="consistency", teacher="average", ema_decay=0.0, auxiliary_norm=True, batch_size=2)
    with pytest.raises(ConfigurationError, match=r"teacher is average, but ema_decay is 0") as refused:
        refuse_mistakes(train)
    assert "batch_size of at least 4, not 2" in str(refused.value)
    with pytest.raises(ConfigurationError, match="robust is augment: no image is clean"):
        refuse_mistakes(TrainConfig(robust="augment", auxiliary_norm=True))


def test_weights_in_parts_have_no_average() -> None:
    with pytest.raises(ConfigurationError, match=r"strategy is fsdp: weights in parts have no average; set ema_decay"):
        train(Config(train=TrainConfig(strategy="fsdp")))


def test_a_missing_dataset_is_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="no such dataset folder"):
        train(Config(data=DataConfig(cache=tmp_path / "nowhere")))


@pytest.mark.parametrize(("split", "count"), [("train", 1), ("val", 4)])
def test_a_split_without_enough_images_is_named_with_its_remedy(tmp_path: Path, split: str, count: int) -> None:
    dataset = open_dataset(make_data(tmp_path / "data", count=count, images_per_patient=4))
    with pytest.raises(UserError, match=f"'{split}': [01], expected at least [12]; raise data.split.{split}"):
        build_task_of(Config(), dataset)


def test_a_finding_that_is_not_there_is_named_beside_those_that_are(tmp_path: Path) -> None:
    dataset = open_dataset(make_data(tmp_path / "data"))
    with pytest.raises(UserError, match="no labels of Hernia; it has Cardiomegaly, Effusion"):
        build_task_of(Config(data=DataConfig(findings=["Effusion", "Hernia"])), dataset)


def test_findings_are_trained_in_the_order_that_was_asked_for(tmp_path: Path) -> None:
    dataset = open_dataset(make_data(tmp_path / "data"))
    task = build_task_of(Config(data=DataConfig(findings=["Effusion", "Cardiomegaly"])), dataset)
    np.testing.assert_array_equal(task.targets, dataset.states[:, ::-1])


def test_pixels_of_another_pipeline_are_refused_before_training(tmp_path: Path) -> None:
    dataset = open_dataset(make_data(tmp_path / "data", reading_fingerprint="0123456789abcdef"))
    with pytest.raises(UserError, match=f"0123456789abcdef.*{READING.fingerprint()}"):
        build_task_of(Config(), dataset)


def test_a_folder_that_is_no_run_is_not_resumed(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"no config.yaml there"):
        train(Config(), resume=tmp_path)
