"""Reading a DICOM header: leniently, quietly, and keeping only allow-listed facts."""

import logging
import mmap
import re
import warnings
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pydicom
from pydicom import Dataset
from pydicom.dataelem import RawDataElement
from pydicom.errors import InvalidDicomError
from pydicom.filereader import read_dataset
from pydicom.tag import Tag
from pydicom.uid import (
    DeflatedExplicitVRLittleEndian,
    ExplicitVRBigEndian,
    ExplicitVRLittleEndian,
    ImplicitVRLittleEndian,
)

from xray_resnet.dicom.gate import Reason, RejectedImage

FACTS = {
    "Modality": "CR|DX|RG|RF|XA|PX|IO|MG|OT",
    "BodyPartExamined": "CHEST|THORAX|RIBCAGE|RIBS?|LUNGS?|HEART",
    "ViewPosition": "AP|PA|LL|RL|LAT|LATERAL|LLD|RLD|LLO|RLO|LAO|RAO|LPO|RPO",
    "PatientSex": "M|F|O",
    "PatientAge": "[0-9]{1,3}[DWMY]?",
    "PhotometricInterpretation": "MONOCHROME[12]",
    "BitsStored": "[0-9]{1,2}",
    "PresentationIntentType": "FOR (PRESENTATION|PROCESSING)",
    "PixelIntensityRelationship": "LIN|LOG|DISP",
    "BurnedInAnnotation": "YES|NO",
}
"""The only elements that leave a header, and the values they may have: what else stands there may name somebody."""

_USED = (
    *FACTS,
    *("SOPClassUID", "SOPInstanceUID", "Rows", "Columns", "NumberOfFrames", "SamplesPerPixel", "BitsAllocated"),
    *("HighBit", "PixelRepresentation", "PixelPaddingValue", "PixelPaddingRangeLimit", "ViewCodeSequence"),
    *("PatientOrientation", "PixelSpacing", "ImagerPixelSpacing", "PixelAspectRatio", "RescaleSlope"),
    *("RescaleIntercept", "ModalityLUTSequence", "VOILUTSequence", "WindowCenter", "WindowWidth"),
    *("VOILUTFunction", "PresentationLUTShape", "PixelIntensityRelationshipSign"),
)
_USED_TAGS = frozenset(Tag(keyword) for keyword in _USED)
_FIRST_GROUPS = (b"\x02\x00", b"\x08\x00", b"\x00\x08")
"""What a data set without preamble begins with: group 0002 or 0008, the latter in either byte order."""
_UNENDED_PIXELS = b"\xe0\x7f\x10\x00OB\x00\x00\xff\xff\xff\xff"
"""The head of Pixel Data (7FE0,0010) in fragments; pydicom drops the element where their end is missing."""
_UID = re.compile(r"[0-9.]{1,64}")
_MAX_SPACING_RATIO = 4.0
MAX_INFLATED_BYTES = 1 << 28
_PREAMBLE_BYTES = 128
_PIECE_BYTES = 1 << 16
_DEFERRED_BYTES = 1 << 20
"""Longer elements stay on the disk until they are asked for: pixels that the gate refuses are never loaded."""


@contextmanager
def quiet_pydicom() -> Iterator[None]:
    """Keeps pydicom's warnings off console and logs: they quote header values, and the gate gives its own verdict."""
    logger, settings = logging.getLogger("pydicom"), pydicom.config.settings
    disabled, validation = logger.disabled, settings.reading_validation_mode
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        logger.disabled = True
        settings.reading_validation_mode = pydicom.config.IGNORE
        try:
            yield
        finally:
            logger.disabled = disabled
            settings.reading_validation_mode = validation


def read_header(path: Path, *, max_inflated_bytes: int = MAX_INFLATED_BYTES) -> Dataset:
    """The data set of a DICOM file, also where preamble or file meta are missing.

    An element that we use and that cannot be read is left out: it counts as missing from here on.

    Args:
        path: The file.
        max_inflated_bytes: Most that a deflated data set may hold; pydicom inflates it whole.

    Raises:
        RejectedImage: NOT_DICOM, TRUNCATED, TOO_LARGE or UNREADABLE.
    """
    _check_start(path)
    with quiet_pydicom():
        try:
            _check_inflated_size(path, max_inflated_bytes)
            header = pydicom.dcmread(path, force=True, defer_size=_DEFERRED_BYTES)
            _drop_unreadable(header)
            is_dicom = "SOPClassUID" in header or "PixelData" in header or bool(getattr(header, "file_meta", None))
        except RejectedImage:
            raise
        except (InvalidDicomError, IsADirectoryError):
            raise RejectedImage(Reason.NOT_DICOM, "it cannot be read as DICOM") from None
        except EOFError:
            raise RejectedImage(Reason.TRUNCATED, "the file ends within its header") from None
        except OSError as error:
            raise RejectedImage(Reason.UNREADABLE, error.strerror or "the file cannot be opened") from None
        except Exception as error:  # pydicom raises many kinds on malformed files
            raise RejectedImage(Reason.UNREADABLE, f"the header is malformed ({type(error).__name__})") from None
    if not is_dicom:
        raise RejectedImage(Reason.NOT_DICOM, "it has neither a preamble nor an image of DICOM")
    if "PixelData" not in header and (_is_cut(header, path) or _has_unended_pixels(path)):
        raise RejectedImage(Reason.TRUNCATED, "the file ends within its header or pixels")
    _supply_transfer_syntax(header)
    return header


def read_facts(header: Dataset) -> dict[str, str]:
    """The allow-listed facts by keyword; values beyond those listed are left out."""
    values = {keyword: str(header.get(keyword) or "").strip().upper() for keyword in FACTS}
    return {keyword: value for keyword, value in values.items() if re.fullmatch(FACTS[keyword], value)}


def read_sop_instance_uid(header: Dataset) -> str:
    """SOP Instance UID (0008,0018), or nothing where it is no UID."""
    uid = str(header.get("SOPInstanceUID") or "")
    return uid if _UID.fullmatch(uid) else ""


def read_spacing(header: Dataset) -> tuple[float, float] | None:
    """(row, column) spacing in mm, or None where it is missing or absurd.

    Pixel Spacing (0028,0030), else Imager Pixel Spacing (0018,1164), else the ratio alone from Pixel Aspect Ratio
    (0028,0034), with columns 1 mm apart.
    """
    for keyword in ("PixelSpacing", "ImagerPixelSpacing", "PixelAspectRatio"):
        spacing = _pair(header.get(keyword))
        if spacing is not None:
            return spacing
    return None


def _check_start(path: Path) -> None:
    """Keeps text, archives and the like from being parsed as if they were data elements."""
    try:
        with path.open("rb") as file:
            start = file.read(132)
    except OSError as error:
        raise RejectedImage(Reason.UNREADABLE, error.strerror or "the file cannot be opened") from None
    if start[128:] != b"DICM" and start[:2] not in _FIRST_GROUPS:
        raise RejectedImage(Reason.NOT_DICOM, "it begins like no DICOM, PNG or JPEG file")


def _check_inflated_size(path: Path, most: int) -> None:
    """Inflates a deflated data set (PS3.5 A.5) piece by piece, keeping none, and stops where it is too much."""
    with path.open("rb") as file:
        file.seek(_PREAMBLE_BYTES)
        if file.read(4) != b"DICM":
            return
        meta = read_dataset(file, False, True, stop_when=lambda tag, *_: tag.group != 2)
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


def _drop_unreadable(header: Dataset) -> None:
    """Reads the elements that we use, as pydicom reads on access, and deletes those that it cannot."""
    for tag in _USED_TAGS.intersection(header.keys()):
        try:
            element = header[tag]
            for item in element.value if element.VR == "SQ" else ():
                for _ in item:
                    pass
        except Exception:  # pydicom raises many kinds on malformed elements
            del header[tag]


def _is_cut(header: Dataset, path: Path) -> bool:
    """Whether the last element is shorter than it says."""
    if not len(header):
        return True
    _, last = max(header.items(), key=lambda item: item[0])
    if not isinstance(last, RawDataElement) or last.length == 0xFFFFFFFF:
        return False
    if last.value is None:
        return bool(last.value_tell + last.length > path.stat().st_size)
    return bool(len(last.value) < last.length)


def _has_unended_pixels(path: Path) -> bool:
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content:
        return content.find(_UNENDED_PIXELS) >= 0


def _pair(value: object) -> tuple[float, float] | None:
    try:
        row, column = (float(number) for number in value)  # type: ignore[attr-defined]
    except (TypeError, ValueError):
        return None
    sane = 0 < row < 100 and 0 < column < 100 and 1 / _MAX_SPACING_RATIO <= row / column <= _MAX_SPACING_RATIO
    return (row, column) if sane else None
