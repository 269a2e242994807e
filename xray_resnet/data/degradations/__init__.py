"""Degradations: one physical effect a file, on display shares, with severities in physical units at 512²."""

from xray_resnet.data.degradations.corruptions import CORRUPTIONS, Corruption
from xray_resnet.detector.detector import FILM, Detector
from xray_resnet.detector.display_curve import DisplayCurve, FilmCurve, SigmoidCurve
from xray_resnet.detector.reference import REFERENCE_SIZE, Share

__all__ = [
    "CORRUPTIONS",
    "FILM",
    "REFERENCE_SIZE",
    "Corruption",
    "Detector",
    "DisplayCurve",
    "FilmCurve",
    "Share",
    "SigmoidCurve",
]
