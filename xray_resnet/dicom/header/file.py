"""Reading a DICOM header, leniently and quietly; what cannot be one, or is cut or too large, is rejected."""

import mmap
import re
import zlib
from pathlib import Path

import pydicom
from pydicom import Dataset
from pydicom.dataelem import RawDataElement
from pydicom.errors import InvalidDicomError
from pydicom.filereader import read_dataset
from pydicom.uid import (
    UID,
    ComputedRadiographyImageStorage,
    DeflatedExplicitVRLittleEndian,
    DigitalXRayImageStorageForPresentation,
    DigitalXRayImageStorageForProcessing,
    ExplicitVRBigEndian,
    ExplicitVRLittleEndian,
    ImplicitVRLittleEndian,
)

from xray_resnet.dicom.header.elements import drop_invalid
from xray_resnet.dicom.header.frames import UNDEFINED_LENGTH
from xray_resnet.dicom.quiet import quiet_pydicom
from xray_resnet.dicom.reasons import Reason, RejectedImage

_MODALITY_OF = {
    ComputedRadiographyImageStorage: "CR",
    DigitalXRayImageStorageForPresentation: "DX",
    DigitalXRayImageStorageForProcessing: "DX",
}
_FIRST_GROUPS = (b"\x02\x00", b"\x08\x00", b"\x00\x08")
"""What a data set without preamble begins with: group 0002 or 0008, the latter in either byte order."""
_OTHER_FILES = {
    b"PK\x03\x04": "a ZIP archive: unpack it",
    b"\x1f\x8b": "a gzip archive: unpack it",
    b"7z\xbc\xaf": "a 7z archive: unpack it",
    b"Rar!": "a RAR archive: unpack it",
    b"II*\0": "a TIFF picture: convert it to PNG",
    b"MM\0*": "a TIFF picture: convert it to PNG",
    b"BM": "a BMP picture: convert it to PNG",
    b"GIF8": "a GIF picture: convert it to PNG",
    b"%PDF": "a PDF document",
}
"""What stands in folders beside radiographs, by its first bytes."""
_UNENDED_PIXELS = b"\xe0\x7f\x10\x00OB\x00\x00\xff\xff\xff\xff"
"""The head of Pixel Data (7FE0,0010) in fragments; pydicom drops the element where their end is missing."""
MAX_INFLATED_BYTES = 1 << 28
_PREAMBLE = slice(128, 132)
_PREFIX = b"DICM"
_PIECE_BYTES = 1 << 16
_DEFERRED_BYTES = 1 << 20
"""Longer elements stay on the disk until they are asked for: pixels that the gate refuses are never loaded."""


def read_header(path: Path, *, max_inflated_bytes: int = MAX_INFLATED_BYTES) -> Dataset:
    """The data set of a DICOM file (PS3.10 7.1), also where preamble or file meta are missing.

    An element that we use and that cannot be read, or is of another kind than the standard's, is left out: it counts
    as missing from here on.

    Args:
        path: The file.
        max_inflated_bytes: Most that a deflated data set may hold; pydicom inflates it whole.

    Raises:
        RejectedImage: NOT_DICOM, TRUNCATED, TOO_LARGE or UNREADABLE.
    """
    _check_start(path)
    with quiet_pydicom():
        header = _parse_or_reject(path, max_inflated_bytes)
    _supply_transfer_syntax(header)
    _supply_class_and_modality(header)
    _spell_photometric(header)
    return header


def _check_start(path: Path) -> None:
    """Keeps text, archives and the like from being parsed as if they were data elements."""
    try:
        with path.open("rb") as file:
            start = file.read(_PREAMBLE.stop)
    except OSError as error:
        raise RejectedImage(Reason.UNREADABLE, error.strerror or "the file cannot be opened") from None
    if start[_PREAMBLE] != _PREFIX and start[:2] not in _FIRST_GROUPS:
        kind = next(
            (name for mark, name in _OTHER_FILES.items() if start.startswith(mark)), "no DICOM, PNG or JPEG file"
        )
        raise RejectedImage(Reason.NOT_DICOM, f"it begins like {kind}")


def _parse_or_reject(path: Path, max_inflated_bytes: int) -> Dataset:
    """What pydicom makes of the file; whatever it raises is a verdict."""
    try:
        _check_inflated_size(path, max_inflated_bytes)
        header = pydicom.dcmread(path, force=True, defer_size=_DEFERRED_BYTES)
        _check_whole(header, path)
        drop_invalid(header)
    except RejectedImage:
        raise
    except (InvalidDicomError, IsADirectoryError):
        raise RejectedImage(Reason.NOT_DICOM, "it cannot be read as DICOM") from None
    except EOFError:
        raise RejectedImage(Reason.TRUNCATED, "the file ends within its header") from None
    except OSError as error:
        raise RejectedImage(Reason.UNREADABLE, error.strerror or "the file cannot be read") from None
    except Exception as error:  # pydicom raises many kinds on malformed files, also MemoryError on absurd lengths
        raise RejectedImage(Reason.UNREADABLE, f"the header is malformed ({type(error).__name__})") from None
    return header


def _check_whole(header: Dataset, path: Path) -> None:
    """Before any element is read: only raw ones tell that they were cut."""
    if not ("SOPClassUID" in header or "PixelData" in header or getattr(header, "file_meta", None)):
        raise RejectedImage(Reason.NOT_DICOM, "it has neither a preamble nor an image of DICOM")
    if "PixelData" not in header and (_is_cut(header, path) or _has_unended_pixels(path)):
        raise RejectedImage(Reason.TRUNCATED, "the file ends within its header or pixels")


def _check_inflated_size(path: Path, most: int) -> None:
    """Inflates a deflated data set (PS3.5 A.5) piece by piece, keeping none, and stops where it is too much."""
    with path.open("rb") as file:
        start = file.read(_PREAMBLE.stop)
        file.seek(_PREAMBLE.stop if start[_PREAMBLE] == _PREFIX else 0)
        meta = read_dataset(file, False, True, stop_when=lambda tag, *_: tag.group != 2, defer_size=_DEFERRED_BYTES)
        if str(meta.get("TransferSyntaxUID")) != DeflatedExplicitVRLittleEndian:
            return
        inflater, inflated, piece = zlib.decompressobj(-zlib.MAX_WBITS), 0, file.read(_PIECE_BYTES)
        while piece and not inflater.eof:
            inflated += len(inflater.decompress(piece, _PIECE_BYTES))
            if inflated > most:
                raise RejectedImage(Reason.TOO_LARGE, f"its deflated data set holds more than {most} bytes")
            piece = inflater.unconsumed_tail or file.read(_PIECE_BYTES)


def _supply_transfer_syntax(header: Dataset) -> None:
    """Where the file names no transfer syntax: the uncompressed encoding that its elements have."""
    header.ensure_file_meta()
    if not header.file_meta.get("TransferSyntaxUID"):
        is_implicit, is_little_endian = header.original_encoding
        explicit = ExplicitVRLittleEndian if is_little_endian else ExplicitVRBigEndian
        header.file_meta.TransferSyntaxUID = ImplicitVRLittleEndian if is_implicit else explicit


def _supply_class_and_modality(header: Dataset) -> None:
    """What a strict de-identification takes out: the SOP Class is in the file meta, too, and tells the modality."""
    if not header.get("SOPClassUID"):
        header.SOPClassUID = UID(str(header.file_meta.get("MediaStorageSOPClassUID") or ""))
    if not str(header.get("Modality") or "").strip():
        header.Modality = _MODALITY_OF.get(UID(str(header.SOPClassUID)), "")


def _spell_photometric(header: Dataset) -> None:
    """Codes are in upper case, and blanks around them mean nothing (PS3.5 6.2); decoders compare them letter by letter.

    Writers also put a blank before the number, and NULs where blanks should be.
    """
    if "PhotometricInterpretation" in header:
        word = str(header.PhotometricInterpretation or "").strip(" \0\t\r\n").upper()
        header.PhotometricInterpretation = re.sub(r"^MONOCHROME\s+(?=[12]$)", "MONOCHROME", word)


def _is_cut(header: Dataset, path: Path) -> bool:
    """Whether the last element is shorter than it says."""
    if not len(header):
        return True
    _, last = max(header.items(), key=lambda item: item[0])
    if not isinstance(last, RawDataElement) or last.length == UNDEFINED_LENGTH:
        return False
    if last.value is None:
        return bool(last.value_tell + last.length > path.stat().st_size)
    return bool(len(last.value) < last.length)


def _has_unended_pixels(path: Path) -> bool:
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content:
        return content.find(_UNENDED_PIXELS) >= 0
