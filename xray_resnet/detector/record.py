"""A detector as a dataset keeps it: plain numbers by name."""

from collections.abc import Mapping

from xray_resnet.detector.detector import Detector
from xray_resnet.detector.display_curve import SigmoidCurve

DETECTOR_FIELDS = ("middle", "latitude", "black", "white", "detail", "detail_sigma", "readout_sigma")
"""Names of the numbers: those of `SigmoidCurve`, its window in two, and of `Detector`."""


def to_record(detector: Detector) -> dict[str, float]:
    """The numbers of a detector.

    Raises:
        TypeError: if its curve is not a sigmoid: other curves are assumptions, which are not kept.
    """
    curve = detector.curve
    if not isinstance(curve, SigmoidCurve):
        raise TypeError(f"a {type(curve).__name__} cannot be recorded, expected a SigmoidCurve")
    values = (curve.middle, curve.latitude, *curve.window, curve.detail, curve.detail_sigma, detector.readout_sigma)
    return dict(zip(DETECTOR_FIELDS, values, strict=True))


def from_record(record: Mapping[str, float]) -> Detector:
    """The detector that `to_record` gave."""
    curve = SigmoidCurve(
        middle=record["middle"],
        latitude=record["latitude"],
        window=(record["black"], record["white"]),
        detail=record["detail"],
        detail_sigma=record["detail_sigma"],
    )
    return Detector(curve, record["readout_sigma"])
