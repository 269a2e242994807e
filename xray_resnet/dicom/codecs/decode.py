"""Stored values from any transfer syntax that a radiograph comes in.

| transfer syntax | decoder |
|---|---|
| uncompressed, little endian | NumPy, straight from the disk |
| deflated, big endian, short | pydicom |
| RLE | pylibjpeg, ten times as fast as pydicom and stricter on damage |
| JPEG 2000, HTJ2K | OpenJPEG through pylibjpeg |
| JPEG-LS | CharLS through pyjpegls |
| JPEG | see `jpeg` |
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydicom import Dataset
from pydicom.dataelem import RawDataElement
from pydicom.encaps import get_frame
from pydicom.pixels import get_decoder
from pydicom.tag import Tag
from pydicom.uid import (
    HTJ2K,
    JPEG2000,
    UID,
    AllTransferSyntaxes,
    DeflatedExplicitVRLittleEndian,
    ExplicitVRBigEndian,
    ExplicitVRLittleEndian,
    HTJ2KLossless,
    HTJ2KLosslessRPCL,
    ImplicitVRLittleEndian,
    JPEG2000Lossless,
    JPEGBaseline8Bit,
    JPEGExtended12Bit,
    JPEGLossless,
    JPEGLosslessSV1,
    JPEGLSLossless,
    JPEGLSNearLossless,
    RLELossless,
)

from xray_resnet.dicom.codecs.codestream import StreamSize, read_stream_size
from xray_resnet.dicom.codecs.jpeg import decode_baseline, decode_with_dicomsdl, decode_with_gdcm, is_whole
from xray_resnet.dicom.display.pixels import extract_stored_bits
from xray_resnet.dicom.header.frames import UNDEFINED_LENGTH
from xray_resnet.dicom.picture import PICTURE_FORMATS
from xray_resnet.dicom.quiet import quiet_pydicom
from xray_resnet.dicom.reasons import Reason, RejectedImage

_UNCOMPRESSED = (
    ImplicitVRLittleEndian,
    ExplicitVRLittleEndian,
    ExplicitVRBigEndian,
    DeflatedExplicitVRLittleEndian,
)
_PLAIN = (ImplicitVRLittleEndian, ExplicitVRLittleEndian)
_LOSSLESS = (
    RLELossless,
    JPEGLossless,
    JPEGLosslessSV1,
    JPEGLSLossless,
    JPEG2000Lossless,
    HTJ2KLossless,
    HTJ2KLosslessRPCL,
)
_PIXEL_DATA = Tag("PixelData")


def decode_stored_values(header: Dataset, path: Path) -> NDArray[np.integer]:
    """The stored values (rows, columns) of a single-frame grey image, unused bits removed and sign extended (PS3.5 8).

    Args:
        header: Its declared size was checked.
        path: The file it came from.

    Raises:
        RejectedImage: UNREADABLE, TRUNCATED, UNSUPPORTED_TRANSFER_SYNTAX or DECODE_FAILED.
    """
    syntax = transfer_syntax_of(header)
    if syntax not in CODECS:
        raise RejectedImage(
            Reason.UNSUPPORTED_TRANSFER_SYNTAX, f"its transfer syntax is {name_transfer_syntax(syntax)}"
        )
    _check_depth(header)
    stored, may_hold_unused_bits = _read_plain(header, path, syntax), True
    if stored is None:
        _load_pixels(header)
        _check_length(header, syntax)
        stream, declared = _read_checked_stream(header, syntax)
        may_hold_unused_bits = _may_hold_unused_bits(header, syntax, declared)
        precision = declared.precision if declared else 0
        stored = _decode_or_reject(_Frame(header, path, syntax, stream, precision, may_hold_unused_bits))
    expected = (int(header.Rows), int(header.Columns))
    if stored.shape != expected:
        raise RejectedImage(Reason.DECODE_FAILED, f"the codec gave {stored.shape} pixels, the header says {expected}")
    return _remove_unused_bits(stored, header) if may_hold_unused_bits else stored


def transfer_syntax_of(header: Dataset) -> UID:
    """Transfer Syntax UID (0002,0010), which `read_header` sees to."""
    return UID(str(header.file_meta.TransferSyntaxUID))


def name_transfer_syntax(syntax: str) -> str:
    """The name of a transfer syntax (PS3.6 A) or of a picture's format; others may say who made the file."""
    if syntax in PICTURE_FORMATS:
        return syntax
    return UID(syntax).name if syntax in AllTransferSyntaxes else "unknown"


@dataclass(frozen=True)
class _Frame:
    """What a codec decodes.

    Attributes:
        header: Describes the pixels.
        path: The file.
        syntax: Its transfer syntax.
        stream: The encoded frame; empty if it is not encapsulated.
        precision: Bits that the stream declares; 0 if it declares none.
        keeps_unused_bits: Whether bits beyond Bits Stored are left for `_remove_unused_bits`.
    """

    header: Dataset
    path: Path
    syntax: UID
    stream: bytes
    precision: int
    keeps_unused_bits: bool


def _decode_or_reject(frame: _Frame) -> NDArray[np.integer]:
    """What the codec gives; whatever it raises is a verdict, without its text, which may quote the file."""
    try:
        with quiet_pydicom():
            return CODECS[frame.syntax](frame)
    except (RejectedImage, MemoryError):
        raise
    except Exception as error:  # decoders raise whatever they like
        raise RejectedImage(
            Reason.DECODE_FAILED, f"the {frame.syntax.name} stream is damaged ({type(error).__name__})"
        ) from None
    except BaseException as panic:  # a panic of Rust, in which pylibjpeg's RLE is written, is no Exception to Python
        if type(panic).__name__ != "PanicException":
            raise
        raise RejectedImage(Reason.DECODE_FAILED, f"the {frame.syntax.name} stream is damaged") from None


def _decode_through_pydicom(frame: _Frame, plugin: str) -> NDArray[np.integer]:
    """By one of pydicom's plug-ins, which take the lowest bits whatever High Bit says; see `_remove_unused_bits`."""
    options: Any = {"correct_unused_bits": not frame.keeps_unused_bits, "number_of_frames": 1}
    stored, _ = get_decoder(frame.syntax).as_array(frame.header, index=0, raw=True, decoding_plugin=plugin, **options)
    return np.asarray(stored, stored.dtype.newbyteorder("="))


def _decode_lossless_jpeg(frame: _Frame) -> NDArray[np.integer]:
    if is_whole(frame.stream):
        return decode_with_dicomsdl(frame.stream, frame.header, frame.syntax)
    return _decode_through_pydicom(frame, "gdcm")


def _decode_lossy_jpeg(frame: _Frame) -> NDArray[np.integer]:
    """Eight bits, or twelve, by what the stream declares."""
    if frame.precision == 8:
        return decode_baseline(frame.stream).astype(_cell_type(frame.header), copy=False)
    if frame.precision > 8 and is_whole(frame.stream):
        return decode_with_dicomsdl(frame.stream, frame.header, frame.syntax)
    if frame.precision > 8:
        return decode_with_gdcm(frame.header, frame.path)
    return _decode_through_pydicom(frame, "gdcm")


Codec = Callable[[_Frame], NDArray[np.integer]]

CODECS: Mapping[UID, Codec] = {
    **dict.fromkeys(_UNCOMPRESSED, partial(_decode_through_pydicom, plugin="")),
    **dict.fromkeys((RLELossless,), partial(_decode_through_pydicom, plugin="pylibjpeg")),
    **dict.fromkeys((JPEG2000, JPEG2000Lossless), partial(_decode_through_pydicom, plugin="pylibjpeg")),
    **dict.fromkeys((HTJ2K, HTJ2KLossless, HTJ2KLosslessRPCL), partial(_decode_through_pydicom, plugin="pylibjpeg")),
    **dict.fromkeys((JPEGLSLossless, JPEGLSNearLossless), partial(_decode_through_pydicom, plugin="pyjpegls")),
    **dict.fromkeys((JPEGLossless, JPEGLosslessSV1), _decode_lossless_jpeg),
    **dict.fromkeys((JPEGBaseline8Bit, JPEGExtended12Bit), _decode_lossy_jpeg),
}
"""Transfer syntax → codec. What is plain on the disk is read by NumPy before it is asked (`_read_plain`)."""


def _cell_type(header: Dataset) -> str:
    """Of 16 allocated bits the decoded 8 get their cell back; 8 stay bytes without a sign, which JPEG cannot hold."""
    return "u1" if header.BitsAllocated == 8 else "i2" if header.PixelRepresentation else "u2"


def _read_plain(header: Dataset, path: Path, syntax: UID) -> NDArray[np.integer] | None:
    """Little endian pixels that `read_header` left on the disk; None if absent."""
    element = dict(header.items()).get(_PIXEL_DATA)  # as it is: any other access reads it
    if syntax not in _PLAIN or not isinstance(element, RawDataElement):
        return None
    if element.value is not None or element.length == UNDEFINED_LENGTH:
        return None
    shape = int(header.Rows), int(header.Columns)
    kind = np.dtype(f"<{'i' if header.PixelRepresentation else 'u'}{header.BitsAllocated // 8}")
    expected = shape[0] * shape[1]
    there = min(expected, element.length // kind.itemsize)
    try:
        stored = np.fromfile(path, kind, there, offset=element.value_tell)
    except OSError as error:
        raise RejectedImage(Reason.UNREADABLE, error.strerror or "the file is no longer there") from None
    if len(stored) < expected:
        got, wanted = len(stored) * kind.itemsize, expected * kind.itemsize
        raise RejectedImage(Reason.TRUNCATED, f"{got} bytes of pixels, expected {wanted}")
    return stored.reshape(shape)


def _check_depth(header: Dataset) -> None:
    """Radiographs take at most 16 bits (PS3.3 C.8.11.3); pixel maths by lookup could not hold 32."""
    allocated, stored = header.get("BitsAllocated"), header.get("BitsStored")
    if allocated not in (8, 16):
        raise RejectedImage(Reason.DECODE_FAILED, "Bits Allocated (0028,0100) is missing or not 8 or 16")
    if not isinstance(stored, int) or not 1 <= stored <= allocated:
        raise RejectedImage(Reason.DECODE_FAILED, "Bits Stored (0028,0101) is missing or beyond Bits Allocated")
    if header.get("PixelRepresentation") not in (0, 1):
        raise RejectedImage(Reason.DECODE_FAILED, "Pixel Representation (0028,0103) is missing or not 0 or 1")


def _load_pixels(header: Dataset) -> None:
    """Reads what `read_header` left on the disk."""
    with quiet_pydicom():
        rejection = _try_to_load(header)
    if rejection is not None:
        raise rejection


def _try_to_load(header: Dataset) -> RejectedImage | None:
    """The verdict where it fails; what was raised ends here, with the open file that pydicom leaves in it."""
    try:
        header["PixelData"]
    except EOFError:
        return RejectedImage(Reason.TRUNCATED, "the file ends within its pixels")
    except OSError as error:
        return RejectedImage(Reason.UNREADABLE, error.strerror or "the file is no longer there")
    except Exception as error:  # pydicom raises many kinds on malformed elements
        return RejectedImage(Reason.DECODE_FAILED, f"Pixel Data (7FE0,0010) raised {type(error).__name__}")
    return None


def _read_checked_stream(header: Dataset, syntax: UID) -> tuple[bytes, StreamSize | None]:
    """The one frame's stream, its fragments joined, and what it declares; nothing where the decoder reads it itself.

    A codec allocates what its stream declares, whatever the header says: they must agree first.
    """
    if not syntax.is_encapsulated or syntax == RLELossless:
        return b"", None
    try:
        stream = bytes(get_frame(header.PixelData, 0, number_of_frames=1))
        declared = read_stream_size(stream)
    except Exception as error:  # pydicom raises several kinds on damaged fragments
        raise RejectedImage(Reason.DECODE_FAILED, f"the fragments are damaged ({type(error).__name__})") from None
    if declared is None:
        raise RejectedImage(Reason.DECODE_FAILED, "the stream declares no size")
    expected = (int(header.Rows), int(header.Columns), 1)
    if declared[:3] != expected:
        found = tuple(declared[:3])
        raise RejectedImage(
            Reason.DECODE_FAILED, f"rows, columns, components: the stream declares {found}, the header {expected}"
        )
    if not 2 <= declared.precision <= int(header.BitsAllocated):
        raise RejectedImage(
            Reason.DECODE_FAILED, f"the stream declares {declared.precision} bits, the header {header.BitsAllocated}"
        )
    return stream, declared


def _check_length(header: Dataset, syntax: UID) -> None:
    """Uncompressed pixels must be there in full; more than declared is padding (PS3.5 8.1.1)."""
    if syntax.is_encapsulated:
        return
    if header["PixelData"].is_undefined_length:
        raise RejectedImage(Reason.DECODE_FAILED, "the pixels are compressed and no transfer syntax says how")
    expected = int(header.Rows) * int(header.Columns) * int(header.BitsAllocated) // 8
    got = len(header.PixelData or b"")
    if got < expected:
        raise RejectedImage(Reason.TRUNCATED, f"{got} bytes of pixels, expected {expected}")


def _may_hold_unused_bits(header: Dataset, syntax: UID, declared: StreamSize | None) -> bool:
    """Whether bits that are no pixels may be there, or pixels higher up: where the whole cell was stored.

    So it is without a codec, and in a lossless stream that declares more bits than Bits Stored.
    """
    if declared is None:
        return True
    return syntax in _LOSSLESS and declared.precision > int(header.BitsStored)


def _remove_unused_bits(stored: NDArray[np.integer], header: Dataset) -> NDArray[np.integer]:
    return extract_stored_bits(
        stored,
        bits_stored=int(header.BitsStored),
        high_bit=_high_bit(header),
        is_signed=bool(header.PixelRepresentation),
    )


def _high_bit(header: Dataset) -> int:
    """High Bit (0028,0102); where it is missing or no number, the pixel's bits are the lowest."""
    high_bit = header.get("HighBit")
    return high_bit if isinstance(high_bit, int) and high_bit > 0 else int(header.BitsStored) - 1
