"""The gate: which files are usable frontal chest radiographs, and why the others are not."""

import re
from dataclasses import dataclass
from enum import StrEnum

from pydicom import Dataset


class Reason(StrEnum):
    """Why a file was rejected; the list is closed."""

    NOT_DICOM = "not_dicom"
    UNREADABLE = "unreadable"
    TRUNCATED = "truncated"
    NO_PIXELS = "no_pixels"
    UNSUPPORTED_TRANSFER_SYNTAX = "unsupported_transfer_syntax"
    DECODE_FAILED = "decode_failed"
    WRONG_MODALITY = "wrong_modality"
    WRONG_BODY_PART = "wrong_body_part"
    LATERAL_VIEW = "lateral_view"
    COLOUR = "colour"
    MULTI_FRAME = "multi_frame"
    TOO_SMALL = "too_small"
    TOO_LARGE = "too_large"
    BLANK = "blank"
    SATURATED = "saturated"
    DUPLICATE = "duplicate"


REASON_TEXTS: dict[Reason, tuple[str, str]] = {
    Reason.NOT_DICOM: ("The file is no DICOM, PNG or JPEG file.", "Remove it from the folder."),
    Reason.UNREADABLE: ("The file could not be read or parsed.", "Check its permissions; export it again."),
    Reason.TRUNCATED: ("The file ends before its pixels do.", "Copy or export it again."),
    Reason.NO_PIXELS: ("The DICOM object holds no image.", "Leave reports, plans and directories out."),
    Reason.UNSUPPORTED_TRANSFER_SYNTAX: ("No decoder knows its compression.", "Export it uncompressed."),
    Reason.DECODE_FAILED: ("Its compressed pixels are damaged.", "Export it again."),
    Reason.WRONG_MODALITY: (
        "It is no radiograph by its Modality.",
        "Name the modality in prep.modalities if it is one.",
    ),
    Reason.WRONG_BODY_PART: ("It shows another part of the body.", "Leave it out, or correct Body Part Examined."),
    Reason.LATERAL_VIEW: ("It is a lateral view.", "Set prep.accept_lateral to keep lateral views."),
    Reason.COLOUR: ("It is a colour image.", "Export the radiograph itself, not a screenshot."),
    Reason.MULTI_FRAME: ("It has more than one frame.", "Export single images."),
    Reason.TOO_SMALL: ("It has too few pixels to show a chest.", "Export the full-size image, not a preview."),
    Reason.TOO_LARGE: ("It declares more pixels than prep.max_pixels.", "Raise prep.max_pixels if it is real."),
    Reason.BLANK: ("All its pixels have one value.", "Leave test exposures out."),
    Reason.SATURATED: ("Nearly all its pixels are black or white.", "Export it again; look at window and exposure."),
    Reason.DUPLICATE: ("Another file has the same pixels.", "Keep one of them."),
}
"""For each reason, what it means and what to do."""


class RejectedImage(Exception):  # noqa: N818  a verdict on a file, not a fault of the program
    """A file that is no usable radiograph.

    Attributes:
        reason: From the closed list.
        detail: What was found and what was expected; never an identifier.
    """

    def __init__(self, reason: Reason, detail: str) -> None:
        super().__init__(f"{reason}: {detail}")
        self.reason = reason
        self.detail = detail

    def __reduce__(self) -> tuple[type["RejectedImage"], tuple[Reason, str]]:
        return RejectedImage, (self.reason, self.detail)


MOST_PIXELS = 1_000_000_000
"""No setting lets more pixels pass than this."""


@dataclass(frozen=True)
class Gate:
    """What is accepted.

    Attributes:
        modalities: Values of Modality (0008,0060).
        body_parts: Words in Body Part Examined (0018,0015) that mean the chest here, besides those that are known.
        accept_lateral: Whether lateral views pass.
        max_pixels: Most pixels that a file may declare; checked before anything is allocated.
        min_side: Fewest rows and columns.

    Raises:
        ValueError: for a value that cannot be; settings may come from a file that nobody vouches for.
    """

    modalities: tuple[str, ...] = ("CR", "DX")
    body_parts: tuple[str, ...] = ()
    accept_lateral: bool = False
    max_pixels: int = 100_000_000
    min_side: int = 64

    def __post_init__(self) -> None:
        if type(self.max_pixels) is not int or not 1 <= self.max_pixels <= MOST_PIXELS:
            raise ValueError(f"max_pixels is {self.max_pixels!r:.80}, expected 1 to {MOST_PIXELS}")
        if type(self.min_side) is not int or self.min_side < 1:
            raise ValueError(f"min_side is {self.min_side!r:.80}, expected at least 1")
        if type(self.accept_lateral) is not bool:
            raise ValueError(f"accept_lateral is {self.accept_lateral!r:.80}, expected true or false")
        if not self.modalities or not all(isinstance(name, str) and name for name in self.modalities):
            raise ValueError(f"modalities is {self.modalities!r:.80}, expected names such as CR")
        if not all(isinstance(name, str) and name.strip() for name in self.body_parts):
            raise ValueError(f"body_parts is {self.body_parts!r:.80}, expected words such as CXR")


# Chest in the words of real headers: PS3.16 CID 4030 has CHEST; archives write the rest, also in other languages.
_CHEST = re.compile(
    r"CHEST|THORA|TORAX|TÓRAX|TORACE|(?<![A-Z])RIB|LUNG|PULM|HEART|POITRINE|POUMON|BRUST|PECHO|PEITO|POLMON"
    r"|HRUDNIK|KLATKA|MELLKAS|BORSTKAS|GRUDN",
    re.IGNORECASE,
)
_SPINE = re.compile(r"SPINE|VERTEB|COLUM|COLONN|RACHIS|WIRBEL|LUMB", re.IGNORECASE)
"""The thoracic spine is named by its thorax."""
_LATERAL = re.compile(r"(?<![A-Z])(LL|RL|[LR]?LAT|LATERAL|SAGITTAL)(?![A-Z])", re.IGNORECASE)
_LATERAL_CODES = {"399067008", "399173006", "399198007", "R-102CD", "R-10236", "R-10232"}
"""Lateral, left lateral and right lateral in SNOMED CT and SNOMED RT (PS3.16 CID 4010)."""
_OBLIQUE_OR_DECUBITUS = re.compile(r"OBL|DECUB", re.IGNORECASE)
_SHOWN = {
    *("AR", "BI", "BMD", "CR", "CT", "DX", "ECG", "ES", "GM", "IO", "IVUS", "KO", "MG", "MR", "NM", "OCT", "OP", "OT"),
    *("PR", "PT", "PX", "REG", "RF", "RG", "RTDOSE", "RTIMAGE", "RTPLAN", "RTSTRUCT", "SC", "SEG", "SM", "SR", "US"),
    *("XA", "XC", "MONOCHROME1", "MONOCHROME2", "RGB", "PALETTE COLOR", "YBR_FULL", "YBR_FULL_422", "YBR_ICT"),
    *("YBR_RCT", "YBR_PARTIAL_420", "HSV", "CMYK", "ABDOMEN", "ANKLE", "ARM", "BRAIN", "BREAST", "CLAVICLE", "CSPINE"),
    *("ELBOW", "EXTREMITY", "FEMUR", "FINGER", "FOOT", "FOREARM", "HAND", "HEAD", "HIP", "HUMERUS", "JAW", "KNEE"),
    *("LEG", "LSPINE", "NECK", "PELVIS", "SHOULDER", "SKULL", "SPINE", "SSPINE", "STERNUM", "THUMB", "TOE", "TSPINE"),
    *("WRIST", "WHOLEBODY", "TIBIA", "TIBIA FIBULA", "LL", "RL", "LAT", "LATERAL"),
}
"""The header values that a verdict may quote; whatever else stands where a code belongs may name somebody."""


def check_header(header: Dataset, gate: Gate) -> None:
    """Rejects by the header alone, before a pixel is decoded.

    Raises:
        RejectedImage: with the first reason that holds.
    """
    _check_image(header)
    check_size(int(header.Rows), int(header.Columns), gate)
    _check_modality(header, gate)
    _check_body_part(header, gate)
    if not gate.accept_lateral:
        _check_view(header)


def check_size(rows: int, columns: int, gate: Gate) -> None:
    """Rejects images that are too large to allocate or too small to show a chest.

    Raises:
        RejectedImage: TOO_LARGE or TOO_SMALL.
    """
    if rows * columns > gate.max_pixels:
        raise RejectedImage(Reason.TOO_LARGE, f"{rows} × {columns} pixels, expected at most {gate.max_pixels}")
    if min(rows, columns) < gate.min_side:
        raise RejectedImage(Reason.TOO_SMALL, f"{rows} × {columns} pixels, expected at least {gate.min_side} a side")


def says_lateral(words: str) -> bool:
    """A decubitus is named by the side that lies down, and shows the chest from the front."""
    return bool(_LATERAL.search(words)) and not _OBLIQUE_OR_DECUBITUS.search(words)


def _check_image(header: Dataset) -> None:
    if "PixelData" not in header:
        raise RejectedImage(Reason.NO_PIXELS, "Pixel Data (7FE0,0010) is missing")
    if not _positive(header, "Rows") or not _positive(header, "Columns"):
        raise RejectedImage(Reason.NO_PIXELS, "Rows (0028,0010) or Columns (0028,0011) is missing or 0")
    if _integer(header, "NumberOfFrames", default=1) > 1:
        raise RejectedImage(Reason.MULTI_FRAME, "Number of Frames (0028,0008) is above 1")
    photometric = _code(header.get("PhotometricInterpretation"))
    if _integer(header, "SamplesPerPixel", default=1) != 1 or photometric not in ("MONOCHROME1", "MONOCHROME2"):
        raise RejectedImage(
            Reason.COLOUR,
            f"Photometric Interpretation (0028,0004) is {_show(photometric)}, expected MONOCHROME1 or 2",
        )


def _check_modality(header: Dataset, gate: Gate) -> None:
    modality = _code(header.get("Modality"))
    if modality not in gate.modalities:
        raise RejectedImage(
            Reason.WRONG_MODALITY,
            f"Modality (0008,0060) is {_show(modality)}, expected {' or '.join(gate.modalities)}",
        )


def _check_body_part(header: Dataset, gate: Gate) -> None:
    """Empty passes: many archives leave Body Part Examined (0018,0015) out."""
    body_part = str(header.get("BodyPartExamined") or "").strip()
    if any(word.upper() in body_part.upper() for word in gate.body_parts):
        return
    if body_part and (_SPINE.search(body_part) or not _CHEST.search(body_part)):
        raise RejectedImage(
            Reason.WRONG_BODY_PART, f"Body Part Examined (0018,0015) is {_show(body_part)}, expected CHEST or the like"
        )


def _check_view(header: Dataset) -> None:
    """View Position (0018,5101), View Code Sequence (0054,0220), then Patient Orientation (0020,0020).

    The rows of a frontal view run from side to side, those of a lateral view from front to back.
    """
    view = _code(header.get("ViewPosition")).upper()
    if says_lateral(view):
        raise RejectedImage(Reason.LATERAL_VIEW, f"View Position (0018,5101) is {_show(view)}")
    if any(_is_lateral(item) for item in header.get("ViewCodeSequence") or ()):
        raise RejectedImage(Reason.LATERAL_VIEW, "View Code Sequence (0054,0220) says lateral")
    orientation = header.get("PatientOrientation")
    if not view and orientation and str(orientation[0])[:1] in ("A", "P"):
        raise RejectedImage(Reason.LATERAL_VIEW, "the rows run from front to back by Patient Orientation (0020,0020)")


def _is_lateral(view_code: Dataset) -> bool:
    if str(view_code.get("CodeValue") or "") in _LATERAL_CODES:
        return True
    return says_lateral(str(view_code.get("CodeMeaning") or ""))


def _code(value: object) -> str:
    return str(value or "").strip()


def _show(value: str) -> str:
    if not value:
        return "missing"
    return value if value.upper() in _SHOWN else "another value"


def _integer(header: Dataset, keyword: str, *, default: int) -> int:
    value = header.get(keyword)
    try:
        return default if value in (None, "") else int(value)
    except (TypeError, ValueError):
        return default


def _positive(header: Dataset, keyword: str) -> bool:
    return _integer(header, keyword, default=0) > 0
