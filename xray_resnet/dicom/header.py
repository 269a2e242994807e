"""Reading a DICOM header: leniently, quietly, and keeping only allow-listed facts."""

import logging
import mmap
import re
import warnings
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pydicom
from pydicom import Dataset
from pydicom.charset import convert_encodings
from pydicom.datadict import dictionary_VR
from pydicom.dataelem import DataElement, RawDataElement
from pydicom.errors import InvalidDicomError
from pydicom.filereader import read_dataset
from pydicom.tag import BaseTag, Tag
from pydicom.uid import (
    UID,
    ComputedRadiographyImageStorage,
    DeflatedExplicitVRLittleEndian,
    DigitalXRayImageStorageForPresentation,
    DigitalXRayImageStorageForProcessing,
    ExplicitVRBigEndian,
    ExplicitVRLittleEndian,
    ImplicitVRLittleEndian,
    UID_dictionary,
)
from pydicom.values import convert_SQ

from xray_resnet.dicom.reasons import Reason, RejectedImage

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
    "SOPClassUID": "|".join(re.escape(uid) for uid, (_, kind, *_) in UID_dictionary.items() if kind == "SOP Class"),
}
"""The only elements that leave a header, and the values they may have: what else stands there may name somebody."""

_USED = (
    *FACTS,
    *(
        "SpecificCharacterSet",
        "SOPInstanceUID",
        "PatientID",
        "IssuerOfPatientID",
        "Rows",
        "Columns",
        "NumberOfFrames",
        "SamplesPerPixel",
        "BitsAllocated",
    ),
    *("HighBit", "PixelRepresentation", "PixelPaddingValue", "PixelPaddingRangeLimit", "ViewCodeSequence"),
    *("PatientOrientation", "PixelSpacing", "ImagerPixelSpacing", "PixelAspectRatio", "RescaleSlope"),
    *("RescaleIntercept", "ModalityLUTSequence", "VOILUTSequence", "WindowCenter", "WindowWidth"),
    *("VOILUTFunction", "PresentationLUTShape", "PixelIntensityRelationshipSign"),
)
_USED_TAGS = frozenset(Tag(keyword) for keyword in _USED)
_MODALITY_OF = {
    ComputedRadiographyImageStorage: "CR",
    DigitalXRayImageStorageForPresentation: "DX",
    DigitalXRayImageStorageForProcessing: "DX",
}
_KINDS = (
    frozenset({"SQ"}),
    frozenset({"DS", "FD", "FL", "IS", "SL", "SS", "SV", "UL", "US", "UV"}),
    frozenset({"OB", "OD", "OF", "OL", "OV", "OW", "UN"}),
)
"""Value representations that stand in for each other; all others are text."""
_NUMBER = 1
"""The place of numbers among them."""
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
_UID = re.compile(r"[0-9.]{1,64}")
_MOST_MM = 100.0
_MOST_ASPECT = 4.0
"""Detectors have square pixels, and scanners nearly so: beyond these the numbers are taken for mistakes."""
MAX_INFLATED_BYTES = 1 << 28
_PREAMBLE = slice(128, 132)
_PREFIX = b"DICM"
UNDEFINED_LENGTH = 0xFFFFFFFF
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
    _strip_photometric(header)
    return header


def read_facts(header: Dataset) -> dict[str, str]:
    """The allow-listed facts by keyword; values beyond those listed are left out."""
    values = {keyword: keep_fact(keyword, str(header.get(keyword) or "")) for keyword in FACTS}
    return {keyword: value for keyword, value in values.items() if value}


def keep_fact(keyword: str, text: str) -> str:
    """The text in upper case where it is a value that the fact may have, wherever it came from; else nothing."""
    value = text.strip().upper()
    return value if re.fullmatch(FACTS[keyword], value) else ""


def read_sop_instance_uid(header: Dataset) -> str:
    """SOP Instance UID (0008,0018), or nothing where it is no UID."""
    uid = str(header.get("SOPInstanceUID") or "")
    return uid if _UID.fullmatch(uid) else ""


def read_patient(header: Dataset) -> str:
    """Patient ID (0010,0020) with its issuer (0010,0021), to be hashed and never written; empty where it is missing."""
    patient = str(header.get("PatientID") or "").strip()
    return f"{str(header.get('IssuerOfPatientID') or '').strip()}\\{patient}" if patient else ""


def read_words(header: Dataset, keyword: str) -> str:
    """A text, stripped; in UTF-8, or as Specific Character Set (0008,0005) says.

    Archives write codes in their own alphabet where the standard allows none but its default (PS3.5 6.2).
    """
    text = str(header.get(keyword) or "").strip()
    if text.isascii():
        return text
    for encoding in ("utf-8", _declared_encoding(header)):
        try:
            return text.encode("latin-1").decode(encoding)
        except (UnicodeError, LookupError):
            continue
    return text


def read_spacing(header: Dataset) -> tuple[float, float] | None:
    """(row, column) spacing in mm (PS3.3 10.7.1.3), or None where it is missing or absurd.

    Pixel Spacing (0028,0030), else Imager Pixel Spacing (0018,1164).
    """
    for keyword in ("PixelSpacing", "ImagerPixelSpacing"):
        spacing = _pair(header.get(keyword))
        if spacing is not None and max(spacing) < _MOST_MM and _is_sane(spacing[0] / spacing[1]):
            return spacing
    return None


def read_aspect(header: Dataset) -> float:
    """A pixel's height over its width: by spacing, else Pixel Aspect Ratio (0028,0034; PS3.3 C.7.6.3.1.7), else 1."""
    pair = read_spacing(header) or _pair(header.get("PixelAspectRatio")) or (1.0, 1.0)
    return pair[0] / pair[1] if _is_sane(pair[0] / pair[1]) else 1.0


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
        _drop_unreadable(header)
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
        in_meta = {"stop_when": lambda tag, *_: tag.group != 2, "defer_size": _DEFERRED_BYTES}
        meta = read_dataset(file, False, True, **in_meta)
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


def _strip_photometric(header: Dataset) -> None:
    """Blanks around a code mean nothing (PS3.5 6.2), but decoders compare it letter by letter."""
    if "PhotometricInterpretation" in header:
        header.PhotometricInterpretation = str(header.PhotometricInterpretation).strip()


def _drop_unreadable(header: Dataset) -> None:
    """Reads the elements that we use, as pydicom reads on access, and deletes those that make no sense."""
    for tag in _USED_TAGS.intersection(header.keys()):
        try:
            _parse_unknown_sequence(header, tag)
            if not _is_of_its_kind(header[tag]):
                del header[tag]
        except Exception:  # pydicom raises many kinds on malformed elements
            del header[tag]


def _parse_unknown_sequence(header: Dataset, tag: BaseTag) -> None:
    """A sequence that a relay wrote as UN is in implicit little endian (PS3.5 6.2.2); pydicom leaves large ones so."""
    element = header[tag]
    if element.VR == "UN" and dictionary_VR(tag) == "SQ":
        header[tag] = DataElement(tag, "SQ", convert_SQ(element.value, True, True))


def _is_of_its_kind(element: DataElement) -> bool:
    """Whether numbers stand where the standard has numbers, items where it has items; items are read to their end."""
    for item in element.value if element.VR == "SQ" else ():
        for _ in item:
            pass
    expected = _kind_of(dictionary_VR(element.tag))
    return _kind_of(element.VR) == expected or (expected == _NUMBER and _spells_number(element.value))


def _spells_number(value: object) -> bool:
    """Text will do for a number where it is one."""
    try:
        return isinstance(value, str) and np.isfinite(float(value))
    except ValueError:
        return False


def _kind_of(representation: str) -> int:
    """By the first of several, such as US or SS."""
    return next((number for number, kind in enumerate(_KINDS) if representation[:2] in kind), len(_KINDS))


def _declared_encoding(header: Dataset) -> str:
    with quiet_pydicom():
        return str(convert_encodings(header.get("SpecificCharacterSet"))[0])


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


def _pair(value: object) -> tuple[float, float] | None:
    """Two positive numbers."""
    try:
        row, column = (float(number) for number in value)  # type: ignore[attr-defined]
    except (TypeError, ValueError):
        return None
    return (row, column) if 0 < row < float("inf") and 0 < column < float("inf") else None


def _is_sane(aspect: float) -> bool:
    return 1 / _MOST_ASPECT <= aspect <= _MOST_ASPECT
