"""Whom a model was fitted to, as its run keeps them."""

from pathlib import Path

import pytest

from xray_resnet.errors import UserError
from xray_resnet.trained_patients import TrainedPatients


def test_each_patient_is_kept_once_by_split(tmp_path: Path) -> None:
    made = TrainedPatients.of("key", {"train": ["b", "a", "b"], "val": ["c"]})
    made.write(tmp_path / "patients.json")
    read = TrainedPatients.read(tmp_path / "patients.json")
    assert read == made == TrainedPatients("key", {"train": ["a", "b"], "val": ["c"]})
    assert read.all == {"a", "b", "c"}


def test_a_run_that_kept_none_is_told_from_one_of_nobody(tmp_path: Path) -> None:
    assert TrainedPatients.read(tmp_path / "patients.json") is None


@pytest.mark.parametrize("content", ["", "[]", "{}", '{"hash_key_id": "k", "splits": {"train": 3}}'])
def test_what_is_no_such_list_is_refused(tmp_path: Path, content: str) -> None:
    path = tmp_path / "patients.json"
    path.write_text(content)
    with pytest.raises(UserError, match=r"patients\.json: no list of patients .*; remove it to go on without"):
        TrainedPatients.read(path)
