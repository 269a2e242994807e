"""Reading a DICOM header: leniently, quietly, and keeping only allow-listed facts."""

import re
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pydicom
from pydicom import Dataset
from pydicom.errors import InvalidDicomError

from xray_resnet.dicom.gate import Reason, RejectedImage

FACTS = (
    "Modality",
    "BodyPartExamined",
    "ViewPosition",
    "PatientSex",
    "PatientAge",
    "PhotometricInterpretation",
    "BitsStored",
    "PresentationIntentType",
    "PixelIntensityRelationship",
    "BurnedInAnnotation",
)
"""The only elements that leave a header; all are codes or numbers (PS3.5 6.2: CS, AS, US)."""

_FACT = re.compile(r"[A-Z0-9 _]{1,16}")
_MAX_SPACING_RATIO = 4.0


@contextmanager
def quiet_pydicom() -> Iterator[None]:
    """Keeps pydicom's warnings off the console: they quote header values, and the gate gives its own verdict."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


def read_header(path: Path) -> Dataset:
    """The data set of a DICOM file, also where preamble or file meta are missing.

    Raises:
        RejectedImage: NOT_DICOM, TRUNCATED or UNREADABLE.
    """
    with quiet_pydicom():
        try:
            header = pydicom.dcmread(path, force=True)
            is_dicom = "SOPClassUID" in header or "PixelData" in header or bool(getattr(header, "file_meta", None))
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
    return header


def read_facts(header: Dataset) -> dict[str, str]:
    """The allow-listed facts by keyword; what does not look like a code is left out."""
    values = {keyword: str(header.get(keyword) or "").strip() for keyword in FACTS}
    return {keyword: value for keyword, value in values.items() if _FACT.fullmatch(value)}


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


def _pair(value: object) -> tuple[float, float] | None:
    try:
        row, column = (float(number) for number in value)  # type: ignore[attr-defined]
    except (TypeError, ValueError):
        return None
    sane = 0 < row < 100 and 0 < column < 100 and 1 / _MAX_SPACING_RATIO <= row / column <= _MAX_SPACING_RATIO
    return (row, column) if sane else None
