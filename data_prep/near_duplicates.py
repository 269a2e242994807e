"""Near-duplicates: one radiograph stored twice, through another codec or at another size.

Two images are taken for one where their perceptual hashes differ in at most `MOST_BITS` of 256, and their stored
pixels correlate by at least `LEAST_CORRELATION`. The hash is a difference hash: each bit says whether a cell of a
16 × 16 grid is brighter than its left neighbour.
"""

from collections.abc import Callable, Iterator, Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

MOST_BITS = 12
"""Of 6,264 radiographs of three archives, pairs that are no duplicates differ in 13 bits and more."""
LEAST_CORRELATION = 0.99

_GRID = 16
_THUMBNAIL = 64
_BLOCK = 1024

Pixels = NDArray[np.unsignedinteger]


def compute_hash(pixels: Pixels) -> str:
    """The difference hash of an image (S, S), as 64 hexadecimal digits."""
    small = cv2.resize(pixels, (_THUMBNAIL, _THUMBNAIL), interpolation=cv2.INTER_AREA)  # whole blocks are quick
    cells = cv2.resize(small, (_GRID + 1, _GRID), interpolation=cv2.INTER_AREA).astype(np.int32)
    return np.packbits(cells[:, 1:] > cells[:, :-1]).tobytes().hex()


def find_near_duplicates(hashes: Sequence[str], look: Callable[[int], Pixels]) -> list[tuple[int, int]]:
    """Pairs of images that are one.

    Args:
        hashes: N of `compute_hash`.
        look: Row → stored pixels (S, S); asked only where the hashes are near.

    Returns:
        (row, later row) in order; exact duplicates are among them.
    """
    return [(one, other) for one, other in _near_pairs(hashes) if _correlate(look(one), look(other))]


def _near_pairs(hashes: Sequence[str]) -> Iterator[tuple[int, int]]:
    """Compares all with all, in blocks; 100,000 images take about a minute."""
    if not hashes:
        return
    words = np.frombuffer(bytes.fromhex("".join(hashes)), np.uint64).reshape(len(hashes), -1)
    for start in range(0, len(words), _BLOCK):
        block, rest = words[start : start + _BLOCK], words[start:]
        distance = np.zeros((len(block), len(rest)), np.uint16)
        for column in range(words.shape[1]):
            distance += np.bitwise_count(block[:, column, None] ^ rest[None, :, column])
        first, second = np.nonzero(distance <= MOST_BITS)
        later = second > first
        yield from zip((first[later] + start).tolist(), (second[later] + start).tolist(), strict=True)


def _correlate(one: Pixels, other: Pixels) -> bool:
    first, second = _standardise(one), _standardise(other)
    return bool((first * second).mean() >= LEAST_CORRELATION)


def _standardise(pixels: Pixels) -> NDArray[np.float64]:
    small = cv2.resize(pixels, (_THUMBNAIL, _THUMBNAIL), interpolation=cv2.INTER_AREA).astype(np.float64)
    return np.asarray((small - small.mean()) / (small.std() or 1.0), np.float64)
