"""What a header says of its stored values, as plain values for the pixel maths."""

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray
from pydicom import Dataset

from xray_resnet.dicom.display.pixels import LookupTable, PixelDescription, Window, storable_range
from xray_resnet.dicom.header.numbers import has_decimal_comma, list_values, read_number

_WINDOW_FUNCTIONS = ("LINEAR", "LINEAR_EXACT", "SIGMOID")


def describe_pixels(header: Dataset) -> PixelDescription:
    """Reads the attributes of the display pipeline (PS3.3 C.7.6.3, C.11), and says what stands in for invalid ones.

    Of several VOI LUTs the first is taken, of several windows the first valid one.
    """
    bits_stored, is_signed = int(header.BitsStored), bool(header.PixelRepresentation)
    slope = read_number(header.get("RescaleSlope")) or 1.0
    intercept = read_number(header.get("RescaleIntercept")) or 0.0
    modality_lut = _read_lut(header, "ModalityLUTSequence", is_signed=is_signed)
    lowest = min(slope * value + intercept for value in storable_range(bits_stored, is_signed=is_signed))
    voi_lut = _read_lut(header, "VOILUTSequence", is_signed=modality_lut is None and lowest < 0)
    windows = [] if voi_lut is not None else _list_windows(header)
    return PixelDescription(
        bits_stored=bits_stored,
        is_signed=is_signed,
        padding=_read_padding(header, bits_stored, is_signed=is_signed),
        slope=slope,
        intercept=intercept,
        modality_lut=modality_lut,
        voi_lut=None if voi_lut is None else _widen_or_narrow(voi_lut),
        window=_choose_window(windows),
        is_inverse=_is_inverse(header),
        intensity_relationship=_read_one_of(header, "PixelIntensityRelationship", ("LIN", "LOG", "DISP")) or "",
        intensity_sign=_read_sign(header),
        assumed=(
            *_list_assumed_values(header),
            *_list_assumed_polarity(header),
            *_list_assumed_table(voi_lut),
            *_list_assumed_windows(header, windows),
        ),
    )


def _list_assumed_values(header: Dataset) -> Iterator[str]:
    """What is taken instead of invalid values."""
    if (read_number(header.get("NumberOfFrames")) or 0) > 1:
        yield "Number of Frames is above 1, the pixels are of one frame: one"
    if read_number(header.get("RescaleSlope")) == 0:
        yield "Rescale Slope is 0: 1"
    if any(has_decimal_comma(header.get(keyword)) for keyword in ("RescaleSlope", "RescaleIntercept")):
        yield "the rescale has a decimal comma: read as a point"


def _is_inverse(header: Dataset) -> bool:
    """Whether low output values are bright: Presentation LUT Shape (2050,0020), else MONOCHROME1 (PS3.3 C.11.6.1.2).

    The shape must go with Photometric Interpretation: IDENTITY with MONOCHROME2, INVERSE with MONOCHROME1 (PS3.3
    C.8.11.3). Of a pair that contradicts itself Pixel Intensity Relationship Sign (0028,1041) decides, by which dense
    is low (1) or high (-1) in what is stored; without a sign it is inverse, which one of the two says.
    """
    if not _contradicts_itself(header):
        return _read_shape(header) == "INVERSE" or (_read_shape(header) is None and _is_monochrome1(header))
    return _read_sign(header) != -1


def _list_assumed_polarity(header: Dataset) -> Iterator[str]:
    if _contradicts_itself(header):
        shown = "high" if not _is_inverse(header) else "low"
        by = "Pixel Intensity Relationship Sign" if _read_sign(header) else "the one that is inverse"
        yield f"Presentation LUT Shape contradicts Photometric Interpretation: {shown} values are bright, by {by}"


def _contradicts_itself(header: Dataset) -> bool:
    return _read_shape(header) == ("IDENTITY" if _is_monochrome1(header) else "INVERSE")


def _read_shape(header: Dataset) -> str | None:
    return _read_one_of(header, "PresentationLUTShape", ("IDENTITY", "INVERSE"))


def _is_monochrome1(header: Dataset) -> bool:
    return _read_one_of(header, "PhotometricInterpretation", ("MONOCHROME1",)) is not None


def _read_sign(header: Dataset) -> int:
    """Pixel Intensity Relationship Sign (0028,1041): 1 or -1; 0 if absent."""
    return int(_read_one_of(header, "PixelIntensityRelationshipSign", ("-1", "1")) or 0)


def _list_windows(header: Dataset) -> list[Window | None]:
    """Each window; None for one that lacks a number."""
    function = _read_one_of(header, "VOILUTFunction", _WINDOW_FUNCTIONS) or "LINEAR"
    centers, widths = (map(read_number, list_values(header.get(name))) for name in ("WindowCenter", "WindowWidth"))
    pairs = zip(centers, widths, strict=False)
    return [None if center is None or width is None else Window(center, width, function) for center, width in pairs]


def _choose_window(windows: list[Window | None]) -> Window | None:
    """The first valid one; else the first that has both numbers, which tells what is wrong."""
    whole = [window for window in windows if window is not None]
    return next((window for window in whole if window.is_valid), next(iter(whole), None))


def _list_assumed_windows(header: Dataset, windows: list[Window | None]) -> Iterator[str]:
    """What is taken instead of invalid windows, if there is a window at all."""
    chosen = _choose_window(windows)
    if chosen is None:
        return
    if any(has_decimal_comma(header.get(keyword)) for keyword in ("WindowCenter", "WindowWidth")):
        yield "the window has a decimal comma: read as a point"
    function = header.get("VOILUTFunction")
    if function and _read_one_of(header, "VOILUTFunction", _WINDOW_FUNCTIONS) is None:
        yield "VOI LUT Function is unknown: LINEAR"
    if chosen.is_valid and (place := windows.index(chosen)):
        yield f"the first window is invalid: window {place + 1}"


def _widen_or_narrow(table: LookupTable) -> LookupTable:
    """A VOI LUT in the depth that its entries have, if its descriptor says another.

    The output spans 0 to 2^n - 1 for the n bits of LUT Descriptor (PS3.3 C.11.2.1.1). Devices write entries of 12 bits
    and 16 in the descriptor, the bits of the cell; viewers take the entries' own range. A table that reaches the upper
    half of its range is taken at its word.
    """
    return replace(table, bits=_needed_bits(table))


def _needed_bits(table: LookupTable) -> int:
    return int(table.entries.max()).bit_length() or table.bits


def _list_assumed_table(table: LookupTable | None) -> Iterator[str]:
    if table is not None and (needed := _needed_bits(table)) != table.bits:
        yield f"the VOI LUT says {table.bits} bits and its entries have {needed}: {needed}"


def _read_padding(header: Dataset, bits_stored: int, *, is_signed: bool) -> tuple[int, int] | None:
    """Pixel Padding Value and Range Limit as stored values (PS3.3 C.7.5.1.1.2); None if no pixel can have them."""
    first = _read_stored_value(header, "PixelPaddingValue", bits_stored, is_signed=is_signed)
    last = _read_stored_value(header, "PixelPaddingRangeLimit", bits_stored, is_signed=is_signed)
    return None if first is None else (first, first if last is None else last)


def _read_stored_value(header: Dataset, keyword: str, bits_stored: int, *, is_signed: bool) -> int | None:
    """Writers disagree on the sign, so bits decide: of 16, else of Bits Stored."""
    value = read_number(header.get(keyword))
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
    """The first item of a LUT sequence (PS3.3 C.11.1.1.1, C.11.2.1.1); None if invalid.

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
    """A code, without the blanks that mean nothing around it (PS3.5 6.2); None if unknown."""
    value = str(header.get(keyword)).strip().upper()
    return value if value in known else None
