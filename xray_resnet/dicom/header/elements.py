"""Drops elements that are unreadable or wrongly typed, of those that we use, as soon as a file is open."""

from typing import Any

from pydicom import Dataset
from pydicom.datadict import dictionary_VR
from pydicom.dataelem import DataElement, RawDataElement
from pydicom.tag import BaseTag, Tag
from pydicom.values import convert_SQ

from xray_resnet.dicom.header.facts import FACTS
from xray_resnet.dicom.header.numbers import has_decimal_comma, list_values, read_number

USED = (
    *FACTS,
    *("SpecificCharacterSet", "SOPInstanceUID", "PatientID", "IssuerOfPatientID", "Rows", "Columns"),
    *("NumberOfFrames", "SamplesPerPixel", "BitsAllocated"),
    *("HighBit", "PixelRepresentation", "PixelPaddingValue", "PixelPaddingRangeLimit", "ViewCodeSequence"),
    *("PatientOrientation", "PixelSpacing", "ImagerPixelSpacing", "PixelAspectRatio", "RescaleSlope"),
    *("RescaleIntercept", "ModalityLUTSequence", "VOILUTSequence", "WindowCenter", "WindowWidth"),
    *("VOILUTFunction", "PresentationLUTShape", "PixelIntensityRelationshipSign"),
    *("SeriesDescription", "StudyDescription", "ProtocolName"),
)
"""The elements that we use."""
_USED_TAGS = frozenset(Tag(keyword) for keyword in USED)
_KINDS = (
    frozenset({"SQ"}),
    frozenset({"DS", "FD", "FL", "IS", "SL", "SS", "SV", "UL", "US", "UV"}),
    frozenset({"OB", "OD", "OF", "OL", "OV", "OW", "UN"}),
)
"""Value representations that stand in for each other; all others are text."""
_NUMBER = 1
"""The place of numbers among them."""


def drop_invalid(header: Dataset) -> None:
    """Reads the elements that we use, as pydicom reads on access, and deletes the invalid ones."""
    for tag in _USED_TAGS.intersection(header.keys()):
        try:
            _keep_decimal_commas(header, tag)
            _parse_unknown_sequence(header, tag)
            if not _is_of_its_kind(header[tag]):
                del header[tag]
        except Exception:  # pydicom raises many kinds on malformed elements
            del header[tag]


def _keep_decimal_commas(header: Dataset, tag: BaseTag) -> None:
    """Decimal Strings with a comma stay as text, which `read_number` understands; pydicom raises on them."""
    raw: Any = header.get_item(tag)
    if dictionary_VR(tag) != "DS" or not isinstance(raw, RawDataElement) or raw.value is None or b"," not in raw.value:
        return
    values = raw.value.decode("ascii").strip(" \0").split("\\")
    if has_decimal_comma(values):
        header[tag] = DataElement(tag, "LO", values)


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
    """Text will do for numbers if it spells them; of several, one may be empty."""
    texts = [item for item in list_values(value) if item != ""]
    return bool(texts) and all(isinstance(item, str) and read_number(item) is not None for item in texts)


def _kind_of(representation: str) -> int:
    """By the first of several, such as US or SS."""
    return next((number for number, kind in enumerate(_KINDS) if representation[:2] in kind), len(_KINDS))
