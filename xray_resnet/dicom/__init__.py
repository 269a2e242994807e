"""DICOM and image files to anonymous radiographs and square stored images."""

from xray_resnet.dicom.appearance import FLAG_TEXTS, Flag
from xray_resnet.dicom.decode import name_transfer_syntax
from xray_resnet.dicom.explanation import Explanation, explain, explain_rejection
from xray_resnet.dicom.gate import REASON_TEXTS, Gate, Reason, RejectedImage, says_lateral
from xray_resnet.dicom.geometry import Placement
from xray_resnet.dicom.preparation import Prepared, Reading, prepare
from xray_resnet.dicom.radiograph import DisplayMapping, Radiograph
from xray_resnet.dicom.read import read_radiograph

__all__ = [
    "FLAG_TEXTS",
    "REASON_TEXTS",
    "DisplayMapping",
    "Explanation",
    "Flag",
    "Gate",
    "Placement",
    "Prepared",
    "Radiograph",
    "Reading",
    "Reason",
    "RejectedImage",
    "explain",
    "explain_rejection",
    "name_transfer_syntax",
    "prepare",
    "read_radiograph",
    "says_lateral",
]
