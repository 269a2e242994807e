"""A radiograph beside its overlay, as a reader compares them: no padding, a key to the colours, a caption below."""

from collections.abc import Iterable, Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from xray_resnet.dicom.radiograph import to_8_bit
from xray_resnet.explain.lettering import draw_key, draw_text
from xray_resnet.explain.overlay import OPACITY, Content, draw_overlay

_GAP = 4


def draw_panels(
    pixels: NDArray[np.unsignedinteger],
    heat: NDArray[np.floating],
    *,
    caption: str,
    content: Content | None = None,
    boxes: Iterable[Sequence[float]] = (),
    opacity: float = OPACITY,
) -> NDArray[np.uint8]:
    """The film as it is, and beside it the film with the map over it.

    Args:
        pixels: (S, S) of an unsigned integer type, bright is dense.
        heat: (h, w), any scale; only what is positive is shown, relative to its maximum.
        caption: Written below, in as many lines as it needs.
        content: Where the film lies in its square, so that it is shown in its own shape; None: it fills the square.
        boxes: True boxes, each (x, y, width, height) in pixels.
        opacity: Of the map where it is strongest, 0 to 1.

    Returns:
        (height, 2 · width + 4, 3) RGB, and the lines below.
    """
    top, left, height, width = content or (0, 0, *pixels.shape)
    film = cv2.cvtColor(to_8_bit(pixels[top : top + height, left : left + width]), cv2.COLOR_GRAY2RGB)
    overlay = draw_overlay(pixels, heat, boxes=boxes, opacity=opacity, content=content)
    gap = np.zeros((height, _GAP, 3), np.uint8)
    beside = np.concatenate([film, gap, overlay], axis=1)
    whole = beside.shape[1]
    return np.concatenate([beside, draw_text(caption, width=whole), draw_key(width=whole, opacity=opacity)])
