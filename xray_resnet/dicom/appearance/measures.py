"""A film in a few numbers, without a network: polarity, view, region, noise and greys."""

import cv2
import numpy as np
from numpy.typing import NDArray

from xray_resnet.dicom.appearance.check import looks_negative
from xray_resnet.dicom.appearance.frontal import judge
from xray_resnet.dicom.radiograph import WHITE
from xray_resnet.shift import UNKNOWN

_IMMERKAER = np.array([[1, -2, 1], [-2, 4, -2], [1, -2, 1]], np.float32)
_FRONTAL = {"AP": 1.0, "PA": 0.0}


def measure_film(pixels: NDArray[np.unsignedinteger], *, view: str) -> tuple[float, ...]:
    """What a batch of films is compared by.

    Args:
        pixels: (H, W) stored values without padding around, at least 3 by 3.
        view: View Position (0018,5101); empty if unknown.

    Returns:
        1 if it looks like a negative, else 0; likewise a lateral chest; likewise something else than a chest; 1 if the
        view is AP, 0 if PA, -1 if neither is named; noise, mean and standard deviation, in shares of the display range.
    """
    wide = np.asarray(pixels, np.uint16) * np.uint16(WHITE // np.iinfo(pixels.dtype).max)
    likeness = judge(wide)
    negative = looks_negative(wide, likeness)
    doubtful = likeness.is_doubtful and not negative
    share = np.multiply(wide, 1 / WHITE, dtype=np.float32)
    return (
        float(negative),
        float(doubtful and likeness.is_lateral),
        float(doubtful and not likeness.is_lateral),
        _FRONTAL.get(view.upper(), UNKNOWN),
        _measure_noise(share),
        float(share.mean()),
        float(share.std()),
    )


def _measure_noise(share: NDArray[np.float32]) -> float:
    """Standard deviation of white noise, by a filter that gives 0 on slopes (Immerkær, CVIU 64 (1996) 300)."""
    response = cv2.filter2D(share, -1, _IMMERKAER)[1:-1, 1:-1]
    return float(np.sqrt(np.pi / 2) / 6 * np.abs(response).mean())
