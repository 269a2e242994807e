"""A radiograph as the rest of the house sees it: display pixels, spacing and anonymous facts."""

from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

WHITE = 65535
"""The brightest display value."""


@dataclass(frozen=True)
class DisplayImage:
    """Display values by lookup, so that whoever wants a part or a smaller picture need not make them all.

    Attributes:
        stored: (H, W) uint8 or uint16; stored values as bit patterns, without a sign.
        table: uint16 display value of each pattern.
    """

    stored: NDArray[np.unsignedinteger[Any]]
    table: NDArray[np.uint16]

    @cached_property
    def pixels(self) -> NDArray[np.uint16]:
        """(H, W) display values."""
        return np.asarray(cv2.LUT(self.stored, self.table), np.uint16).reshape(self.stored.shape)

    @property
    def is_blank(self) -> bool:
        """Whether all display values are equal; a sample is mostly enough to see that they are not."""
        sample = self.table[self.stored[::_SPARSE, ::_SPARSE]]
        return bool(sample.min() == sample.max() and self.pixels.min() == self.pixels.max())


_SPARSE = 32


@dataclass(frozen=True)
class DisplayMapping:
    """How stored values became display values (PS3.3 C.11.2, C.7.6.3).

    Attributes:
        function: LINEAR, LINEAR_EXACT, SIGMOID, LUT, PERCENTILE or IDENTITY.
        window: (center, width) where a window was applied.
        inverted: Whether the polarity was turned so that bright is dense.
        intensity_relationship: Pixel Intensity Relationship (0028,1040), LIN, LOG, DISP or empty.
        intensity_sign: Pixel Intensity Relationship Sign (0028,1041), -1, 0 (absent) or 1.
        assumed: What the header did not say and was assumed, in words.
    """

    function: str
    window: tuple[float, float] | None = None
    inverted: bool = False
    intensity_relationship: str = ""
    intensity_sign: int = 0
    assumed: tuple[str, ...] = ()


@dataclass(frozen=True)
class Radiograph:
    """One grey image, anonymous, at the file's own size.

    Attributes:
        image: Display values (H, W); 0 … 65535 spans the display range, bright is dense.
        spacing_mm: Distance between (rows, columns) in mm, or None if unknown.
        aspect: Height of a pixel over its width; known also where the spacing is not.
        facts: Allow-listed header facts by DICOM keyword, as strings.
        mapping: How stored values became display values.
        transfer_syntax: Transfer syntax UID, or the image format (PNG, JPEG) of other files.
        sop_instance_uid: SOP Instance UID; empty for other files. Never written to a dataset.
        patient: Patient ID with its issuer, to be hashed; empty where there is none. Never written anywhere.
    """

    image: DisplayImage
    spacing_mm: tuple[float, float] | None = None
    aspect: float = 1.0
    facts: dict[str, str] = field(default_factory=dict)
    mapping: DisplayMapping = field(default_factory=lambda: DisplayMapping("IDENTITY"))
    transfer_syntax: str = ""
    sop_instance_uid: str = ""
    patient: str = field(default="", repr=False)

    @property
    def pixels(self) -> NDArray[np.uint16]:
        """(H, W) display values."""
        return self.image.pixels


def to_8_bit(pixels: NDArray[np.unsignedinteger[Any]]) -> NDArray[np.uint8]:
    """Pixels of an unsigned integer type as uint8, the display range kept."""
    return np.asarray(pixels >> (8 * (pixels.dtype.itemsize - 1)), np.uint8)
