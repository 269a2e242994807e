"""What is known of images, by name."""

from pathlib import Path

import numpy as np
import pytest

from tests.datasets import write_dataset
from xray_resnet.errors import ConfigurationError
from xray_resnet.evaluation.image_facts import check_groupable, read_fact
from xray_resnet.store import Dataset, StoredImage, open_dataset

PIXELS = np.zeros((4, 4), np.uint8)


@pytest.fixture
def dataset(tmp_path: Path) -> Dataset:
    facts = [
        {"Manufacturer": "CANON INC.", "ManufacturerModelName": "CXDI", "source": "ours"},
        {"Manufacturer": "SIEMENS", "Modality": "DX", "source": "theirs"},
        {},
    ]
    images = [
        StoredImage(f"i{row}", "p", PIXELS, {"A": 0}, facts=known, view=view, age=age)
        for row, (known, view, age) in enumerate(zip(facts, ("PA", "", "AP"), (44.0, None, 3.0), strict=True))
    ]
    splits = {"train": [], "val": [], "test": ["i0", "i1", "i2"]}
    described = {"name": "x", "source": "combined", "synthetic": False, "findings": ("A",), "reading": {}}
    return open_dataset(write_dataset(tmp_path, images, splits=splits, reading_fingerprint="0" * 16, **described))


@pytest.mark.parametrize(
    ("name", "values"),
    [
        ("view", ["PA", None, "AP"]),
        ("age", [44.0, None, 3.0]),
        ("Modality", [None, "DX", None]),
        ("scanner", ["CANON INC. CXDI", "SIEMENS", None]),
        ("source", ["ours", "theirs", "combined"]),
    ],
)
def test_what_is_absent_is_none(dataset: Dataset, name: str, values: list[object]) -> None:
    assert read_fact(dataset, np.arange(3), name) == values


def test_facts_are_those_of_the_rows(dataset: Dataset) -> None:
    assert read_fact(dataset, np.array([2, 0]), "view") == ["AP", "PA"]


def test_keywords_that_an_image_has_can_group_and_others_are_told(dataset: Dataset) -> None:
    check_groupable(dataset, ["view", "Modality", "Manufacturer"])
    known = "transfer_syntax, Manufacturer, ManufacturerModelName, Modality$"
    with pytest.raises(ConfigurationError, match=f"--subgroup BitsStored: .* has no such column; there are .*{known}"):
        check_groupable(dataset, ["view", "BitsStored"])
