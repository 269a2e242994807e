"""What a header says of its stored values, as plain values for the pixel maths."""

import math
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydicom import Dataset

from xray_resnet.dicom.pixels import LookupTable, PixelDescription, Window, storable_range

_WINDOW_FUNCTIONS = ("LINEAR", "LINEAR_EXACT", "SIGMOID")


def describe_pixels(header: Dataset) -> PixelDescription:
    """Reads the attributes of the display pipeline (PS3.3 C.7.6.3, C.11); of several windows or VOI LUTs the first."""
    bits_stored, is_signed = int(header.BitsStored), bool(header.PixelRepresentation)
    slope, intercept = _number(header.get("RescaleSlope")) or 1.0, _number(header.get("RescaleIntercept")) or 0.0
    modality_lut = _read_lut(header, "ModalityLUTSequence", is_signed=is_signed)
    lowest = min(slope * value + intercept for value in storable_range(bits_stored, is_signed=is_signed))
    return PixelDescription(
        bits_stored=bits_stored,
        is_signed=is_signed,
        padding=_read_padding(header, bits_stored, is_signed=is_signed),
        slope=slope,
        intercept=intercept,
        modality_lut=modality_lut,
        voi_lut=_read_lut(header, "VOILUTSequence", is_signed=modality_lut is None and lowest < 0),
        window=_read_window(header),
        is_inverse=_is_inverse(header),
        intensity_relationship=_read_one_of(header, "PixelIntensityRelationship", ("LIN", "LOG", "DISP")) or "",
        intensity_sign=int(_read_one_of(header, "PixelIntensityRelationshipSign", ("-1", "1")) or 0),
        assumed=tuple(_replaced_values(header)),
    )


def _replaced_values(header: Dataset) -> Iterator[str]:
    """What is taken instead of values that cannot be."""
    if _number(header.get("RescaleSlope")) == 0:
        yield "Rescale Slope is 0: 1"
    function = header.get("VOILUTFunction")
    if "WindowWidth" in header and function and _read_one_of(header, "VOILUTFunction", _WINDOW_FUNCTIONS) is None:
        yield "VOI LUT Function is unknown: LINEAR"


def _is_inverse(header: Dataset) -> bool:
    """Presentation LUT Shape (2050,0020) where present, else MONOCHROME1; never both (PS3.3 C.11.6.1.2)."""
    shape = _read_one_of(header, "PresentationLUTShape", ("IDENTITY", "INVERSE"))
    if shape is not None:
        return shape == "INVERSE"
    return _read_one_of(header, "PhotometricInterpretation", ("MONOCHROME1",)) is not None


def _read_window(header: Dataset) -> Window | None:
    """The first of the windows that have both numbers."""
    centers, widths = (_list_values(header.get(keyword)) for keyword in ("WindowCenter", "WindowWidth"))
    for center, width in zip(map(_number, centers), map(_number, widths), strict=False):
        if center is not None and width is not None:
            return Window(center, width, _read_one_of(header, "VOILUTFunction", _WINDOW_FUNCTIONS) or "LINEAR")
    return None


def _read_padding(header: Dataset, bits_stored: int, *, is_signed: bool) -> tuple[int, int] | None:
    """Pixel Padding Value and Range Limit as stored values (PS3.3 C.7.5.1.1.2); None where no pixel can have them."""
    first = _read_stored_value(header, "PixelPaddingValue", bits_stored, is_signed=is_signed)
    last = _read_stored_value(header, "PixelPaddingRangeLimit", bits_stored, is_signed=is_signed)
    return None if first is None else (first, first if last is None else last)


def _read_stored_value(header: Dataset, keyword: str, bits_stored: int, *, is_signed: bool) -> int | None:
    """Writers disagree on the sign, so bits decide: of 16, else of Bits Stored."""
    value = _number(header.get(keyword))
    if value is None:
        return None
    lowest, highest = storable_range(bits_stored, is_signed=is_signed)
    bits = (16, bits_stored) if 0 <= value < 1 << bits_stored else (16,)
    meant = (_wrap(int(value), count, is_signed=is_signed) for count in bits)
    return next((number for number in meant if lowest <= number <= highest), None)


def _wrap(value: int, bits: int, *, is_signed: bool) -> int:
    value &= (1 << bits) - 1
    return value - (1 << bits) if is_signed and value >> (bits - 1) else value


def _read_lut(header: Dataset, keyword: str, *, is_signed: bool) -> LookupTable | None:
    """The first item of a LUT sequence (PS3.3 C.11.1.1.1, C.11.2.1.1); None where it makes no sense.

    Args:
        header: The data set.
        keyword: The sequence's.
        is_signed: Whether the first input may be below 0; implicit VR writes such a number as one above 32767.
    """
    items = header.get(keyword)
    descriptor = _read_descriptor(items[0]) if items else None
    if descriptor is None:
        return None
    count, first, bits = descriptor
    entries = _read_entries(items[0], count or 65536)
    if not len(entries) or not 0 < bits <= 16:
        return None
    return LookupTable(_wrap(first, 16, is_signed=True) if is_signed or first < 0 else first, entries, bits)


def _read_descriptor(item: Dataset) -> tuple[int, int, int] | None:
    """LUT Descriptor (0028,3002): entries, first input, bits."""
    try:
        count, first, bits = (int(number) for number in item.LUTDescriptor)
    except (AttributeError, TypeError, ValueError, OverflowError):
        return None
    return count, first, bits


def _read_entries(item: Dataset, count: int) -> NDArray[np.integer]:
    """LUT Data (0028,3006) as words of 16 bits in the file's byte order; where it is too short for that, as bytes."""
    data = item.get("LUTData")
    if isinstance(data, bytes):
        is_little_endian = item.original_encoding[1] is not False
        words = np.frombuffer(data[: len(data) // 2 * 2], "<u2" if is_little_endian else ">u2")
        return words[:count] if len(words) >= count or len(data) < count else np.frombuffer(data, np.uint8)[:count]
    try:
        return (np.atleast_1d(np.asarray([] if data is None else data, np.int64)) & 0xFFFF)[:count]
    except (TypeError, ValueError, OverflowError):
        return np.array([], np.int64)


def _read_one_of(header: Dataset, keyword: str, known: tuple[str, ...]) -> str | None:
    """A code, without the blanks that mean nothing around it (PS3.5 6.2); None where it is none of those known."""
    value = str(header.get(keyword)).strip().upper()
    return value if value in known else None


def _list_values(value: Any) -> Sequence[Any]:
    """The values of an element, one or more."""
    return [value] if isinstance(value, str | int | float) or value is None else list(value)


def _number(value: Any) -> float | None:
    """The first of one or more numbers; None where there is no finite one."""
    try:
        number = float(next(iter(_list_values(value)), math.nan))
    except (TypeError, ValueError):
        return None
    return number if math.isfinite(number) else None
