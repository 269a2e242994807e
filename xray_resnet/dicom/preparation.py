"""File to stored pixels: the one path that preparation and inference share."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from xray_resnet.dicom.appearance import check_appearance
from xray_resnet.dicom.flags import Flag, flag_header
from xray_resnet.dicom.picture import show_picture
from xray_resnet.dicom.radiograph import DisplayMapping, Radiograph
from xray_resnet.dicom.read import read_radiograph
from xray_resnet.dicom.reading import Reading
from xray_resnet.dicom.reasons import Reason, RejectedImage, reject_nonsense
from xray_resnet.dicom.square.collimation import find_field
from xray_resnet.dicom.square.geometry import Placement, place


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
        patient: Patient ID with its issuer, to be hashed; empty where there is none. Never written anywhere.
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
    patient: str = field(default="", repr=False)
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
    rows_and_columns = radiograph.image.stored.shape
    square, placement = _place(radiograph, reading)
    view = view or radiograph.facts.get("ViewPosition", "")
    flags = check_appearance(placement.cut(square), view=view, gate=reading.gate)
    return Prepared(
        pixels=_to_depth(square, reading.dtype),
        placement=placement,
        file_size=(rows_and_columns[0], rows_and_columns[1]),
        spacing_mm=radiograph.spacing_mm,
        facts=radiograph.facts,
        mapping=radiograph.mapping,
        transfer_syntax=radiograph.transfer_syntax,
        sop_instance_uid=radiograph.sop_instance_uid,
        patient=radiograph.patient,
        flags=(*flags, *flag_header(radiograph.facts)),
    )


def prepare_picture(grey: NDArray[np.integer], reading: Reading) -> NDArray[np.unsignedinteger[Any]]:
    """The stored pixels of a picture that is in memory, as of the same picture in a PNG; no gate looks at it.

    Args:
        grey: (H, W) of 8 or 16 bits, bright is dense.
        reading: The settings.

    Returns:
        (size, size) uint8 or uint16.
    """
    square, _ = _place(show_picture(grey), reading)
    return _to_depth(square, reading.dtype)


def try_to_prepare(path: Path | str, reading: Reading, *, view: str = "") -> Prepared | RejectedImage:
    """`prepare`, or the verdict on a file that it rejects."""
    try:
        with reject_nonsense():
            return prepare(path, reading, view=view)
    except RejectedImage as rejection:
        return rejection


def reject_lost(silence_s: float) -> RejectedImage:
    """The verdict on a file that killed its process, or kept it silent for so many seconds."""
    return RejectedImage(
        Reason.DECODE_FAILED, f"its decoder crashed, or took longer than {silence_s:g} s; the job went on"
    )


def _place(radiograph: Radiograph, reading: Reading) -> tuple[NDArray[np.uint16], Placement]:
    """The radiograph in the store's square, borders cut off if asked for."""
    image = radiograph.image
    part = find_field(radiograph.pixels) if reading.crop else None
    return place(image.stored, table=image.table, aspect=radiograph.aspect, size=reading.size, field=part)


def _to_depth(pixels: NDArray[np.uint16], dtype: str) -> NDArray[np.unsignedinteger[Any]]:
    """0 … 65535 to the full range of `dtype`, rounded."""
    if dtype == "uint16":
        return pixels
    return np.asarray(cv2.convertScaleAbs(pixels, alpha=1 / 257), np.uint8)
