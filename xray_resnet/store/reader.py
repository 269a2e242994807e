"""Reading a dataset: memory-mapped Arrow parts, pixels without a copy."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from xray_resnet.boxes import Box
from xray_resnet.detector import Detector, from_record
from xray_resnet.errors import UserError
from xray_resnet.findings import LabelState
from xray_resnet.store.schema import (
    DESCRIPTION_FILE,
    FORMAT,
    FORMAT_VERSION,
    IMAGES_FOLDER,
    SOURCE,
    DatasetDescription,
    column_names,
    label_column,
)

_MAKE_IT = "make it with `xray-prep`"


class Dataset:
    """A finished dataset, open for reading. Rows are numbered from 0; pixels stay on disk until looked at.

    Attributes:
        folder: Where it lies.
        description: What its dataset.json says.
    """

    def __init__(self, folder: Path, description: DatasetDescription) -> None:
        self.folder = folder
        self.description = description
        self._batches = [batch for name in description.parts for batch in self._map_part(name)]
        self._stacks = [batch.column("pixels").to_numpy_ndarray() for batch in self._batches]
        self._ends = np.cumsum([len(stack) for stack in self._stacks])

    def __reduce__(self) -> tuple[Any, ...]:
        """Another process maps the files again instead of receiving their content."""
        return Dataset, (self.folder, self.description)

    def __len__(self) -> int:
        return int(self._ends[-1]) if len(self._ends) else 0

    @property
    def name(self) -> str:
        """The dataset's name, as reports show it."""
        return self.description.name

    @property
    def source(self) -> str:
        """Name of the source it was built from."""
        return self.description.source

    @property
    def synthetic(self) -> bool:
        """Whether the images are rendered, not acquired."""
        return self.description.synthetic

    @property
    def about(self) -> Mapping[str, str]:
        """`patients` and `labels`: whose radiographs they are and how the labels were made; empty if not stated."""
        return self.description.about

    @property
    def findings(self) -> tuple[str, ...]:
        """Names of the findings, in the order of the columns of `states`."""
        return self.description.findings

    @property
    def reading(self) -> dict[str, Any]:
        """Settings from file to stored pixels."""
        return dict(self.description.reading)

    @property
    def reading_fingerprint(self) -> str:
        """Fingerprint of `reading`; a bundle that predicts on these pixels has the same."""
        return self.description.reading_fingerprint

    @property
    def split_sha256(self) -> str:
        """SHA-256 of the splits."""
        return self.description.split_sha256

    def pixels(self, row: int) -> NDArray[Any]:
        """(S, S) uint8 or uint16: a read-only view into the memory-mapped file."""
        part, position = self._locate(row)
        return np.asarray(self._stacks[part][position])

    @cached_property
    def states(self) -> NDArray[np.int8]:
        """(N, F) label states; NOT_ASSESSED where the file has null."""
        columns = [
            pa.chunked_array([batch.column(label_column(finding)) for batch in self._batches], pa.int8())
            for finding in self.findings
        ]
        states = [column.fill_null(int(LabelState.NOT_ASSESSED)).to_numpy() for column in columns]
        return np.stack(states, axis=1) if states else np.empty((len(self), 0), np.int8)

    @cached_property
    def image_ids(self) -> NDArray[np.str_]:
        """(N,) keyed hashes of the images."""
        return np.array(self.column("image_id"), dtype=np.str_)

    @cached_property
    def patient_ids(self) -> NDArray[np.str_]:
        """(N,) keyed hashes of the patients."""
        return np.array(self.column("patient_id"), dtype=np.str_)

    def boxes(self, row: int) -> list[Box]:
        """The boxes of one image in store pixels."""
        return [Box(**box) for box in self._boxes[row]]

    def content(self, row: int) -> tuple[int, int, int, int] | None:
        """Top, left, height and width of one film in its square, in store pixels; None if the dataset does not say."""
        part, position = self._locate(row)
        top, left, height, width = self._batches[part].column("content")[position].as_py()
        return (top, left, height, width) if height and width else None

    def detector(self, row: int) -> Detector | None:
        """What took one image; None if the dataset does not say."""
        part, position = self._locate(row)
        record = self._batches[part].column("mapping")[position].as_py().get("detector")
        return from_record(record) if record else None

    def column(self, name: str) -> list[Any]:
        """All values of a column; None if an image has none.

        Raises:
            KeyError: if there is no such column, or it is not for listing (`pixels`).
        """
        if name == "pixels":
            raise KeyError("pixels are read one image at a time, by pixels(row)")
        if name not in column_names(self.findings):
            raise KeyError(f"no column {name!r}; there are {', '.join(column_names(self.findings))}")
        return [value for batch in self._batches for value in batch.column(name).to_pylist()]

    def fact(self, keyword: str) -> list[str | None]:
        """All values of a header fact by its DICOM keyword; None if an image has none."""
        return [facts.get(keyword) for facts in self._facts]

    @property
    def keywords(self) -> tuple[str, ...]:
        """DICOM keywords of the header facts that any image has, in alphabetical order."""
        return tuple(sorted({keyword for facts in self._facts for keyword in facts} - {SOURCE}))

    @property
    def sources(self) -> list[str]:
        """Name of the source of each image: of a combined dataset its member, where it was prepared with them."""
        return [member or self.source for member in self.fact(SOURCE)]

    def indices(self, split: str) -> NDArray[np.int64]:
        """Rows of a split, ascending; `all` is every row.

        Raises:
            UserError: if there is no such split.
        """
        if split == "all":
            return np.arange(len(self))
        if split not in self.description.splits:
            known = ", ".join((*self.description.splits, "all"))
            raise UserError(f"{self.folder} has no split {split!r}; its splits are {known}")
        return np.flatnonzero(np.isin(self.image_ids, list(self.description.splits[split])))

    def divide(self, splits: Mapping[str, NDArray[np.int64]]) -> "Dataset":
        """The same images under other splits, given as rows; images in none of them stay."""
        ids = {split: self.image_ids[rows].tolist() for split, rows in splits.items()}
        return Dataset(self.folder, replace(self.description, splits=ids))

    @cached_property
    def _boxes(self) -> list[list[dict[str, Any]]]:
        return self.column("boxes")

    @cached_property
    def _facts(self) -> list[dict[str, str]]:
        return [dict(facts) for facts in self.column("facts")]

    def _locate(self, row: int) -> tuple[int, int]:
        """The part of a row, and its position there."""
        if not 0 <= row < len(self):
            raise IndexError(f"row {row} of a dataset of {len(self)} images")
        part = int(np.searchsorted(self._ends, row, side="right"))
        return part, row - int(self._ends[part]) + len(self._stacks[part])

    def _map_part(self, name: str) -> list[pa.RecordBatch]:
        """The record batches of a part, backed by the mapped file."""
        path = self.folder / IMAGES_FOLDER / name
        schema, batches = _map_file(path)
        self._check_part(path, schema, rows=sum(map(len, batches)))
        return batches

    def _check_part(self, path: Path, schema: pa.Schema, *, rows: int) -> None:
        """Refuses a part of other columns or rows than dataset.json says."""
        expected = self.description.parts[path.name]
        missing = set(column_names(self.findings)) - set(schema.names)
        if missing or rows != expected:
            got = f"lacks the columns {', '.join(sorted(missing))}" if missing else f"has {rows} rows, not {expected}"
            raise UserError(f"{path}: this part {got}, against {DESCRIPTION_FILE}; delete the dataset and {_MAKE_IT}")


def open_dataset(path: str | Path) -> Dataset:
    """Opens a dataset folder for reading.

    Raises:
        UserError: if the folder is missing, not a dataset, unfinished, damaged, or of another format version.
    """
    folder = Path(path)
    return Dataset(folder, read_description(folder))


def read_description(folder: Path) -> DatasetDescription:
    """What the dataset's dataset.json says.

    Raises:
        UserError: as `open_dataset`.
    """
    if not folder.is_dir():
        raise UserError(f"{folder}: there is no such dataset folder; {_MAKE_IT}")
    path = folder / DESCRIPTION_FILE
    if not path.is_file():
        raise UserError(f"{folder}: not a finished dataset, {DESCRIPTION_FILE} is missing; {_MAKE_IT}")
    try:
        content = json.loads(path.read_bytes())
        return _to_description(content, path)
    except (ValueError, KeyError, TypeError) as error:
        raise UserError(f"{path}: not the description of a dataset ({error!r}); {_MAKE_IT}") from error


def map_pixels(folder: Path, parts: Iterable[str]) -> dict[str, NDArray[Any]]:
    """Image id → its pixels (S, S), memory-mapped, of the finished parts of a dataset that is not finished."""
    pixels: dict[str, NDArray[Any]] = {}
    for name in parts:
        _, batches = _map_file(folder / IMAGES_FOLDER / name)
        for batch in batches:
            pixels |= zip(batch.column("image_id").to_pylist(), batch.column("pixels").to_numpy_ndarray(), strict=True)
    return pixels


def is_dataset(folder: Path) -> bool:
    """Whether a dataset of any version lies in `folder`, and not some other work with a dataset.json of its own."""
    try:
        content = json.loads((folder / DESCRIPTION_FILE).read_bytes())
    except (OSError, ValueError):
        return False
    return isinstance(content, dict) and content.get("format") == FORMAT


def _map_file(path: Path) -> tuple[pa.Schema, list[pa.RecordBatch]]:
    try:
        reader = pa.ipc.open_file(pa.memory_map(str(path)))
    except (OSError, pa.ArrowInvalid) as error:
        raise UserError(
            f"{path}: this part of the dataset cannot be read ({error}); delete the dataset and {_MAKE_IT}"
        ) from error
    return reader.schema, [reader.get_batch(position) for position in range(reader.num_record_batches)]


def _to_description(content: dict[str, Any], path: Path) -> DatasetDescription:
    """The description, if this version of the package can read its format."""
    if content["format"] != FORMAT:
        raise UserError(f"{path}: format is {content['format']!r}, expected {FORMAT!r}; name a dataset folder")
    if content["format_version"] != FORMAT_VERSION:
        version = content["format_version"]
        raise UserError(
            f"{path}: dataset format {version}, this version reads {FORMAT_VERSION}; delete the dataset and {_MAKE_IT}"
        )
    return DatasetDescription.from_json(content)
