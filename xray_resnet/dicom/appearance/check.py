"""The check: what the pixels say against the header, as flags or as a rejection."""

import cv2
import numpy as np
from numpy.typing import NDArray

from xray_resnet.dicom.appearance.frontal import Likeness, judge
from xray_resnet.dicom.appearance.polarity import measure_polarity
from xray_resnet.dicom.flags import Flag
from xray_resnet.dicom.header.gate import FRONTAL_VIEWS, Gate
from xray_resnet.dicom.radiograph import WHITE
from xray_resnet.dicom.reasons import Reason, RejectedImage

_NEGATIVE = -0.05
"""Correlation below which a picture may be a negative; the least of 6,217 frontal films is 0.04."""
_SATURATED_SHARE = 0.9
_EXTREME = WHITE // 100
"""What counts as black or white: a hundredth of the display range at either end."""


def check_appearance(pixels: NDArray[np.uint16], *, view: str, gate: Gate) -> tuple[Flag, ...]:
    """What the pixels say against the header.

    Args:
        pixels: (H, W) display values 0 … 65535 of square spacing, without padding around.
        view: The view that header or table name; empty where they are silent.
        gate: What is accepted.

    Raises:
        RejectedImage: SATURATED; or LATERAL_VIEW or NOT_A_CHEST if no frontal view is named and the pixels show none.
    """
    _check_saturated(pixels)
    likeness = judge(pixels)
    if looks_negative(pixels, likeness):
        return (Flag.INVERTED,)
    if not likeness.is_doubtful or (gate.accept_lateral and likeness.is_lateral):
        return ()
    if likeness.is_other and not gate.accept_lateral and view.upper() not in FRONTAL_VIEWS:
        raise _reject(likeness)
    return (Flag.UNLIKE_CHEST,)


def looks_negative(pixels: NDArray[np.uint16], likeness: Likeness) -> bool:
    """Whether a picture (H, W) of this likeness is dark where a frontal chest is bright, and its negative is one."""
    return measure_polarity(pixels) < _NEGATIVE and _is_more_frontal(WHITE - pixels, likeness)


def _is_more_frontal(negative: NDArray[np.uint16], positive: Likeness) -> bool:
    likeness = judge(negative)
    return not likeness.is_other and likeness.oddness < positive.oddness


def _reject(likeness: Likeness) -> RejectedImage:
    reason = Reason.LATERAL_VIEW if likeness.is_lateral else Reason.NOT_A_CHEST
    detail = f"no frontal view is named, and the pixels are unlike a frontal chest (log odds {likeness.oddness:.1f})"
    return RejectedImage(reason, detail)


def _check_saturated(pixels: NDArray[np.uint16]) -> None:
    between = cv2.inRange(pixels, _EXTREME + 1, WHITE - _EXTREME - 1)
    share = 1 - cv2.countNonZero(between) / pixels.size
    if share > _SATURATED_SHARE:
        raise RejectedImage(
            Reason.SATURATED, f"{share:.0%} of the pixels are black or white, expected at most {_SATURATED_SHARE:.0%}"
        )
