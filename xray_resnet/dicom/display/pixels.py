"""Stored values to display values, as pure array maths (PS3.3 C.7.6.3, C.11.1, C.11.2, C.11.6).

The steps of the standard, in its order: pixel padding → Modality LUT or rescale → VOI LUT or window → polarity. They
are applied once to every value that the image can hold, and the result is looked up for each pixel.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from xray_resnet.dicom.radiograph import WHITE, DisplayImage, DisplayMapping

PERCENTILES = (0.5, 99.5)
"""The robust window of images without one: this much of the pixels is clipped at each end."""

Floats = NDArray[np.float64]
_MOST_COUNTED_BY_OPENCV = 1 << 24
"""It counts in single precision."""


@dataclass(frozen=True)
class LookupTable:
    """A Modality or VOI LUT (PS3.3 C.11.1.1, C.11.2.1.1).

    Attributes:
        first: Input value of the first entry; inputs below take it, inputs beyond the last take the last.
        entries: Outputs.
        bits: Depth of the outputs.
    """

    first: int
    entries: NDArray[np.integer]
    bits: int

    def __call__(self, values: Floats) -> Floats:
        """Looks up values of any shape."""
        index = np.clip(np.rint(values).astype(np.int64) - self.first, 0, len(self.entries) - 1)
        return np.asarray(self.entries[index], np.float64)


@dataclass(frozen=True)
class Window:
    """A window (PS3.3 C.11.2.1.2, C.11.2.1.3).

    Attributes:
        center: Window Center (0028,1050).
        width: Window Width (0028,1051).
        function: LINEAR, LINEAR_EXACT or SIGMOID.
    """

    center: float
    width: float
    function: str = "LINEAR"

    @property
    def is_valid(self) -> bool:
        """LINEAR needs a width of at least 1, the others one above 0."""
        return self.width >= 1 if self.function == "LINEAR" else self.width > 0


@dataclass(frozen=True)
class PixelDescription:
    """What the header says of the stored values.

    Attributes:
        bits_stored: Depth.
        is_signed: Pixel Representation (0028,0103).
        padding: Stored values from … to that are no image (0028,0120), (0028,0121); None if absent.
        slope: Rescale Slope (0028,1053).
        intercept: Rescale Intercept (0028,1052).
        modality_lut: Instead of slope and intercept.
        voi_lut: Instead of a window.
        window: None if absent.
        is_inverse: Whether low output values are to be shown bright.
        intensity_relationship: Pixel Intensity Relationship (0028,1040).
        intensity_sign: Pixel Intensity Relationship Sign (0028,1041); 0 where absent.
        assumed: In words, what stands in for invalid values.
    """

    bits_stored: int
    is_signed: bool = False
    padding: tuple[int, int] | None = None
    slope: float = 1.0
    intercept: float = 0.0
    modality_lut: LookupTable | None = None
    voi_lut: LookupTable | None = None
    window: Window | None = None
    is_inverse: bool = False
    intensity_relationship: str = ""
    intensity_sign: int = 0
    assumed: tuple[str, ...] = ()


def storable_range(bits: int, *, is_signed: bool) -> tuple[int, int]:
    """The lowest and the highest value of so many bits."""
    return (-(1 << (bits - 1)), (1 << (bits - 1)) - 1) if is_signed else (0, (1 << bits) - 1)


def to_display(stored: NDArray[np.integer], description: PixelDescription) -> tuple[DisplayImage, DisplayMapping]:
    """Display values (H, W), 0 … 65535, bright is dense, and how they came about; padding is 0.

    Args:
        stored: (H, W) stored values, unused bits removed.
        description: What the header says of them.
    """
    possible = _list_possible_values(stored, description)
    modality = apply_modality(possible.astype(np.float64), description)
    is_padding = find_padding(possible, description)
    bits = _as_patterns(stored)
    patterns = possible & (np.iinfo(bits.dtype).max)
    shares, mapping = _apply_voi(modality, description, is_padding, lambda: _count(bits)[patterns])
    if description.is_inverse:
        shares = 1 - shares
    table = np.rint(shares * WHITE).astype(np.uint16)
    table[is_padding] = 0
    by_pattern = np.zeros(np.iinfo(bits.dtype).max + 1, np.uint16)
    by_pattern[patterns] = table
    return DisplayImage(bits, by_pattern), mapping


def _list_possible_values(stored: NDArray[np.integer], description: PixelDescription) -> NDArray[np.int64]:
    """What can be stored, and what is there beyond it; nothing is where Bits Stored fill the cell."""
    storable = storable_range(description.bits_stored, is_signed=description.is_signed)
    is_full = storable == (np.iinfo(stored.dtype).min, np.iinfo(stored.dtype).max)
    low, high = storable if is_full else _find_range(stored)
    return np.arange(min(low, storable[0]), max(high, storable[1]) + 1)


def _as_patterns(stored: NDArray[np.integer]) -> NDArray[np.unsignedinteger[Any]]:
    """The same 8 or 16 bits without a sign, which OpenCV looks up and counts several times as fast as NumPy."""
    if stored.itemsize > 2:
        return stored.astype(np.uint16)
    return np.ascontiguousarray(stored).view(f"u{stored.itemsize}")


def _count(patterns: NDArray[np.unsignedinteger[Any]]) -> NDArray[np.int64]:
    """How often each bit pattern occurs."""
    bins = int(np.iinfo(patterns.dtype).max) + 1
    if patterns.size > _MOST_COUNTED_BY_OPENCV:
        return np.bincount(patterns.ravel(), minlength=bins)
    return np.asarray(cv2.calcHist([patterns], [0], None, [bins], [0, bins]).ravel(), np.int64)


def apply_modality(values: Floats, description: PixelDescription) -> Floats:
    """Stored values to modality values: Modality LUT, else rescale slope and intercept (PS3.3 C.11.1)."""
    if description.modality_lut is not None:
        return description.modality_lut(values)
    return values * description.slope + description.intercept


def apply_window(values: Floats, window: Window) -> Floats:
    """Modality values to shares of the display range, 0 to 1 (PS3.3 C.11.2.1.2.1, C.11.2.1.3)."""
    if window.function == "SIGMOID":
        return np.asarray(1 / (1 + np.exp(np.clip(-4 * (values - window.center) / window.width, -700, 700))))
    if window.function == "LINEAR_EXACT":
        return np.clip((values - window.center) / window.width + 0.5, 0, 1)
    if window.width == 1:
        return (values > window.center - 0.5).astype(np.float64)
    return np.clip((values - (window.center - 0.5)) / (window.width - 1) + 0.5, 0, 1)


def find_padding(values: NDArray[np.integer], description: PixelDescription) -> NDArray[np.bool_]:
    """Which stored values are padding (PS3.3 C.7.5.1.1.2)."""
    if description.padding is None:
        return np.zeros(values.shape, bool)
    first, last = description.padding
    return (values >= min(first, last)) & (values <= max(first, last))


def extract_stored_bits(
    allocated: NDArray[np.integer], *, bits_stored: int, high_bit: int, is_signed: bool
) -> NDArray[np.integer]:
    """The pixel's bits out of an allocated cell, with its sign; other bits may hold anything (PS3.5 8.1.1)."""
    bits_allocated = allocated.dtype.itemsize * 8
    if bits_stored >= bits_allocated or not 0 < bits_stored <= high_bit + 1 <= bits_allocated:
        return allocated
    if high_bit == bits_stored - 1 and _fits(allocated, bits_stored, is_signed=is_signed):
        return allocated
    unsigned = allocated.view(f"u{allocated.dtype.itemsize}")
    # Shifted to the top, so that an arithmetic shift back extends the sign.
    top = unsigned << (bits_allocated - 1 - high_bit)
    return (top.view(f"i{allocated.dtype.itemsize}") if is_signed else top) >> (bits_allocated - bits_stored)


def _fits(values: NDArray[np.integer], bits: int, *, is_signed: bool) -> bool:
    """Whether no value needs more bits, so that the others hold nothing but its sign."""
    lowest, highest = storable_range(bits, is_signed=is_signed)
    least, most = _find_range(values)
    return lowest <= least and most <= highest


def _find_range(values: NDArray[np.integer]) -> tuple[int, int]:
    """Minimum and maximum, twice as fast as NumPy."""
    if values.itemsize > 2:
        return int(values.min()), int(values.max())
    least, most, *_ = cv2.minMaxLoc(values)
    return int(least), int(most)


def _apply_voi(
    modality: Floats,
    description: PixelDescription,
    is_padding: NDArray[np.bool_],
    count: Callable[[], NDArray[np.int64]],
) -> tuple[Floats, DisplayMapping]:
    """Modality values to shares of the display range: VOI LUT, window, else what is assumed from how often each is."""
    if description.voi_lut is not None:
        shares = description.voi_lut(modality) / ((1 << description.voi_lut.bits) - 1)
        return np.clip(shares, 0, 1), _mapping(description, "LUT")
    window = description.window
    if window is not None and window.is_valid:
        return apply_window(modality, window), _mapping(
            description, window.function, window=(window.center, window.width)
        )
    lack = "no window" if window is None else "a window without width"
    if description.bits_stored <= 8:
        low, high = float(modality.min()), float(modality.max())
        function, assumed = "IDENTITY", f"{lack}: the full range of 8 bits"
    else:
        low, high = _find_percentiles(modality, np.where(is_padding, 0, count()))
        function, assumed = "PERCENTILE", f"{lack}: percentiles {PERCENTILES[0]} to {PERCENTILES[1]} of the pixels"
    shares = np.clip((modality - low) / max(high - low, 1e-12), 0, 1)
    return shares, _mapping(description, function, window=((low + high) / 2, high - low), assumed=(assumed,))


def _find_percentiles(values: Floats, counts: NDArray[np.int64]) -> tuple[float, float]:
    """The `PERCENTILES` of values that occur `counts` times; all of an image of padding is one value."""
    if not counts.any():
        return float(values[0]), float(values[0])
    order = np.argsort(values, kind="stable")
    cumulated = np.cumsum(counts[order])
    low, high = (values[order][np.searchsorted(cumulated, cumulated[-1] * p / 100)] for p in PERCENTILES)
    return float(low), float(high)


def _mapping(
    description: PixelDescription,
    function: str,
    *,
    window: tuple[float, float] | None = None,
    assumed: Sequence[str] = (),
) -> DisplayMapping:
    return DisplayMapping(
        function=function,
        window=window,
        inverted=description.is_inverse,
        intensity_relationship=description.intensity_relationship,
        intensity_sign=description.intensity_sign,
        assumed=(*description.assumed, *assumed),
    )
