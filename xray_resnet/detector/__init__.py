"""Detector: quanta behind the pixels of a radiograph, and the display that shows them."""

from xray_resnet.detector.detector import FILM, QUANTA_AT_FULL_DOSE, Detector
from xray_resnet.detector.display_curve import DisplayCurve, FilmCurve, SigmoidCurve
from xray_resnet.detector.record import DETECTOR_FIELDS, from_record, to_record
from xray_resnet.detector.reference import REFERENCE_SIZE, Share, scale_length, scale_quanta, scale_sigma, sum_readout

__all__ = [
    "DETECTOR_FIELDS",
    "FILM",
    "QUANTA_AT_FULL_DOSE",
    "REFERENCE_SIZE",
    "Detector",
    "DisplayCurve",
    "FilmCurve",
    "Share",
    "SigmoidCurve",
    "from_record",
    "scale_length",
    "scale_quanta",
    "scale_sigma",
    "sum_readout",
    "to_record",
]
