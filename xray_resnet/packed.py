"""Arrays within a JSON file: their bytes as text, of a size that is checked before they are unpacked."""

import base64
import binascii
import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

_TYPE = np.dtype("<f4")


@dataclass(frozen=True)
class Packed:
    """An array of 32-bit numbers.

    Attributes:
        shape: Its sides, each at least 1.
        data: Its bytes in C order, little endian, in base64 (RFC 4648, section 4).

    Raises:
        ValueError: if the text does not fill the shape or is not base64, or a number is not finite.
    """

    shape: tuple[int, ...]
    data: str

    def __post_init__(self) -> None:
        if not self.shape or not all(type(side) is int and side >= 1 for side in self.shape):
            raise ValueError(f"the shape of a packed array is {self.shape!r:.80}, expected whole numbers from 1 on")
        expected = 4 * math.ceil(math.prod(self.shape) * _TYPE.itemsize / 3)
        if not isinstance(self.data, str) or len(self.data) != expected:
            raise ValueError(f"a packed array of shape {self.shape} has not the {expected} characters that it takes")
        if not np.isfinite(self.array).all():
            raise ValueError("a packed array holds values that are no numbers")

    @cached_property
    def array(self) -> NDArray[np.float64]:
        """The array, in double precision."""
        try:
            raw = base64.b64decode(self.data, validate=True)
        except binascii.Error as error:
            raise ValueError(f"a packed array is not base64: {error}") from None
        return np.frombuffer(raw, _TYPE).reshape(self.shape).astype(np.float64)

    @classmethod
    def from_plain(cls, values: Mapping[str, Any]) -> "Packed":
        """The array whose `asdict` was written."""
        return cls(tuple(values["shape"]), values["data"])


def pack(array: ArrayLike) -> Packed:
    """An array of numbers, at 32 bits."""
    values = np.ascontiguousarray(array, _TYPE)
    return Packed(values.shape, base64.b64encode(values.tobytes()).decode("ascii"))
