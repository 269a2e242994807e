"""What a header says of its stored values, as plain values for the pixel maths."""

from collections.abc import Iterator

import numpy as np
from pydicom import Dataset

from xray_resnet.dicom.pixels import LookupTable, PixelDescription, Window

_WINDOW_FUNCTIONS = ("LINEAR", "LINEAR_EXACT", "SIGMOID")


def describe_pixels(header: Dataset) -> PixelDescription:
    """Reads the attributes of the display pipeline; of several windows or VOI LUTs the first."""
    bits_stored, is_signed = int(header.BitsStored), bool(header.PixelRepresentation)
    modality_lut = _read_lut(header, "ModalityLUTSequence", is_signed=is_signed)
    return PixelDescription(
        bits_stored=bits_stored,
        is_signed=is_signed,
        padding=_read_padding(header, bits_stored, is_signed=is_signed),
        slope=_number(header.get("RescaleSlope")) or 1.0,
        intercept=_number(header.get("RescaleIntercept")) or 0.0,
        modality_lut=modality_lut,
        voi_lut=_read_lut(header, "VOILUTSequence", is_signed=is_signed and modality_lut is None),
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
    if "WindowWidth" in header and function and str(function).upper() not in _WINDOW_FUNCTIONS:
        yield "VOI LUT Function is unknown: LINEAR"


def _is_inverse(header: Dataset) -> bool:
    """Presentation LUT Shape (2050,0020) where present, else MONOCHROME1; never both (PS3.3 C.11.6.1.2)."""
    shape = str(header.get("PresentationLUTShape") or "")
    if shape in ("IDENTITY", "INVERSE"):
        return shape == "INVERSE"
    return str(header.PhotometricInterpretation) == "MONOCHROME1"


def _read_window(header: Dataset) -> Window | None:
    center, width = (_number(header.get(keyword)) for keyword in ("WindowCenter", "WindowWidth"))
    if center is None or width is None:
        return None
    function = str(header.get("VOILUTFunction") or "LINEAR").upper()
    return Window(center, width, function if function in _WINDOW_FUNCTIONS else "LINEAR")


def _read_padding(header: Dataset, bits_stored: int, *, is_signed: bool) -> tuple[int, int] | None:
    """Pixel Padding Value and Range Limit as stored values; writers disagree on their sign, so bits decide."""
    value = _number(header.get("PixelPaddingValue"))
    if value is None:
        return None
    limit = _number(header.get("PixelPaddingRangeLimit"))
    first = _wrap(int(value), bits_stored, is_signed=is_signed)
    return first, first if limit is None else _wrap(int(limit), bits_stored, is_signed=is_signed)


def _wrap(value: int, bits: int, *, is_signed: bool) -> int:
    value &= (1 << bits) - 1
    return value - (1 << bits) if is_signed and value >> (bits - 1) else value


def _read_lut(header: Dataset, keyword: str, *, is_signed: bool) -> LookupTable | None:
    """The first item of a LUT sequence; LUT Descriptor (0028,3002) is entries, first input, bits (PS3.3 C.11.1.1.1)."""
    items = header.get(keyword)
    if not items or "LUTDescriptor" not in items[0] or "LUTData" not in items[0]:
        return None
    count, first, bits = (int(number) for number in items[0].LUTDescriptor)
    entries = _read_entries(items[0], count or 65536)
    if not len(entries) or not 0 < bits <= 16:
        return None
    first = _wrap(first, 16, is_signed=True) if is_signed or first < 0 else first
    return LookupTable(first, entries, bits)


def _read_entries(item: Dataset, count: int) -> np.ndarray:
    """LUT Data (0028,3006) as words of 16 bits in the file's byte order; where it is too short for that, as bytes."""
    data = item.LUTData
    if isinstance(data, bytes):
        is_little_endian = item.original_encoding[1] is not False
        words = np.frombuffer(data[: len(data) // 2 * 2], "<u2" if is_little_endian else ">u2")
        return words[:count] if len(words) >= count or len(data) < count else np.frombuffer(data, np.uint8)[:count]
    return (np.atleast_1d(np.asarray([] if data is None else data, np.int64)) & 0xFFFF)[:count]


def _read_one_of(header: Dataset, keyword: str, known: tuple[str, ...]) -> str | None:
    value = str(header.get(keyword)).strip().upper()
    return value if value in known else None


def _number(value: object) -> float | None:
    """The first of one or more numbers; None where there is no finite one."""
    first = value if isinstance(value, str | int | float) or value is None else next(iter(value), None)  # type: ignore[call-overload]
    try:
        number = float(first)  # type: ignore[arg-type]
    except (TypeError, ValueError):
        return None
    return number if np.isfinite(number) else None
