"""DICOM writer: a rendering as Digital X-Ray Image Storage - For Presentation (PS3.3 A.26), named synthetic."""

import hashlib
from dataclasses import dataclass
from io import BytesIO

import numpy as np
from numpy.typing import NDArray
from pydicom.dataset import Dataset, FileDataset, FileMetaDataset
from pydicom.encaps import encapsulate
from pydicom.filewriter import dcmwrite
from pydicom.sequence import Sequence
from pydicom.uid import (
    UID,
    DigitalXRayImageStorageForPresentation,
    ExplicitVRLittleEndian,
    ImplicitVRLittleEndian,
    JPEG2000Lossless,
    JPEGLSLossless,
    RLELossless,
)

from data_prep.phantom.codecs import FRAME_ENCODERS
from data_prep.phantom.render import Rendering

TRANSFER_SYNTAXES: tuple[UID, ...] = (
    ExplicitVRLittleEndian,
    ImplicitVRLittleEndian,
    RLELossless,
    JPEGLSLossless,
    JPEG2000Lossless,
)
PHOTOMETRIC_INTERPRETATIONS = ("MONOCHROME1", "MONOCHROME2")
IMPLEMENTATION_UID = UID("2.25.190483024087139461072285310462843516817")

_VIEW_CODES = {"PA": ("272479007", "postero-anterior"), "AP": ("399348003", "antero-posterior")}
_STUDY_DATE, _STUDY_TIME = "20000101", "120000"
_WARNING = "Synthetic: a computed phantom, no patient, no diagnostic use"


@dataclass(frozen=True)
class Encoding:
    """How an image is stored.

    Attributes:
        transfer_syntax: One of TRANSFER_SYNTAXES.
        photometric: MONOCHROME1 or MONOCHROME2.
    """

    transfer_syntax: UID
    photometric: str


def draw_encoding(rng: np.random.Generator) -> Encoding:
    """Draws an encoding without regard to what the image shows."""
    syntax = TRANSFER_SYNTAXES[int(rng.integers(len(TRANSFER_SYNTAXES)))]
    return Encoding(syntax, PHOTOMETRIC_INTERPRETATIONS[int(rng.random() < 0.7)])


def encode_dicom(rendering: Rendering, *, key: str, encoding: Encoding) -> bytes:
    """A rendering as the bytes of a DICOM file.

    Args:
        rendering: The image and its truth.
        key: Names the image among all phantoms; its instance UIDs are derived from it.
        encoding: Transfer syntax and polarity.
    """
    data = _file(key, encoding)
    data.update(_patient(rendering))
    data.update(_study(rendering, key))
    data.update(_equipment())
    data.update(_acquisition(rendering))
    data.update(_anatomy(rendering))
    data.update(_image(rendering, encoding))
    buffer = BytesIO()
    dcmwrite(buffer, data, enforce_file_format=True)
    return buffer.getvalue()


def _uid(*parts: str) -> UID:
    """A UID under 2.25 from the SHA-256 of its parts (PS3.5 B.2), the same whenever the parts are the same."""
    digest = hashlib.sha256("/".join(("xray_resnet phantom", *parts)).encode()).digest()
    return UID(f"2.25.{int.from_bytes(digest[:15], 'big')}")


def _file(key: str, encoding: Encoding) -> FileDataset:
    """An empty data set with its file meta information."""
    meta = FileMetaDataset()
    meta.MediaStorageSOPClassUID = DigitalXRayImageStorageForPresentation
    meta.MediaStorageSOPInstanceUID = _uid(key, "instance")
    meta.TransferSyntaxUID = encoding.transfer_syntax
    meta.ImplementationClassUID = IMPLEMENTATION_UID
    meta.ImplementationVersionName = "XRAY_RESNET"
    data = FileDataset("", {}, file_meta=meta, preamble=bytes(128))
    data.SOPClassUID, data.SOPInstanceUID = meta.MediaStorageSOPClassUID, meta.MediaStorageSOPInstanceUID
    return data


def _patient(rendering: Rendering) -> Dataset:
    """Patient module (PS3.3 C.7.1.1)."""
    patient, data = rendering.patient, Dataset()
    data.PatientName = f"Synthetic^Phantom {patient.number}"
    data.PatientID = patient.name
    data.PatientBirthDate = ""
    data.PatientSex = patient.sex
    data.PatientAge = f"{patient.age:03d}Y"
    data.PatientComments = _WARNING
    return data


def _study(rendering: Rendering, key: str) -> Dataset:
    """General study and series, DX series (PS3.3 C.7.2.1, C.7.3.1, C.8.11.1)."""
    data = Dataset()
    data.StudyInstanceUID, data.SeriesInstanceUID = _uid(key, "study"), _uid(key, "series")
    data.StudyDate = data.SeriesDate = data.AcquisitionDate = data.ContentDate = _STUDY_DATE
    data.StudyTime = data.SeriesTime = data.AcquisitionTime = data.ContentTime = _STUDY_TIME
    data.StudyID, data.SeriesNumber, data.InstanceNumber, data.AccessionNumber = "1", 1, 1, ""
    data.ReferringPhysicianName = ""
    data.StudyDescription = "Synthetic chest radiograph"
    data.SeriesDescription = f"Synthetic chest {rendering.pose.view}"
    data.Modality, data.PresentationIntentType = "DX", "FOR PRESENTATION"
    return data


def _equipment() -> Dataset:
    """General equipment (PS3.3 C.7.5.1)."""
    data = Dataset()
    data.Manufacturer = "xray_resnet (synthetic phantom)"
    data.ManufacturerModelName = "Computed phantom"
    data.InstitutionName = "Synthetic"
    return data


def _acquisition(rendering: Rendering) -> Dataset:
    """DX detector, positioning and acquisition context (PS3.3 C.8.11.4, C.8.11.5, C.7.6.14)."""
    spacing = _decimal(rendering.pose.field_mm / rendering.stored.shape[0])
    data = Dataset()
    data.DetectorType, data.DetectorDescription = "SCINTILLATOR", "Computed, 60 keV monoenergetic"
    data.ImagerPixelSpacing = [spacing, spacing]
    data.PixelSpacing = [spacing, spacing]
    data.PixelSpacingCalibrationType = "GEOMETRY"
    data.PixelSpacingCalibrationDescription = "At the detector, not corrected for magnification"
    data.PositionerType = "NONE"
    data.ViewPosition = rendering.pose.view
    data.AcquisitionContextSequence = Sequence()
    return data


def _anatomy(rendering: Rendering) -> Dataset:
    """DX anatomy imaged and view (PS3.3 C.8.11.2, C.8.11.5)."""
    data = Dataset()
    data.BodyPartExamined, data.ImageLaterality = "CHEST", "U"
    data.AnatomicRegionSequence = Sequence([_code("51185008", "Chest")])
    view = _code(*_VIEW_CODES[rendering.pose.view])
    view.ViewModifierCodeSequence = Sequence()
    data.ViewCodeSequence = Sequence([view])
    data.PatientOrientation = ["L", "F"]
    return data


def _code(value: str, meaning: str) -> Dataset:
    """A SNOMED CT code (PS3.16)."""
    data = Dataset()
    data.CodeValue, data.CodingSchemeDesignator, data.CodeMeaning = value, "SCT", meaning
    return data


def _image(rendering: Rendering, encoding: Encoding) -> Dataset:
    """DX image and image pixel (PS3.3 C.8.11.3, C.7.6.3), with its window (C.11.2)."""
    inverse = encoding.photometric == "MONOCHROME1"
    top = 2**rendering.bits - 1
    stored = np.asarray(top - rendering.stored if inverse else rendering.stored, "<u2")
    center, width = rendering.window
    data = Dataset()
    data.ImageType = ["DERIVED", "PRIMARY", ""]
    data.DerivationDescription = "Computed projection of a mathematical phantom"
    data.ImageComments = _WARNING
    data.SamplesPerPixel, data.PhotometricInterpretation = 1, encoding.photometric
    data.Rows, data.Columns = stored.shape
    data.BitsAllocated, data.BitsStored, data.HighBit, data.PixelRepresentation = (
        16,
        rendering.bits,
        rendering.bits - 1,
        0,
    )
    data.PixelIntensityRelationship, data.PixelIntensityRelationshipSign = "LOG", 1 if inverse else -1
    data.RescaleIntercept, data.RescaleSlope, data.RescaleType = "0", "1", "US"
    data.PresentationLUTShape = "INVERSE" if inverse else "IDENTITY"
    data.LossyImageCompression, data.BurnedInAnnotation = "00", "NO"
    data.WindowCenter = _decimal(top + 1 - center if inverse else center)
    data.WindowWidth = _decimal(width)
    data.VOILUTFunction = "LINEAR"
    data.update(_pixel_data(stored, rendering.bits, encoding.transfer_syntax))
    return data


def _pixel_data(stored: NDArray[np.uint16], bits: int, transfer_syntax: UID) -> Dataset:
    """Pixel Data, native (OW) or one encapsulated frame (OB) (PS3.5 8.2, A.4)."""
    data, encode = Dataset(), FRAME_ENCODERS.get(transfer_syntax)
    if encode is None:
        data.add_new("PixelData", "OW", stored.tobytes())
    else:
        data.add_new("PixelData", "OB", encapsulate([encode(stored, bits)]))
        data["PixelData"].is_undefined_length = True
    return data


def _decimal(value: float) -> str:
    """A decimal string (VR DS) of at most 16 characters."""
    return f"{value:.6g}"
