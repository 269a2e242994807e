"""The dataset on disk: the columns of its Arrow parts and the fields of its dataset.json."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from xray_resnet.boxes import Box
from xray_resnet.detector import DETECTOR_FIELDS

FORMAT = "xray_resnet dataset"
FORMAT_VERSION = 1
DESCRIPTION_FILE = "dataset.json"
IMAGES_FOLDER = "images"
SPLITS = ("train", "val", "test")
SOURCE = "source"
"""The fact of an image of a combined source that names its member; the others are named by DICOM keywords."""


@dataclass(frozen=True)
class StoredImage:
    """One row: a prepared image, anonymous, with all that is known of it.

    Attributes:
        image_id: Keyed hash that names the image within the dataset.
        patient_id: Keyed hash of the patient.
        pixels: (S, S) uint8 or uint16.
        states: Finding → `LabelState`; a finding that is not there is not assessed.
        boxes: Where findings are, in store pixels.
        study_id: Keyed hash of the study, or empty.
        view: PA, AP, …, or empty.
        sex: M, F, O, or empty.
        age: Years, or None.
        file_size: (rows, columns) of the source image.
        transfer_syntax: Transfer syntax UID or image format of the source.
        content: (top, left, height, width) of the image within the padded square, in store pixels.
        affine: 2×3 row-major; file (x, y) to store (x, y).
        spacing_mm: (row, column) spacing of the source, or None.
        mapping: How stored values of the file became display values; `detector`, by `DETECTOR_FIELDS`, if it is known.
        facts: Allow-listed header facts by keyword, and by `SOURCE` the member of a combined source.
    """

    image_id: str
    patient_id: str
    pixels: NDArray[np.unsignedinteger[Any]]
    states: Mapping[str, int]
    boxes: Sequence[Box] = ()
    study_id: str = ""
    view: str = ""
    sex: str = ""
    age: float | None = None
    file_size: tuple[int, int] = (0, 0)
    transfer_syntax: str = ""
    content: tuple[int, int, int, int] = (0, 0, 0, 0)
    affine: Sequence[float] = (1.0, 0.0, 0.0, 0.0, 1.0, 0.0)
    spacing_mm: tuple[float, float] | None = None
    mapping: Mapping[str, Any] = field(default_factory=lambda: {"function": "IDENTITY"})
    facts: Mapping[str, str] = field(default_factory=dict)

    @cached_property
    def pixels_sha256(self) -> str:
        """SHA-256 of the stored pixels; exact duplicates share it."""
        return hashlib.sha256(np.ascontiguousarray(self.pixels).tobytes()).hexdigest()


_ADDED = ("about",)
"""Fields of dataset.json that datasets made before do not have."""


@dataclass(frozen=True)
class DatasetDescription:
    """What dataset.json says.

    Attributes:
        name: Name of the dataset, as reports show it.
        source: Name of the source it was built from.
        synthetic: Whether the images are rendered, not acquired.
        findings: Names of the label columns, in order.
        reading: Settings from file to stored pixels.
        reading_fingerprint: Fingerprint of `reading`.
        splits: Split → ids of its images, in the order of the rows.
        parts: File names below `images/` with their number of rows, in order.
        counts: Images, patients, rejected files and label states.
        fingerprints: What decides whether the dataset must be built anew.
        hash_key_id: Names the key of the patient hashes without giving it away.
        about: `patients` and `labels`: whose radiographs they are and how the labels were made; empty if not stated.
    """

    name: str
    source: str
    synthetic: bool
    findings: tuple[str, ...]
    reading: Mapping[str, Any]
    reading_fingerprint: str
    splits: Mapping[str, Sequence[str]]
    parts: Mapping[str, int]
    counts: Mapping[str, Any] = field(default_factory=dict)
    fingerprints: Mapping[str, str] = field(default_factory=dict)
    hash_key_id: str = ""
    about: Mapping[str, str] = field(default_factory=dict)

    @property
    def split_sha256(self) -> str:
        """SHA-256 of the splits: which images stand in which."""
        canonical = json.dumps({name: sorted(ids) for name, ids in self.splits.items()}, sort_keys=True)
        return hashlib.sha256(canonical.encode()).hexdigest()

    def to_json(self) -> dict[str, Any]:
        """The content of dataset.json."""
        head = {"format": FORMAT, "format_version": FORMAT_VERSION, "split_sha256": self.split_sha256}
        return head | asdict(self)

    @classmethod
    def from_json(cls, content: Mapping[str, Any]) -> "DatasetDescription":
        """The description that `to_json` gave.

        Raises:
            KeyError: if a field is missing.
            ValueError: if a part is not named as parts are; no path is taken from a file.
        """
        values = {name: content[name] for name in cls.__dataclass_fields__ if name not in _ADDED or name in content}
        if [*values["parts"]] != [part_name(index) for index in range(len(values["parts"]))]:
            raise ValueError("its parts are not named part-00000.arrow and so on")
        return cls(**(values | {"findings": tuple(values["findings"])}))


def part_name(index: int) -> str:
    """File name of the part at `index`."""
    return f"part-{index:05d}.arrow"


def label_column(finding: str) -> str:
    """Name of the column with a finding's label states."""
    return f"label_{finding}"


def column_names(findings: Sequence[str]) -> list[str]:
    """Names of the columns of a part."""
    return [*build_schema(findings, size=1, dtype=np.dtype(np.uint8)).names]


def build_schema(findings: Sequence[str], *, size: int, dtype: np.dtype[Any]) -> pa.Schema:
    """Columns of a part: pixels (size, size) of `dtype`, the facts beside them, one label column per finding."""
    pixels = pa.fixed_shape_tensor(pa.from_numpy_dtype(dtype), [size, size])
    labels = [(label_column(finding), pa.int8()) for finding in findings]
    return pa.schema([*_FACTS, *labels, ("boxes", pa.list_(_BOX)), ("pixels", pixels)])


_BOX = pa.struct(
    [(name, pa.string() if name == "finding" else pa.float32()) for name in Box._fields],
)
_MAPPING = pa.struct(
    [
        ("function", pa.string()),
        ("window", pa.list_(pa.float64(), 2)),
        ("inverted", pa.bool_()),
        ("intensity_relationship", pa.string()),
        ("intensity_sign", pa.int8()),
        ("assumed", pa.list_(pa.string())),
        ("detector", pa.struct([(name, pa.float64()) for name in DETECTOR_FIELDS])),
    ]
)
_FACTS = [
    ("image_id", pa.string()),
    ("patient_id", pa.string()),
    ("study_id", pa.string()),
    ("view", pa.string()),
    ("sex", pa.string()),
    ("age", pa.float32()),
    ("pixels_sha256", pa.string()),
    ("file_size", pa.list_(pa.int32(), 2)),
    ("transfer_syntax", pa.string()),
    ("content", pa.list_(pa.int32(), 4)),
    ("affine", pa.list_(pa.float64(), 6)),
    ("spacing_mm", pa.list_(pa.float64(), 2)),
    ("mapping", _MAPPING),
    ("facts", pa.map_(pa.string(), pa.string())),
]
