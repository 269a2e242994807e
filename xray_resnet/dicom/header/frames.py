"""How many frames the pixels hold, whatever Number of Frames (0028,0008) says; none is decoded."""

import io
import struct
from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO

from pydicom import Dataset
from pydicom.dataelem import RawDataElement
from pydicom.tag import Tag

UNDEFINED_LENGTH = 0xFFFFFFFF
_PIXEL_DATA = Tag("PixelData")
_ITEM = b"\xfe\xff\x00\xe0"
_STREAM_STARTS = (b"\xff\xd8\xff", b"\xff\x4f\xff\x51", b"\0\0\0\x0cjP")
"""The first bytes of JPEG and JPEG-LS (SOI), of a JPEG 2000 codestream (SOC), and of the JP2 boxes around one."""
_MOST_BYTES = max(map(len, _STREAM_STARTS))


def holds_one_frame(header: Dataset) -> bool:
    """Whether Pixel Data (7FE0,0010) hold a single frame, whole or cut; only the heads of its fragments are read.

    Args:
        header: As `read_header` gives it, with Rows, Columns and Bits Allocated.
    """
    element: Any = dict(header.items())[_PIXEL_DATA]  # as it is: any other access reads it from the disk
    if not _is_encapsulated(element):
        return 0 < _bytes_of(element) <= _bytes_of_frame(header) + 1  # a byte of padding makes the length even
    if element.value is not None:
        return _count_streams(io.BytesIO(element.value)) == 1
    with Path(header.filename).open("rb") as file:
        file.seek(element.value_tell)
        return _count_streams(file) == 1


def _is_encapsulated(element: Any) -> bool:
    if isinstance(element, RawDataElement):
        return bool(element.length == UNDEFINED_LENGTH)
    return bool(element.is_undefined_length)


def _bytes_of(element: Any) -> int:
    return int(element.length) if isinstance(element, RawDataElement) else len(element.value or b"")


def _bytes_of_frame(header: Dataset) -> int:
    samples = int(header.Rows) * int(header.Columns) * int(header.get("SamplesPerPixel") or 1)
    return samples * int(header.get("BitsAllocated") or 0) // 8


def _count_streams(file: BinaryIO) -> int:
    """Entries of the offset table, if it has some; else fragments that begin a stream.

    A frame may lie in several fragments (PS3.5 A.4); RLE has one for each frame (PS3.5 A.4.2).
    """
    offset_table, *fragments = list(_list_items(file)) or [(0, b"")]
    streams = sum(start.startswith(_STREAM_STARTS) for _, start in fragments)
    return offset_table[0] // 4 or streams or len(fragments)


def _list_items(file: BinaryIO) -> Iterator[tuple[int, bytes]]:
    """(length, first bytes) of the offset table and of each fragment (PS3.5 A.4)."""
    while (head := file.read(8))[:4] == _ITEM and len(head) == 8:
        (length,) = struct.unpack("<I", head[4:])
        start = file.read(min(length, _MOST_BYTES))
        yield length, start
        file.seek(length - len(start), io.SEEK_CUR)
