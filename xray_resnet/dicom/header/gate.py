"""The gate: which files are usable frontal chest radiographs by their header, before a pixel is decoded."""

from dataclasses import dataclass

from pydicom import Dataset
from pydicom.uid import (
    MultiFrameGrayscaleByteSecondaryCaptureImageStorage,
    MultiFrameGrayscaleWordSecondaryCaptureImageStorage,
    SecondaryCaptureImageStorage,
)

from xray_resnet.dicom.header.facts import read_words
from xray_resnet.dicom.header.frames import holds_one_frame
from xray_resnet.dicom.header.words import fold, says_chest, says_frontal, says_lateral, says_other_part
from xray_resnet.dicom.reasons import Reason, RejectedImage

FRONTAL_VIEWS = ("AP", "PA")
MOST_PIXELS = 1_000_000_000
"""No setting lets more pixels pass than this."""


@dataclass(frozen=True)
class Gate:
    """What is accepted.

    Attributes:
        modalities: Values of Modality (0008,0060); the empty one lets files without any pass.
        body_parts: Words in Body Part Examined (0018,0015) that mean the chest here, besides those that are known.
        accept_lateral: Whether lateral views pass.
        accept_secondary_capture: Whether Secondary Captures pass, the form many public archives are released in.
        max_pixels: Most pixels that a file may declare; checked before anything is allocated.
        min_side: Fewest rows and columns.

    Raises:
        ValueError: for an invalid value; settings may come from a file that nobody vouches for.
    """

    modalities: tuple[str, ...] = ("CR", "DX")
    body_parts: tuple[str, ...] = ()
    accept_lateral: bool = False
    accept_secondary_capture: bool = True
    max_pixels: int = 100_000_000
    min_side: int = 64

    def __post_init__(self) -> None:
        if type(self.max_pixels) is not int or not 1 <= self.max_pixels <= MOST_PIXELS:
            raise ValueError(f"max_pixels is {self.max_pixels!r:.80}, expected 1 to {MOST_PIXELS}")
        if type(self.min_side) is not int or self.min_side < 1:
            raise ValueError(f"min_side is {self.min_side!r:.80}, expected at least 1")
        for name in ("accept_lateral", "accept_secondary_capture"):
            if type(getattr(self, name)) is not bool:
                raise ValueError(f"{name} is {getattr(self, name)!r:.80}, expected true or false")
        if not self.modalities or not all(isinstance(name, str) for name in self.modalities):
            raise ValueError(f"modalities is {self.modalities!r:.80}, expected names such as CR")
        if not all(isinstance(name, str) and name.strip() for name in self.body_parts):
            raise ValueError(f"body_parts is {self.body_parts!r:.80}, expected words such as CXR")


DEFAULT_GATE = Gate()
SECONDARY_CAPTURES = (
    SecondaryCaptureImageStorage,
    MultiFrameGrayscaleByteSecondaryCaptureImageStorage,
    MultiFrameGrayscaleWordSecondaryCaptureImageStorage,
)
"""The SOP Classes of grey Secondary Captures (PS3.3 A.8)."""
_LATERAL_CODES = {"399067008", "399173006", "399198007", "R-102CD", "R-10236", "R-10232"}
"""Lateral, left lateral and right lateral in SNOMED CT and SNOMED RT (PS3.16 CID 4010)."""
_GREY = ("MONOCHROME1", "MONOCHROME2")
_COLOUR = (
    *("RGB", "PALETTE COLOR", "YBR_FULL", "YBR_FULL_422", "YBR_PARTIAL_422", "YBR_PARTIAL_420", "YBR_ICT", "YBR_RCT"),
    *("HSV", "ARGB", "CMYK", "XYB"),
)
"""Photometric Interpretations of colour, retired ones among them (PS3.3 C.7.6.3.1.2)."""
_DESCRIPTIONS = {
    "SeriesDescription": "Series Description (0008,103E)",
    "ProtocolName": "Protocol Name (0018,1030)",
    "StudyDescription": "Study Description (0008,1030)",
}
"""Free text that names part and view where the codes are silent, from the film to the study."""
_SHOWN = {
    *("AR", "BI", "BMD", "CR", "CT", "DX", "ECG", "ES", "GM", "IO", "IVUS", "KO", "MG", "MR", "NM", "OCT", "OP", "OT"),
    *("PR", "PT", "PX", "REG", "RF", "RG", "RTDOSE", "RTIMAGE", "RTPLAN", "RTSTRUCT", "SC", "SEG", "SM", "SR", "US"),
    *("XA", "XC"),
    *_GREY,
    *_COLOUR,
    *("ABDOMEN", "ANKLE", "ARM", "BRAIN", "BREAST", "CLAVICLE", "CSPINE"),
    *("ELBOW", "EXTREMITY", "FEMUR", "FINGER", "FOOT", "FOREARM", "HAND", "HEAD", "HIP", "HUMERUS", "JAW", "KNEE"),
    *("LEG", "LSPINE", "NECK", "PELVIS", "SHOULDER", "SKULL", "SPINE", "SSPINE", "STERNUM", "THUMB", "TOE", "TSPINE"),
    *("WRIST", "WHOLEBODY", "TIBIA", "TIBIA FIBULA", "LL", "RL", "LAT", "LATERAL"),
}
"""The header values that a verdict may quote; whatever else stands where a code belongs may name somebody."""


def check_header(header: Dataset, gate: Gate) -> None:
    """Rejects by the header alone.

    Args:
        header: As `read_header` gives it.
        gate: What is accepted.

    Raises:
        RejectedImage: with the first reason that holds.
    """
    _check_image(header)
    check_size(int(header.Rows), int(header.Columns), gate)
    _check_modality(header, gate)
    _check_origin(header, gate)
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


def _check_image(header: Dataset) -> None:
    if "PixelData" not in header:
        raise RejectedImage(Reason.NO_PIXELS, "Pixel Data (7FE0,0010) is missing")
    if not _positive(header, "Rows") or not _positive(header, "Columns"):
        raise RejectedImage(Reason.NO_PIXELS, "Rows (0028,0010) or Columns (0028,0011) is missing or 0")
    if _integer(header, "NumberOfFrames", default=1) > 1 and not holds_one_frame(header):
        raise RejectedImage(Reason.MULTI_FRAME, "Number of Frames (0028,0008) is above 1")
    _check_grey(header)


def _check_grey(header: Dataset) -> None:
    photometric = _code(header.get("PhotometricInterpretation"))
    samples = _integer(header, "SamplesPerPixel", default=1)
    if samples == 1 and photometric in _GREY:
        return
    is_colour = samples > 1 or photometric in _COLOUR
    found = f"Photometric Interpretation (0028,0004) is {_show(photometric)}, expected MONOCHROME1 or 2"
    if samples > 1 and photometric in _GREY:
        found = f"Samples per Pixel (0028,0002) is {samples}, expected 1"
    raise RejectedImage(Reason.COLOUR if is_colour else Reason.UNKNOWN_PHOTOMETRIC, found)


def _check_modality(header: Dataset, gate: Gate) -> None:
    modality = _code(header.get("Modality"))
    if modality not in gate.modalities:
        raise RejectedImage(
            Reason.WRONG_MODALITY,
            f"Modality (0008,0060) is {_show(modality)}, expected {' or '.join(filter(None, gate.modalities))}",
        )


def _check_origin(header: Dataset, gate: Gate) -> None:
    if header.get("SOPClassUID") in SECONDARY_CAPTURES and not gate.accept_secondary_capture:
        raise RejectedImage(Reason.SECONDARY_CAPTURE, "SOP Class UID (0008,0016) is a Secondary Capture's")


def _check_body_part(header: Dataset, gate: Gate) -> None:
    """Body Part Examined (0018,0015), which many archives leave out; then the descriptions, if they name a part."""
    body_part = read_words(header, "BodyPartExamined")
    if not body_part:
        return _check_described_part(header)
    if any(fold(word) in fold(body_part) for word in gate.body_parts) or says_chest(body_part):
        return None
    raise RejectedImage(
        Reason.WRONG_BODY_PART, f"Body Part Examined (0018,0015) is {_show(body_part)}, expected CHEST or the like"
    )


def _check_described_part(header: Dataset) -> None:
    for keyword, name in _DESCRIPTIONS.items():
        if says_other_part(read_words(header, keyword)):
            raise RejectedImage(Reason.WRONG_BODY_PART, f"{name} names another part of the body, and nothing the chest")


def _check_view(header: Dataset) -> None:
    """View Position (0018,5101), View Code Sequence (0054,0220), Patient Orientation (0020,0020), then descriptions.

    The rows of a frontal view run from side to side, those of a lateral view from front to back (PS3.3 C.7.6.1.1.1).
    """
    view = read_words(header, "ViewPosition")
    if says_lateral(view):
        raise RejectedImage(Reason.LATERAL_VIEW, f"View Position (0018,5101) is {_show(view)}")
    if any(_is_lateral(item) for item in header.get("ViewCodeSequence") or ()):
        raise RejectedImage(Reason.LATERAL_VIEW, "View Code Sequence (0054,0220) says lateral")
    orientation = header.get("PatientOrientation")
    if view.upper() not in FRONTAL_VIEWS and orientation and str(orientation[0])[:1] in ("A", "P"):
        raise RejectedImage(Reason.LATERAL_VIEW, "the rows run from front to back by Patient Orientation (0020,0020)")
    if not says_frontal(view):
        _check_described_view(header)


def _check_described_view(header: Dataset) -> None:
    """The first description that names a view decides; one that names both is of a study of several films."""
    for keyword, name in _DESCRIPTIONS.items():
        words = read_words(header, keyword)
        if says_frontal(words):
            return
        if says_lateral(words):
            raise RejectedImage(Reason.LATERAL_VIEW, f"{name} says lateral, and no view is named")


def _is_lateral(view_code: Dataset) -> bool:
    """Whether an item of View Code Sequence is a lateral view's, by its code or in words."""
    if str(view_code.get("CodeValue") or "") in _LATERAL_CODES:
        return True
    return says_lateral(read_words(view_code, "CodeMeaning"))


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
    except (TypeError, ValueError, OverflowError):
        return default


def _positive(header: Dataset, keyword: str) -> bool:
    return _integer(header, keyword, default=0) > 0
