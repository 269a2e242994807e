"""VinDr-CXR: what its readers agree on."""

from pathlib import Path

import pytest

from data_prep.sources.vindr_cxr import agree, merge_boxes
from tests.data_prep.sources.listing import NEGATIVE, POSITIVE, UNCERTAIN, by_name, counted, list_archive
from xray_resnet.boxes import Box
from xray_resnet.findings import LabelState


def test_vindr_readers_agree_by_majority(tmp_path: Path) -> None:
    records = by_name(list_archive("vindr_cxr", tmp_path))
    first = records["img1"]
    assert (first.states["Cardiomegaly"], first.states["Nodule_or_Mass"]) == (POSITIVE, UNCERTAIN)
    assert first.boxes == (Box("Cardiomegaly", 11, 20, 40, 40),)
    assert set(counted(records["img2"])) == {NEGATIVE}
    assert records["img3"].boxes == (Box("Effusion", 1, 2, 10, 20),)
    assert [record.split for record in records.values()] == ["train", "train", "test", "test"]


@pytest.mark.parametrize(
    ("votes", "state"),
    [([1, 1, 0], POSITIVE), ([1, 0, 0], UNCERTAIN), ([0, 0, 0], NEGATIVE), ([1], POSITIVE), ([1, 0], UNCERTAIN)],
)
def test_most_readers_decide(votes: list[int], state: LabelState) -> None:
    assert agree([bool(vote) for vote in votes]) == state


def test_boxes_of_one_reader_are_never_merged_with_each_other() -> None:
    assert merge_boxes([("R1", (0, 0, 9, 9)), ("R1", (0, 0, 9, 9))], readers=3) == []
