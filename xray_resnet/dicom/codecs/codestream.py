"""What a compressed stream declares of its size, read without decoding it."""

import struct
from typing import NamedTuple

_NO_LENGTH = {0x01, *range(0xD0, 0xD9)}
"""JPEG markers that stand alone (ITU-T T.81, table B.1)."""
_FRAME_HEADERS = {*range(0xC0, 0xD0), 0xF7} - {0xC4, 0xC8, 0xCC}
"""SOF0 … SOF15 without DHT, JPG and DAC; SOF55 is JPEG-LS (ITU-T T.87)."""
_START_OF_SCAN = 0xDA
_J2K_START = b"\xff\x4f\xff\x51"


class StreamSize(NamedTuple):
    """What a codec would allocate for.

    Attributes:
        rows: Of the image.
        columns: Of the image.
        components: 1 for grey.
        precision: Bits of a sample.
    """

    rows: int
    columns: int
    components: int
    precision: int


def read_stream_size(stream: bytes) -> StreamSize | None:
    """What a JPEG, JPEG-LS or JPEG 2000 stream declares of its image; None if it does not say."""
    if stream[:2] == b"\xff\xd8":
        return _read_jpeg_size(stream)
    start = _find_codestream(stream)
    return None if start is None else _read_j2k_size(stream, start)


def _find_codestream(stream: bytes) -> int | None:
    """Where a JPEG 2000 codestream starts: at once (PS3.5 A.4.4), or in the box `jp2c` of writers that keep JP2's."""
    position = 0
    while not stream.startswith(_J2K_START, position):
        length, kind = struct.unpack_from(">I4s", stream, position) if position + 8 <= len(stream) else (0, b"")
        if kind == b"jp2c":
            position += 16 if length == 1 else 8
            return position if stream.startswith(_J2K_START, position) else None
        if length < 8:
            return None
        position += length
    return position


def _read_jpeg_size(stream: bytes) -> StreamSize | None:
    """From the first frame header: length, precision, rows, columns, components (ITU-T T.81 B.2.2)."""
    position = 2
    while position + 10 <= len(stream):
        if stream[position] != 0xFF or stream[position + 1] == 0xFF:
            position += 1
            continue
        marker = stream[position + 1]
        if marker in _FRAME_HEADERS:
            precision, rows, columns, components = struct.unpack_from(">BHHB", stream, position + 4)
            return StreamSize(rows, columns, components, precision)
        if marker == _START_OF_SCAN:
            return None
        (length,) = struct.unpack_from(">H", stream, position + 2)
        position += 2 if marker in _NO_LENGTH else 2 + length
    return None


def _read_j2k_size(stream: bytes, start: int) -> StreamSize | None:
    """From SIZ: the reference grid less the image's offset, and the components (ITU-T T.800 A.5.1)."""
    if len(stream) < start + 43:
        return None
    width, height, left, top = struct.unpack_from(">4I", stream, start + 8)
    components, depth = struct.unpack_from(">HB", stream, start + 40)
    return StreamSize(height - top, width - left, components, (depth & 0x7F) + 1)
