"""Columns and splits of a dataset, and what is said if there is none of that name."""

import numpy as np
import pytest

from tests.datasets import make_dataset
from xray_resnet.store import Dataset, open_dataset
from xray_resnet.store.reader import map_pixels


@pytest.fixture(scope="module")
def dataset(tmp_path_factory: pytest.TempPathFactory) -> Dataset:
    return open_dataset(make_dataset(tmp_path_factory.mktemp("data") / "tiny", count=24))


def test_a_split_is_found_by_the_names_of_its_images(dataset: Dataset) -> None:
    for split in ("train", "val", "test"):
        assert set(dataset.image_ids[dataset.indices(split)]) == set(dataset.description.splits[split])


def test_a_column_that_is_not_there_is_told_from_those_that_are(dataset: Dataset) -> None:
    with pytest.raises(KeyError, match=r"no column 'weight'; there are .*patient_id"):
        dataset.column("weight")


def test_pixels_are_no_column_to_list(dataset: Dataset) -> None:
    with pytest.raises(KeyError, match=r"one image at a time, by pixels\(row\)"):
        dataset.column("pixels")


def test_a_fact_that_no_header_has_is_none_of_every_image(dataset: Dataset) -> None:
    assert dataset.fact("StationName") == [None] * 24


def test_the_pixels_of_finished_parts_go_by_the_names_of_their_images(dataset: Dataset) -> None:
    pixels = map_pixels(dataset.folder, dataset.description.parts)
    assert list(pixels) == list(dataset.image_ids)
    for row, image_id in enumerate(dataset.image_ids):
        np.testing.assert_array_equal(pixels[image_id], dataset.pixels(row))
