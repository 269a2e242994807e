"""The structure of an ONNX file, read without the onnx library: is it whole, and are its weights inside?

Weights outside would be read from a path that the file names. Only field headers are touched, weights are skipped.
Source: onnx.proto3 for the fields, the Protocol Buffers encoding specification for the bytes.
"""

import mmap
from collections.abc import Iterator
from pathlib import Path

from xray_resnet.errors import UserError

_CHILDREN = {
    "model": {7: "graph", 20: "training", 25: "function"},
    "training": {1: "graph", 2: "graph"},
    "function": {7: "node", 11: "attribute"},
    "graph": {1: "node", 5: "tensor", 15: "sparse"},
    "node": {5: "attribute"},
    "attribute": {5: "tensor", 6: "graph", 10: "tensor", 11: "graph", 22: "sparse", 23: "sparse"},
    "sparse": {1: "tensor", 2: "tensor"},
    "tensor": {},
}
"""Message → field number → message, as far as tensors lie below."""

FEATURES = "features"
"""Name of the output with the pooled features; bundles of earlier releases lack it."""
_GRAPH = 7
_OUTPUT, _NAME = 12, 1
_EXTERNAL_DATA, _DATA_LOCATION = 13, 14
_MAX_DEPTH = 32
_FIXED_WIDTHS = {1: 8, 5: 4}


def refuse_external_data(path: Path) -> None:
    """Raises where an ONNX file is cut short or names weights in other files.

    Raises:
        UserError: with what is wrong and the remedy.
    """
    try:
        with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
            numbers = {number for number, _ in _read_fields(data, range(len(data)))}
            external = _has_external_data(data, range(len(data)), message="model", depth=0)
    except ValueError as error:
        raise UserError(f"{path}: not a whole ONNX file: {error}; copy the bundle again") from None
    if _GRAPH not in numbers:
        raise UserError(f"{path}: an ONNX file without a graph; copy the bundle again")
    if external:
        raise UserError(f"{path}: its weights lie in other files, which is refused; export it with its weights inside")


def names_of_outputs(path: Path) -> list[str]:
    """Names of the outputs of an ONNX file that `refuse_external_data` found whole."""
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
        graphs = _find(data, range(len(data)), _GRAPH)
        outputs = [output for graph in graphs for output in _find(data, graph, _OUTPUT)]
        return [data[name.start : name.stop].decode() for output in outputs for name in _find(data, output, _NAME)]


def _find(data: mmap.mmap, span: range, number: int) -> list[range]:
    """The bytes of each field of this number."""
    return [value for key, value in _read_fields(data, span) if key == number and isinstance(value, range)]


def _has_external_data(data: mmap.mmap, span: range, *, message: str, depth: int) -> bool:
    if depth > _MAX_DEPTH:
        raise ValueError(f"nested deeper than {_MAX_DEPTH} messages")
    for number, value in _read_fields(data, span):
        if message == "tensor" and (number == _EXTERNAL_DATA or (number == _DATA_LOCATION and value != 0)):
            return True
        child = _CHILDREN[message].get(number)
        if child and isinstance(value, range) and _has_external_data(data, value, message=child, depth=depth + 1):
            return True
    return False


def _read_fields(data: mmap.mmap, span: range) -> Iterator[tuple[int, int | range]]:
    """Number of each field in `span`, with its integer, or the span of its bytes."""
    position = span.start
    while position < span.stop:
        key, position = _read_varint(data, position, span.stop)
        number, wire = key >> 3, key & 7
        if wire == 0:
            integer, position = _read_varint(data, position, span.stop)
            yield number, integer
            continue
        if wire == 2:
            length, position = _read_varint(data, position, span.stop)
        elif wire in _FIXED_WIDTHS:
            length = _FIXED_WIDTHS[wire]
        else:
            raise ValueError(f"wire type {wire} at byte {position}")
        if position + length > span.stop:
            raise ValueError(f"a field at byte {position} ends beyond its message")
        yield number, range(position, position + length)
        position += length


def _read_varint(data: mmap.mmap, position: int, stop: int) -> tuple[int, int]:
    """A base-128 integer of at most ten bytes, and the position after it."""
    value = 0
    for shift in range(0, 70, 7):
        if position >= stop:
            raise ValueError(f"ends within a number at byte {position}")
        byte = data[position]
        position += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value, position
    raise ValueError(f"a number longer than ten bytes at byte {position}")
