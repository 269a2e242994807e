"""Mutants of DICOM files: bytes, lengths, fragments and codec streams changed, the same for the same seed."""

from collections.abc import Callable

import numpy as np

Mutation = Callable[[bytearray, np.random.Generator], bytearray]

_PIXEL_DATA = (b"\xe0\x7f\x10\x00", b"\x7f\xe0\x00\x10")
_HEADER_BYTES = 2048


def mutate(content: bytes, generator: np.random.Generator) -> bytes:
    """One to three mutations, drawn at random."""
    mutant = bytearray(content)
    for _ in range(int(generator.integers(1, 4))):
        mutant = MUTATIONS[int(generator.choice(len(MUTATIONS), p=SHARES))](mutant, generator)
    return bytes(mutant)


def flip_in_pixels(content: bytearray, generator: np.random.Generator) -> bytearray:
    """Bytes of the pixels or codec stream, a few of them."""
    return _overwrite(content, generator, _start_of_pixels(content) + 12, len(content), int(generator.integers(1, 17)))


def flip_at_the_start_of_the_stream(content: bytearray, generator: np.random.Generator) -> bytearray:
    """Bytes of the codec's own header: markers, sizes, tables."""
    start = _start_of_pixels(content) + 20
    return _overwrite(content, generator, start, min(start + 200, len(content)), int(generator.integers(1, 5)))


def flip_in_header(content: bytearray, generator: np.random.Generator) -> bytearray:
    """Bytes of the DICOM header."""
    return _overwrite(
        content, generator, 0, min(_HEADER_BYTES, _start_of_pixels(content)), int(generator.integers(1, 4))
    )


def change_length(content: bytearray, generator: np.random.Generator) -> bytearray:
    """Four bytes that may be a length, to one of those that break things."""
    at = int(generator.integers(0, max(len(content) - 4, 1)))
    value = int(generator.choice([0, 1, 0xFFFFFFFF, 0x7FFFFFFF, 0xFFFE, len(content), len(content) * 2]))
    content[at : at + 4] = value.to_bytes(8, "little")[:4]
    return content


def cut(content: bytearray, generator: np.random.Generator) -> bytearray:
    """The end of the file is missing."""
    return content[: int(generator.integers(0, len(content) + 1))]


def drop_piece(content: bytearray, generator: np.random.Generator) -> bytearray:
    """A piece of the pixels is missing."""
    start = int(generator.integers(min(_start_of_pixels(content), len(content) - 1), len(content)))
    del content[start : start + int(generator.integers(1, 65))]
    return content


def repeat_piece(content: bytearray, generator: np.random.Generator) -> bytearray:
    """A piece of the pixels stands there twice, perhaps a fragment."""
    start = int(generator.integers(min(_start_of_pixels(content), len(content) - 1), len(content)))
    piece = content[start : start + int(generator.integers(1, 65))]
    return content[:start] + piece + content[start:]


MUTATIONS: tuple[Mutation, ...] = (
    flip_in_pixels,
    flip_at_the_start_of_the_stream,
    flip_in_header,
    change_length,
    cut,
    drop_piece,
    repeat_piece,
)
SHARES = (0.54, 0.20, 0.05, 0.04, 0.02, 0.05, 0.10)


def _start_of_pixels(content: bytearray) -> int:
    found = [at for tag in _PIXEL_DATA if (at := content.rfind(tag)) >= 0]
    return max(found, default=len(content) // 2)


def _overwrite(content: bytearray, generator: np.random.Generator, start: int, end: int, count: int) -> bytearray:
    if not content:
        return content
    start = min(start, len(content) - 1)
    for at in generator.integers(start, max(end, start + 1), count):
        if at < len(content):
            content[at] = int(generator.integers(256))
    return content
