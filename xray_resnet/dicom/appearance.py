"""Whether the pixels look like a frontal chest radiograph: what headers are silent or wrong about.

The picture is reduced to 8 × 8 and correlated with a mean frontal chest. Of 6,217 frontal films of NIH ChestX-ray14,
the RSNA challenge and Kermany's children the least likeness is 0.04, and one in a thousand is below 0.15; the negative
of a film has the negative of its likeness.
"""

import cv2
import numpy as np
from numpy.typing import NDArray

from xray_resnet.dicom.flags import Flag
from xray_resnet.dicom.header.gate import FRONTAL_VIEWS, Gate
from xray_resnet.dicom.radiograph import WHITE
from xray_resnet.dicom.reasons import Reason, RejectedImage

_LEFT_HALF = (
    *((-17, -8, -3, 6), (-6, 1, 0, 13), (-9, -5, -4, 13), (-17, -9, -2, 14)),
    *((-19, -10, 0, 16), (-20, -7, 7, 20), (-17, 2, 16, 23), (-16, 3, 14, 19)),
)
"""The mean of 100 phantoms (`render_images(100, size=128, seed=5)`) of zero mean and unit norm, symmetric, × 100."""
_FRONTAL = np.hstack([_LEFT_HALF, np.fliplr(_LEFT_HALF)]).astype(np.float64)
_UNLIKE = -0.05
_SURELY_INVERTED = -0.35
_SATURATED_SHARE = 0.9
_EXTREME = WHITE // 100
"""What counts as black or white: a hundredth of the display range at either end."""
_SAMPLED_SIDE = 128
"""Lines of the sample that the likeness is measured on: an eighth of a picture needs no more."""


def check_appearance(pixels: NDArray[np.uint16], *, view: str, gate: Gate) -> tuple[Flag, ...]:
    """What the pixels say against the header.

    Args:
        pixels: (H, W) display values 0 … 65535 of square spacing, without padding around.
        view: The view that header or table name; empty where they are silent.
        gate: What is accepted.

    Raises:
        RejectedImage: SATURATED, or LATERAL_VIEW where no frontal view is named and the pixels show none.
    """
    _check_saturated(pixels)
    likeness = measure_likeness(pixels)
    is_named = view.upper() in FRONTAL_VIEWS
    if likeness < (_UNLIKE if is_named else _SURELY_INVERTED):
        return (Flag.INVERTED,)
    if likeness < _UNLIKE and not is_named and not gate.accept_lateral:
        raise RejectedImage(
            Reason.LATERAL_VIEW, f"no frontal view is named, and the pixels are unlike a frontal chest ({likeness:.2f})"
        )
    return ()


def measure_likeness(pixels: NDArray[np.unsignedinteger]) -> float:
    """Correlation with a frontal chest, -1 to 1; 0 for a blank picture."""
    stride = max(1, min(pixels.shape) // _SAMPLED_SIDE)
    sample = np.ascontiguousarray(pixels[::stride, ::stride])
    small = cv2.resize(sample, (8, 8), interpolation=cv2.INTER_AREA).astype(np.float64)
    small -= small.mean()
    norm = np.linalg.norm(small) * np.linalg.norm(_FRONTAL - _FRONTAL.mean())
    return float((small * _FRONTAL).sum() / norm) if norm else 0.0


def _check_saturated(pixels: NDArray[np.uint16]) -> None:
    between = cv2.inRange(pixels, _EXTREME + 1, WHITE - _EXTREME - 1)
    share = 1 - cv2.countNonZero(between) / pixels.size
    if share > _SATURATED_SHARE:
        raise RejectedImage(
            Reason.SATURATED, f"{share:.0%} of the pixels are black or white, expected at most {_SATURATED_SHARE:.0%}"
        )
