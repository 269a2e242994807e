"""Patients of another data set that the model was fitted to."""

from collections.abc import Iterable

import numpy as np
import pytest

from tests.datasets import make_dataset
from xray_resnet.errors import UserError
from xray_resnet.evaluation.seen import UNKNOWN, Seen, treat_seen
from xray_resnet.store import Dataset, open_dataset
from xray_resnet.trained_patients import TrainedPatients


@pytest.fixture(scope="module")
def dataset(tmp_path_factory: pytest.TempPathFactory) -> Dataset:
    """Its test split: twelve images of six patients."""
    return open_dataset(make_dataset(tmp_path_factory.mktemp("data") / "tiny"))


def trained_on(patients: Iterable[str], key: str = "") -> TrainedPatients:
    return TrainedPatients.of(key, {"train": patients, "val": []})


def test_patients_of_the_training_are_refused_with_their_number(dataset: Dataset) -> None:
    rows = dataset.indices("test")
    trained = trained_on(dataset.patient_ids[rows[:3]])
    with pytest.raises(UserError, match=r"was fitted to 2 of the 6 patients, .*--seen leave_out"):
        treat_seen(dataset, rows, trained, "refuse")


def test_patients_who_chose_the_epoch_count_too(dataset: Dataset) -> None:
    rows = dataset.indices("test")
    trained = TrainedPatients.of("", {"train": [], "val": dataset.patient_ids[rows[:1]].tolist()})
    assert treat_seen(dataset, rows, trained, "keep")[1] == Seen(1)


def test_they_can_be_left_out_with_all_their_images(dataset: Dataset) -> None:
    rows = dataset.indices("test")
    kept, seen = treat_seen(dataset, rows, trained_on(dataset.patient_ids[rows[:1]]), "leave_out")
    np.testing.assert_array_equal(kept, rows[2:])
    assert seen == Seen(1, left_out=True)


def test_they_can_be_kept_and_are_counted(dataset: Dataset) -> None:
    rows = dataset.indices("test")
    kept, seen = treat_seen(dataset, rows, trained_on(dataset.patient_ids[rows]), "keep")
    np.testing.assert_array_equal(kept, rows)
    assert seen == Seen(6)


def test_nobody_left_is_refused(dataset: Dataset) -> None:
    rows = dataset.indices("test")
    with pytest.raises(UserError, match="6 of the 6 patients, and nobody is left"):
        treat_seen(dataset, rows, trained_on(dataset.patient_ids[rows]), "leave_out")


def test_strangers_are_known_to_be_strangers(dataset: Dataset) -> None:
    rows = dataset.indices("test")
    kept, seen = treat_seen(dataset, rows, trained_on(["somebody"]), "refuse")
    np.testing.assert_array_equal(kept, rows)
    assert seen == Seen(0)


@pytest.mark.parametrize("trained", [None, "another key"])
def test_without_a_list_or_with_another_key_nothing_is_known(dataset: Dataset, trained: str | None) -> None:
    rows = dataset.indices("test")
    listed = None if trained is None else trained_on(dataset.patient_ids[rows], trained)
    assert treat_seen(dataset, rows, listed, "refuse")[1] == UNKNOWN
