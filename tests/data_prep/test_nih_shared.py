"""The real NIH ChestX-ray14 excerpt, where it is at hand."""

from pathlib import Path

import numpy as np
import pytest

from data_prep.ingest import prepare_dataset
from xray_resnet.config import Config, DataConfig, PrepConfig
from xray_resnet.store import Dataset, open_dataset


@pytest.fixture(scope="module")
def nih(shared: Path, tmp_path_factory: pytest.TempPathFactory) -> Dataset:
    """The whole excerpt, prepared once."""
    folder = tmp_path_factory.mktemp("nih")
    data = DataConfig(source="nih_chestxray14", root=shared / "data" / "nih_chestxray14", cache=folder / "dataset")
    return open_dataset(prepare_dataset(Config(data=data, prep=PrepConfig(size=128, hash_key=folder / "hash.key"))))


def test_every_radiograph_is_accepted(nih: Dataset) -> None:
    assert len(nih) == 702


def test_the_official_split_is_kept(nih: Dataset, shared: Path) -> None:
    tested = (shared / "data" / "nih_chestxray14" / "test_list.txt").read_text().split()
    assert len(nih.indices("test")) == len(tested)
    assert len(nih.indices("train")) + len(nih.indices("val")) == 702 - len(tested)
    patients = [set(nih.patient_ids[nih.indices(split)]) for split in ("train", "val", "test")]
    assert sum(map(len, patients)) == len(set.union(*patients))


def test_boxes_lie_within_their_image(nih: Dataset) -> None:
    boxes = np.array([box[1:] for row in range(len(nih)) for box in nih.boxes(row)])
    assert len(boxes) == 23
    assert (boxes[:, :2] >= 0).all()
    assert (boxes[:, :2] + boxes[:, 2:] <= 128 + 1e-3).all()


def test_planted_names_reach_no_file(nih: Dataset, shared: Path) -> None:
    source = next((shared / "data" / "nih_chestxray14" / "dicom").iterdir())
    assert b"PLANTED" in source.read_bytes()
    assert not any(b"PLANTED" in path.read_bytes() for path in nih.folder.rglob("*") if path.is_file())
