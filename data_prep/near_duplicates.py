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
"""Of 64 × 64 pixels; films of one patient on two days stay below."""

_GRID = 16
_WORDS = _GRID * _GRID // 64
_THUMBNAIL = 64
_BLOCK = 1024

Pixels = NDArray[np.unsignedinteger]
Words = NDArray[np.uint64]


def compute_difference_hash(pixels: Pixels) -> str:
    """The difference hash of an image (S, S), as 64 hexadecimal digits."""
    small = cv2.resize(pixels, (_THUMBNAIL, _THUMBNAIL), interpolation=cv2.INTER_AREA)  # whole blocks are quick
    cells = cv2.resize(small, (_GRID + 1, _GRID), interpolation=cv2.INTER_AREA).astype(np.int32)
    return np.packbits(cells[:, 1:] > cells[:, :-1]).tobytes().hex()


def find_near_duplicates(hashes: Sequence[str], look: Callable[[int], Pixels]) -> list[tuple[int, int]]:
    """Pairs of images that are one.

    Args:
        hashes: N of `compute_difference_hash`.
        look: Row → stored pixels (S, S); asked only where the hashes are near.

    Returns:
        (row, later row) in order; exact duplicates are among them.
    """
    return sorted((one, other) for one, other in _near_pairs(hashes) if _are_alike(look(one), look(other)))


def _near_pairs(hashes: Sequence[str]) -> Iterator[tuple[int, int]]:
    """Compares all with all, a block with a block, so that memory stays flat; 100,000 images take half a minute."""
    words = np.frombuffer(bytes.fromhex("".join(hashes)), np.uint64).reshape(len(hashes), _WORDS)
    starts = range(0, len(words), _BLOCK)
    for first in starts:
        for second in starts[first // _BLOCK :]:
            one, other = _compare_blocks(words[first : first + _BLOCK], words[second : second + _BLOCK])
            pairs = zip((one + first).tolist(), (other + second).tolist(), strict=True)
            yield from (pair for pair in pairs if pair[0] < pair[1])


def _compare_blocks(first: Words, second: Words) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Rows of either that are near; most pairs differ too much in the first 64 bits already."""
    one, other = np.nonzero(np.bitwise_count(first[:, None, 0] ^ second[None, :, 0]) <= MOST_BITS)
    distance = np.bitwise_count(first[one] ^ second[other]).sum(axis=1)
    return one[distance <= MOST_BITS], other[distance <= MOST_BITS]


def _are_alike(one: Pixels, other: Pixels) -> bool:
    first, second = _standardise(one), _standardise(other)
    return bool((first * second).mean() >= LEAST_CORRELATION)


def _standardise(pixels: Pixels) -> NDArray[np.float64]:
    small = cv2.resize(pixels, (_THUMBNAIL, _THUMBNAIL), interpolation=cv2.INTER_AREA).astype(np.float64)
    return np.asarray((small - small.mean()) / (small.std() or 1.0), np.float64)
