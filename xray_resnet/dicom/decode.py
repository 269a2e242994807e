"""Stored values from any transfer syntax that a radiograph comes in.

| transfer syntax | decoder |
|---|---|
| uncompressed, deflated, JPEG lossless | pydicom, with GDCM for the last |
| RLE, JPEG 2000, HTJ2K | pylibjpeg's plug-ins |
| JPEG-LS | CharLS through pyjpegls |
| JPEG baseline, 8 bit | libjpeg-turbo through OpenCV, the fastest here |
| JPEG extended, 12 bit | GDCM called directly; pydicom's plug-in refuses it |
"""

from pathlib import Path

import cv2
import gdcm
import numpy as np
from numpy.typing import NDArray
from pydicom import Dataset
from pydicom.encaps import get_frame
from pydicom.pixels import get_decoder
from pydicom.uid import (
    HTJ2K,
    JPEG2000,
    UID,
    HTJ2KLossless,
    HTJ2KLosslessRPCL,
    ImplicitVRLittleEndian,
    JPEG2000Lossless,
    JPEGBaseline8Bit,
    JPEGExtended12Bit,
    JPEGLSLossless,
    JPEGLSNearLossless,
    RLELossless,
)

from xray_resnet.dicom.gate import Reason, RejectedImage
from xray_resnet.dicom.header import quiet_pydicom
from xray_resnet.dicom.pixels import extract_stored_bits

_FASTEST_PLUGIN = dict.fromkeys(
    (RLELossless, JPEG2000, JPEG2000Lossless, HTJ2K, HTJ2KLossless, HTJ2KLosslessRPCL), "pylibjpeg"
) | dict.fromkeys((JPEGLSLossless, JPEGLSNearLossless), "pyjpegls")


def decode_stored_values(header: Dataset, path: Path) -> NDArray[np.integer]:
    """The stored values (rows, columns) of a single-frame grey image, unused bits removed and sign extended.

    Args:
        header: Its declared size was checked.
        path: The file it came from.

    Raises:
        RejectedImage: TRUNCATED, UNSUPPORTED_TRANSFER_SYNTAX or DECODE_FAILED.
    """
    syntax = transfer_syntax_of(header)
    _check_length(header, syntax)
    try:
        with quiet_pydicom():
            stored = _decode(header, path, syntax)
    except RejectedImage:
        raise
    except NotImplementedError:
        raise RejectedImage(Reason.UNSUPPORTED_TRANSFER_SYNTAX, f"no decoder for {syntax.name}") from None
    except Exception as error:  # decoders raise whatever they like; their texts may quote the file
        raise RejectedImage(Reason.DECODE_FAILED, f"{syntax.name} raised {type(error).__name__}") from None
    expected = (int(header.Rows), int(header.Columns))
    if stored.shape != expected:
        raise RejectedImage(Reason.DECODE_FAILED, f"the codec gave {stored.shape} pixels, the header says {expected}")
    return _remove_unused_bits(stored, header, syntax)


def transfer_syntax_of(header: Dataset) -> UID:
    """Transfer Syntax UID (0002,0010); without it, what DICOM assumes (PS3.5 10.1)."""
    meta = getattr(header, "file_meta", None)
    uid = meta.get("TransferSyntaxUID") if meta is not None else None
    return UID(str(uid)) if uid else ImplicitVRLittleEndian


def _decode(header: Dataset, path: Path, syntax: UID) -> NDArray[np.integer]:
    if syntax == JPEGBaseline8Bit and header.BitsAllocated == 8:
        return _decode_baseline_jpeg(header)
    if syntax == JPEGExtended12Bit and header.BitsStored > 8:
        return _decode_with_gdcm(header, path)
    if not header.get("file_meta") or "TransferSyntaxUID" not in header.file_meta:
        header.ensure_file_meta()
        header.file_meta.TransferSyntaxUID = syntax
    try:
        decoder = get_decoder(syntax)
    except NotImplementedError:
        raise RejectedImage(Reason.UNSUPPORTED_TRANSFER_SYNTAX, "its transfer syntax is unknown") from None
    plugin = _FASTEST_PLUGIN.get(syntax, "")
    # pydicom takes the lowest bits whatever High Bit says; see _remove_unused_bits.
    lowest = not _may_hold_unused_bits(syntax)
    stored, _ = decoder.as_array(header, index=0, raw=True, decoding_plugin=plugin, correct_unused_bits=lowest)
    return np.asarray(stored)


def _decode_baseline_jpeg(header: Dataset) -> NDArray[np.integer]:
    frame = np.frombuffer(get_frame(header.PixelData, 0, number_of_frames=1), np.uint8)
    decoded = cv2.imdecode(frame, cv2.IMREAD_GRAYSCALE | cv2.IMREAD_IGNORE_ORIENTATION)
    if decoded is None:
        raise RejectedImage(Reason.DECODE_FAILED, "the JPEG stream is damaged")
    return np.asarray(decoded, np.uint8)


def _decode_with_gdcm(header: Dataset, path: Path) -> NDArray[np.integer]:
    reader = gdcm.ImageReader()
    reader.SetFileName(str(path))
    if not reader.Read():
        raise RejectedImage(Reason.DECODE_FAILED, "GDCM cannot read the file")
    # GDCM's wrapper hands bytes out as text, with bytes that are no UTF-8 escaped.
    buffer = reader.GetImage().GetBuffer().encode("utf-8", "surrogateescape")
    stored = np.frombuffer(buffer, np.int16 if header.PixelRepresentation else np.uint16)
    return stored.reshape(int(header.Rows), int(header.Columns))


def _check_length(header: Dataset, syntax: UID) -> None:
    """Uncompressed pixels must be there in full; more than declared is padding (PS3.5 8.1.1)."""
    if syntax.is_encapsulated:
        return
    expected = int(header.Rows) * int(header.Columns) * int(header.get("BitsAllocated") or 0) // 8
    got = len(header.PixelData or b"")
    if got < expected:
        raise RejectedImage(Reason.TRUNCATED, f"{got} bytes of pixels, expected {expected}")


def _may_hold_unused_bits(syntax: UID) -> bool:
    """Only uncompressed and RLE data carry bits that are not pixels; other codecs know the depth."""
    return not syntax.is_encapsulated or syntax == RLELossless


def _remove_unused_bits(stored: NDArray[np.integer], header: Dataset, syntax: UID) -> NDArray[np.integer]:
    if not _may_hold_unused_bits(syntax):
        return stored
    return extract_stored_bits(
        stored,
        bits_stored=int(header.get("BitsStored") or header.BitsAllocated),
        high_bit=int(header.get("HighBit") or int(header.get("BitsStored") or header.BitsAllocated) - 1),
        is_signed=bool(header.get("PixelRepresentation")),
    )
