"""Datasets that a study makes of others: no patient on two sides, no film in two archives."""

from pathlib import Path

import numpy as np
import pytest

from docs.studies.datasets import ORIENTATIONS, find_shared, split_anew, turn_films, turn_labels
from docs.studies.pretraining import join
from tests.builders import make_chest
from tests.datasets import make_dataset, write_dataset
from xray_resnet.evaluation.predictions import Predictions
from xray_resnet.findings import LabelState
from xray_resnet.store import Dataset, StoredImage, open_dataset
from xray_resnet.store.folds import cross_fit


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Dataset:
    return open_dataset(make_dataset(tmp_path_factory.mktemp("source") / "data", count=60))


def test_every_image_is_in_the_test_part_of_one_fold(source: Dataset) -> None:
    tested = np.concatenate([splits["test"] for splits in cross_fit(source, folds=4)])
    assert sorted(tested) == [*range(60)]


def test_no_patient_is_on_two_sides_of_a_fold(source: Dataset) -> None:
    for splits in cross_fit(source, folds=4):
        patients = [set(source.patient_ids[rows]) for rows in splits.values()]
        assert all(patients)
        assert sum(map(len, patients)) == len(set.union(*patients)) == 30


def test_folds_do_not_depend_on_the_hashes_of_the_patients(source: Dataset, tmp_path: Path) -> None:
    images = [
        StoredImage(f"{row}", f"{hash((7, row // 2))}", np.zeros((8, 8), np.uint8), {"A": 0}) for row in range(60)
    ]
    described = {"name": "b", "source": "table", "synthetic": True, "findings": ("A",), "reading": {}, "splits": {}}
    other = open_dataset(write_dataset(tmp_path / "b", images, reading_fingerprint="", **described))
    for one, two in zip(cross_fit(source, folds=3), cross_fit(other, folds=3), strict=True):
        assert {split: rows.tolist() for split, rows in one.items()} == {k: rows.tolist() for k, rows in two.items()}


def test_other_splits_are_those_of_the_same_images(source: Dataset, tmp_path: Path) -> None:
    rows = {"train": np.array([3, 5]), "val": np.array([8]), "test": np.array([0])}
    anew = open_dataset(split_anew(source, tmp_path / "fold-0", rows))
    assert {split: anew.indices(split).tolist() for split in rows} == {"train": [3, 5], "val": [8], "test": [0]}
    assert anew.name == "fold-0"
    np.testing.assert_array_equal(anew.pixels(5), source.pixels(5))


def test_a_turned_film_is_turned_back_by_its_labels(source: Dataset, tmp_path: Path) -> None:
    rows = {"train": np.arange(40), "val": np.arange(40, 60), "test": np.array([], np.int64)}
    turned = open_dataset(turn_films(source, tmp_path / "turned", rows))
    assert turned.findings == ORIENTATIONS
    seen = set()
    for row in range(60):
        on_its_side, upside_down, mirrored = (int(state == LabelState.POSITIVE) for state in turned.states[row])
        seen.add((on_its_side, upside_down, mirrored))
        pixels = turned.pixels(row)[:, ::-1] if mirrored else turned.pixels(row)
        np.testing.assert_array_equal(np.rot90(pixels, -on_its_side - 2 * upside_down), source.pixels(row))
    assert len(seen) == 8
    assert turned.indices("val").tolist() == [*range(40, 60)]


def test_labels_that_are_turned_round_are_the_other_ones_and_all_else_is_the_same(
    source: Dataset, tmp_path: Path
) -> None:
    turned = open_dataset(turn_labels(source, tmp_path / "turned", source.findings[1], np.array([0, 7, 59])))
    changed = turned.states != source.states
    assert np.argwhere(changed).tolist() == [[0, 1], [7, 1], [59, 1]]
    assert set(turned.states[changed]) <= {0, 1}
    assert (turned.image_ids == source.image_ids).all()
    assert turned.split_sha256 == source.split_sha256
    np.testing.assert_array_equal(turned.pixels(59), source.pixels(59))


def test_a_film_that_is_in_both_archives_is_found(tmp_path: Path) -> None:
    generator = np.random.default_rng(0)
    films = [np.uint8(make_chest(64, 64, generator) * 255) for _ in range(5)]
    described = {"name": "a", "source": "table", "synthetic": True, "findings": ("A",), "reading": {}, "splits": {}}

    def write(name: str, chosen: list[int]) -> Dataset:
        images = [StoredImage(f"{name}{film}", f"{name}{film}", films[film], {"A": 0}) for film in chosen]
        return open_dataset(write_dataset(tmp_path / name, images, reading_fingerprint="", **described))

    assert find_shared(write("a", [0, 1, 2, 0]), write("b", [4, 2])) == {2}


def test_joined_predictions_keep_the_order_of_the_parts() -> None:
    parts = [
        Predictions(("A",), np.array([name]), np.array([name]), np.zeros((1, 1), np.int8), np.full((1, 1), logit))
        for name, logit in (("x", 1.0), ("y", 2.0))
    ]
    joined = join(parts)
    assert (joined.image_ids.tolist(), joined.logits.tolist()) == (["x", "y"], [[1.0], [2.0]])
