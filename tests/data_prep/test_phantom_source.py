"""The phantom as a source: rendered where it is missing, then read like any other archive."""

from pathlib import Path

import pytest

from data_prep.ingest import ensure_dataset
from xray_resnet.config import Config, DataConfig, PhantomConfig, PrepConfig
from xray_resnet.findings import PHANTOM
from xray_resnet.store import open_dataset


@pytest.fixture
def config(tmp_path: Path) -> Config:
    data = DataConfig(cache=tmp_path / "phantom", phantom=PhantomConfig(count=12, size=64))
    return Config(data=data, prep=PrepConfig(size=48, workers=1))


def test_a_phantom_dataset_is_named_synthetic_and_fully_labelled(config: Config) -> None:
    dataset = open_dataset(ensure_dataset(config))
    assert dataset.synthetic
    assert dataset.findings == PHANTOM
    assert len(dataset) == 12
    assert set(dataset.states.ravel().tolist()) == {0, 1}
    assert {finding for row in range(12) for finding, *_ in dataset.boxes(row)} <= set(PHANTOM)


def test_a_phantom_is_rendered_beside_its_dataset_once(config: Config) -> None:
    ensure_dataset(config)
    source = config.data.cache.with_name("phantom-source")
    before = {path: path.stat().st_mtime_ns for path in source.rglob("*")}
    ensure_dataset(config)
    assert {path: path.stat().st_mtime_ns for path in source.rglob("*")} == before


def test_another_seed_is_another_dataset(config: Config) -> None:
    before = open_dataset(ensure_dataset(config)).column("pixels_sha256")
    config.data.phantom.seed = 1
    assert not set(before) & set(open_dataset(ensure_dataset(config)).column("pixels_sha256"))
