"""The dataset on disk: exact round trip, views without a copy, clear refusals."""

import json
import pickle
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from tests.datasets import make_dataset, write_dataset
from xray_resnet.boxes import Box
from xray_resnet.errors import UserError
from xray_resnet.findings import LabelState
from xray_resnet.store import Dataset, DatasetDescription, StoredImage, open_dataset
from xray_resnet.store.schema import part_name
from xray_resnet.store.writer import write_description, write_part

FINDINGS = ("Edema", "Pleural_Thickening")
DESCRIBED: dict[str, Any] = {
    "name": "tiny",
    "source": "table",
    "synthetic": False,
    "findings": FINDINGS,
    "reading": {"size": 5, "dtype": "uint16"},
    "reading_fingerprint": "0123456789abcdef",
}
text = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
number = st.floats(-1e4, 1e4, width=32)


@st.composite
def stored_images(draw: st.DrawFn) -> StoredImage:
    return StoredImage(
        image_id="",
        patient_id=draw(text),
        study_id=draw(text),
        pixels=draw(hnp.arrays(np.uint16, (5, 5))),
        states=draw(st.dictionaries(st.sampled_from(FINDINGS), st.sampled_from([-1, 0, 1, 2, 3]))),
        boxes=draw(st.lists(st.builds(Box, st.sampled_from(FINDINGS), number, number, number, number), max_size=3)),
        view=draw(text),
        age=draw(st.none() | st.floats(0, 120, width=32)),
        spacing_mm=draw(st.none() | st.tuples(st.floats(0.01, 1), st.floats(0.01, 1))),
        facts=draw(st.dictionaries(st.sampled_from(["Manufacturer", "PatientSex"]), text)),
    )


def write_and_open(folder: Path, images: list[StoredImage], dtype: str = "uint16") -> Dataset:
    named = [StoredImage(**(vars(image) | {"image_id": f"image{row}"})) for row, image in enumerate(images)]
    splits = {"train": [image.image_id for image in named], "val": [], "test": []}
    return open_dataset(write_dataset(folder, named, dtype=dtype, splits=splits, **DESCRIBED))


@settings(deadline=None, max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(stored_images(), min_size=1, max_size=5))
def test_the_round_trip_is_exact(tmp_path: Path, images: list[StoredImage]) -> None:
    dataset = write_and_open(tmp_path, images)
    for row, image in enumerate(images):
        assert dataset.pixels(row).dtype == np.uint16
        np.testing.assert_array_equal(dataset.pixels(row), image.pixels)
        assert dataset.boxes(row) == image.boxes
        assert dict(dataset.column("facts")[row]) == image.facts
    expected = [[image.states.get(finding, LabelState.NOT_ASSESSED) for finding in FINDINGS] for image in images]
    assert dataset.states.tolist() == expected
    for name in ("patient_id", "study_id", "view", "age"):
        assert dataset.column(name) == [getattr(image, name) for image in images]
    assert dataset.column("spacing_mm") == [list(image.spacing_mm) if image.spacing_mm else None for image in images]


def test_pixels_are_a_view_into_the_mapped_file(tmp_path: Path) -> None:
    dataset = open_dataset(make_dataset(tmp_path, count=6))
    before = pa.total_allocated_bytes()
    first, again = dataset.pixels(4), dataset.pixels(4)
    assert np.shares_memory(first, again)
    assert not first.flags.owndata and not first.flags.writeable
    assert pa.total_allocated_bytes() == before


def test_the_pixels_lie_in_the_memory_mapping_of_the_file(tmp_path: Path) -> None:
    dataset = open_dataset(make_dataset(tmp_path, count=6))
    address = dataset.pixels(5).ctypes.data
    lines = [line.split() for line in Path("/proc/self/maps").read_text().splitlines()]
    files = [line[-1] for line in lines if int(line[0].split("-")[0], 16) <= address < int(line[0].split("-")[1], 16)]
    assert files == [str(tmp_path / "images" / "part-00000.arrow")]


def test_equal_images_give_equal_bytes(tmp_path: Path) -> None:
    one, other = (make_dataset(tmp_path / name, seed=4) for name in ("one", "other"))
    for path in ("dataset.json", "images/part-00000.arrow"):
        assert (one / path).read_bytes() == (other / path).read_bytes()


def test_parts_follow_one_another_and_may_be_empty(tmp_path: Path) -> None:
    images = [StoredImage(f"image{row}", "p", np.full((5, 5), row, np.uint16), {}) for row in range(4)]
    cut = {0: images[:1], 1: [], 2: images[1:]}
    for index, group in cut.items():
        write_part(tmp_path / "images" / part_name(index), group, findings=FINDINGS, size=5, dtype="uint16")
    parts = {part_name(index): len(group) for index, group in cut.items()}
    write_description(tmp_path, DatasetDescription(parts=parts, splits={}, **DESCRIBED))
    dataset = open_dataset(tmp_path)
    assert [dataset.pixels(row)[0, 0] for row in range(len(dataset))] == [0, 1, 2, 3]


def test_splits_are_rows_and_have_a_hash(tmp_path: Path) -> None:
    dataset = open_dataset(make_dataset(tmp_path, count=20))
    rows = [dataset.indices(split) for split in ("train", "val", "test")]
    np.testing.assert_array_equal(np.sort(np.concatenate(rows)), dataset.indices("all"))
    assert len(dataset.split_sha256) == 64
    with pytest.raises(UserError, match="no split 'dev'; its splits are train, val, test, all"):
        dataset.indices("dev")


def test_a_dataset_goes_to_another_process_by_its_name(tmp_path: Path) -> None:
    dataset = open_dataset(make_dataset(tmp_path, count=200))
    sent = pickle.dumps(dataset)
    assert len(sent) < 20_000
    np.testing.assert_array_equal(pickle.loads(sent).pixels(7), dataset.pixels(7))


def test_other_tools_read_the_parts(tmp_path: Path) -> None:
    table = pa.ipc.open_file(make_dataset(tmp_path, count=6) / "images" / part_name(0)).read_all()
    assert table.schema.field("pixels").type.extension_name == "arrow.fixed_shape_tensor"
    assert table.num_rows == 6


def test_a_row_that_is_not_there_is_an_index_error(tmp_path: Path) -> None:
    dataset = open_dataset(make_dataset(tmp_path, count=6))
    for row in (6, -1):
        with pytest.raises(IndexError, match="dataset of 6 images"):
            dataset.pixels(row)


def test_an_image_of_another_size_is_refused(tmp_path: Path) -> None:
    image = StoredImage("image0", "p", np.zeros((4, 5), np.uint16), {})
    with pytest.raises(ValueError, match=r"image0 is \(4, 5\) uint16"):
        write_part(tmp_path / "part", [image], findings=FINDINGS, size=5, dtype="uint16")


def test_a_missing_folder_is_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="there is no such dataset folder; make it with `xray-prep`"):
        open_dataset(tmp_path / "nowhere")


def test_an_unfinished_dataset_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"not a finished dataset, dataset.json is missing"):
        open_dataset(tmp_path)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"format_version": 99}, "dataset format 99, this version reads 1"),
        ({"format": "nnU-Net"}, "format is 'nnU-Net'"),
        ({"parts": {"part-00000.arrow": 6, "part-00001.arrow": 3}}, "part-00001.arrow: this part .* cannot be read"),
        ({"parts": {"../../other/images/part-00000.arrow": 6}}, "its parts are not named part-00000.arrow and so on"),
        ({"parts": {"part-00000.arrow": 999}}, "this part has 6 rows, not 999"),
        ({"findings": ["Gout"]}, "this part lacks the columns label_Gout"),
    ],
)
def test_a_dataset_that_cannot_be_read_is_refused(tmp_path: Path, change: dict[str, Any], message: str) -> None:
    path = make_dataset(tmp_path, count=6) / "dataset.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | change))
    with pytest.raises(UserError, match=message):
        open_dataset(tmp_path)


def test_a_damaged_description_is_one_sentence(tmp_path: Path) -> None:
    (make_dataset(tmp_path, count=6) / "dataset.json").write_text('{"format": ')
    with pytest.raises(UserError, match="not the description of a dataset"):
        open_dataset(tmp_path)


def test_a_divided_dataset_has_the_same_images_under_other_splits(tmp_path: Path) -> None:
    dataset = open_dataset(make_dataset(tmp_path / "tiny", count=12))
    divided = dataset.divide({"train": np.array([4, 7]), "test": np.array([0])})
    assert divided.indices("train").tolist() == [4, 7]
    assert divided.indices("test").tolist() == [0]
    assert divided.split_sha256 != dataset.split_sha256
    np.testing.assert_array_equal(divided.pixels(7), dataset.pixels(7))
