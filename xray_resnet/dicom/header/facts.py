"""What leaves a header: allow-listed facts, the size of pixels, and two names that are hashed or handed back."""

import re
from typing import Any

from pydicom import Dataset
from pydicom.charset import convert_encodings
from pydicom.uid import UID_dictionary

from xray_resnet.dicom.header.numbers import read_number
from xray_resnet.dicom.header.scanners import MANUFACTURER, MODEL
from xray_resnet.dicom.quiet import quiet_pydicom

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
    "Manufacturer": MANUFACTURER,
    "ManufacturerModelName": MODEL,
    "SOPClassUID": "|".join(re.escape(uid) for uid, (_, kind, *_) in UID_dictionary.items() if kind == "SOP Class"),
}
"""The elements whose values leave a header as text, and what they may be: what else stands there may name somebody."""

_UID = re.compile(r"[0-9.]{1,64}")
_MOST_MM = 100.0
_MOST_ASPECT = 4.0
"""Detectors have square pixels, and scanners nearly so: beyond these the numbers are taken for mistakes."""


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
    """(row, column) spacing in mm (PS3.3 10.7.1.3), or None if missing or absurd.

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


def _declared_encoding(header: Dataset) -> str:
    with quiet_pydicom():
        return str(convert_encodings(header.get("SpecificCharacterSet"))[0])


def _pair(value: Any) -> tuple[float, float] | None:
    """Two positive numbers."""
    try:
        row, column = (read_number(number) or 0.0 for number in value)
    except (TypeError, ValueError):
        return None
    return (row, column) if row > 0 and column > 0 else None


def _is_sane(aspect: float) -> bool:
    return 1 / _MOST_ASPECT <= aspect <= _MOST_ASPECT
