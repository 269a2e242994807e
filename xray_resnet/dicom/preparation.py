"""File to stored pixels: the one path that preparation and inference share."""

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal

import cv2
import numpy as np
from numpy.typing import NDArray

from xray_resnet.dicom.appearance import Flag, check_appearance
from xray_resnet.dicom.gate import Gate
from xray_resnet.dicom.geometry import Placement, find_field, place
from xray_resnet.dicom.radiograph import DisplayMapping
from xray_resnet.dicom.read import DEFAULT_GATE, read_radiograph
from xray_resnet.model_input import fingerprint

PIPELINE_VERSION = 3
"""Raised whenever the same file and settings give other pixels."""


MAX_SIZE = 8192
"""Most rows and columns of a stored image."""


@dataclass(frozen=True)
class Reading:
    """Settings from file to stored pixels.

    Attributes:
        size: Rows and columns of the stored square.
        dtype: Type of the stored pixels.
        gate: What is accepted.
        crop: Whether collimated borders are cut off.

    Raises:
        ValueError: for a size or type that cannot be.
    """

    size: int
    dtype: Literal["uint8", "uint16"] = "uint8"
    gate: Gate = DEFAULT_GATE
    crop: bool = False

    def __post_init__(self) -> None:
        if type(self.crop) is not bool:
            raise ValueError(f"crop is {self.crop!r:.80}, expected true or false")
        if type(self.size) is not int or not 1 <= self.size <= MAX_SIZE:
            raise ValueError(f"size is {self.size!r:.80}, expected 1 to {MAX_SIZE}")
        if self.dtype not in ("uint8", "uint16"):
            raise ValueError(f"dtype is {self.dtype!r:.80}, expected uint8 or uint16")

    def fingerprint(self) -> str:
        """16 hexadecimal digits that change with whatever changes the pixels or the choice of files."""
        return fingerprint(self.to_json())

    def to_json(self) -> dict[str, Any]:
        """The settings as plain values, with the version of the pipeline."""
        gate = {name: [*value] if isinstance(value, tuple) else value for name, value in asdict(self.gate).items()}
        return {
            "size": self.size,
            "dtype": self.dtype,
            "gate": gate,
            "crop": self.crop,
            "pipeline_version": PIPELINE_VERSION,
        }

    @classmethod
    def from_json(cls, values: dict[str, Any]) -> "Reading":
        """The settings that `to_json` gave.

        Raises:
            ValueError: for another version of the pipeline, or values that cannot be.
            KeyError, TypeError: for settings that are missing or unknown.
        """
        if values["pipeline_version"] != PIPELINE_VERSION:
            raise ValueError(f"pipeline version {values['pipeline_version']}, this release has {PIPELINE_VERSION}")
        lists = {name: values["gate"][name] for name in ("modalities", "body_parts")}
        for name, value in lists.items():
            if not isinstance(value, list):
                raise ValueError(f"{name} is {value!r:.80}, expected a list")
        gate = Gate(**(values["gate"] | {name: tuple(value) for name, value in lists.items()}))
        return cls(size=values["size"], dtype=values["dtype"], gate=gate, crop=values["crop"])


@dataclass(frozen=True)
class Prepared:
    """A file's stored image and what is known of it.

    Attributes:
        pixels: (size, size) uint8 or uint16.
        placement: Where the image lies in the square.
        file_size: (rows, columns) of the file.
        spacing_mm: (row, column) spacing of the file, or None.
        facts: Allow-listed header facts by keyword.
        mapping: How stored values of the file became display values.
        transfer_syntax: Transfer syntax UID or image format.
        sop_instance_uid: For predictions; never written to a dataset.
        flags: What is remarkable about it.
    """

    pixels: NDArray[np.unsignedinteger[Any]]
    placement: Placement
    file_size: tuple[int, int]
    spacing_mm: tuple[float, float] | None
    facts: dict[str, str]
    mapping: DisplayMapping
    transfer_syntax: str
    sop_instance_uid: str
    flags: tuple[Flag, ...] = ()


def prepare(path: Path | str, reading: Reading, *, view: str = "") -> Prepared:
    """Reads a file and places it in the square of the store.

    Args:
        path: The file.
        reading: The settings.
        view: The view that a table names, where the file itself may be silent.

    Raises:
        RejectedImage: with a reason from the closed list.
    """
    radiograph = read_radiograph(path, gate=reading.gate)
    field = find_field(radiograph.pixels) if reading.crop else None
    image = radiograph.image
    square, placement = place(
        image.stored, table=image.table, spacing_mm=radiograph.spacing_mm, size=reading.size, field=field
    )
    rows, columns = image.stored.shape
    flags = check_appearance(
        placement.cut(square), view=view or radiograph.facts.get("ViewPosition", ""), gate=reading.gate
    )
    if radiograph.facts.get("BurnedInAnnotation") == "YES":
        flags += (Flag.BURNED_IN_ANNOTATION,)
    return Prepared(
        pixels=_to_depth(square, reading.dtype),
        placement=placement,
        file_size=(rows, columns),
        spacing_mm=radiograph.spacing_mm,
        facts=radiograph.facts,
        mapping=radiograph.mapping,
        transfer_syntax=radiograph.transfer_syntax,
        sop_instance_uid=radiograph.sop_instance_uid,
        flags=flags,
    )


def _to_depth(pixels: NDArray[np.uint16], dtype: str) -> NDArray[np.unsignedinteger[Any]]:
    """0 … 65535 to the full range of `dtype`, rounded."""
    if dtype == "uint16":
        return pixels
    return np.asarray(cv2.convertScaleAbs(pixels, alpha=1 / 257), np.uint8)
