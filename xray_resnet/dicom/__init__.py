"""DICOM and image files to anonymous radiographs and square stored images."""

from xray_resnet.dicom.codecs.decode import name_transfer_syntax
from xray_resnet.dicom.flags import FLAG_TEXTS, Flag
from xray_resnet.dicom.header.facts import keep_fact
from xray_resnet.dicom.header.gate import Gate
from xray_resnet.dicom.header.words import says_lateral
from xray_resnet.dicom.narration import Explanation, explain, explain_rejection
from xray_resnet.dicom.preparation import Prepared, prepare, reject_lost, try_to_prepare
from xray_resnet.dicom.radiograph import DisplayMapping, Radiograph
from xray_resnet.dicom.read import read_radiograph
from xray_resnet.dicom.reading import OtherPipelineError, Reading
from xray_resnet.dicom.reasons import REASON_TEXTS, Reason, RejectedImage
from xray_resnet.dicom.square.geometry import Placement

__all__ = [
    "FLAG_TEXTS",
    "REASON_TEXTS",
    "DisplayMapping",
    "Explanation",
    "Flag",
    "Gate",
    "OtherPipelineError",
    "Placement",
    "Prepared",
    "Radiograph",
    "Reading",
    "Reason",
    "RejectedImage",
    "explain",
    "explain_rejection",
    "keep_fact",
    "name_transfer_syntax",
    "prepare",
    "read_radiograph",
    "reject_lost",
    "says_lateral",
    "try_to_prepare",
]
