"""Overlays: a map of a finding in colour over its radiograph, true boxes outlined, a caption below. Needs no torch."""

from collections.abc import Iterable, Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from xray_resnet.dicom.radiograph import to_8_bit

CAPTION_HEIGHT = 22
OPACITY = 0.55
"""Of a map where it is strongest."""
_BOX_COLOUR = (120, 255, 160)
_COLOURS = cv2.applyColorMap(np.arange(256, dtype=np.uint8), cv2.COLORMAP_INFERNO)[:, 0, ::-1].T.copy()
"""(3, 256): red, green and blue of each level of a map."""


def draw_overlay(
    pixels: NDArray[np.unsignedinteger],
    heat: NDArray[np.floating],
    *,
    boxes: Iterable[Sequence[float]] = (),
    caption: str = "",
) -> NDArray[np.uint8]:
    """The radiograph with the map over it.

    Args:
        pixels: (H, W) of an unsigned integer type, bright is dense.
        heat: (h, w), any scale; only what is positive is shown, relative to its maximum.
        boxes: True boxes, each (x, y, width, height) in pixels.
        caption: Written in a strip below; empty: no strip.

    Returns:
        (H, W, 3) RGB, or (H + `CAPTION_HEIGHT`, W, 3) with a caption.
    """
    grey = to_8_bit(pixels)
    share = normalise_map(heat, size=(grey.shape[0], grey.shape[1]))
    picture = _blend(grey, share)
    for x, y, width, height in boxes:
        corners = (round(x), round(y)), (round(x + width), round(y + height))
        cv2.rectangle(picture, *corners, _BOX_COLOUR, thickness=max(1, grey.shape[0] // 256))
    return np.concatenate([picture, _draw_caption(caption, picture.shape[1])]) if caption else picture


def draw_heat(heat: NDArray[np.floating], *, side: int) -> NDArray[np.uint8]:
    """The map alone, to be laid over its radiograph: at `OPACITY` the two are what `draw_overlay` gives.

    Args:
        heat: (h, w), any scale; only what is positive is shown, relative to its maximum.
        side: Rows and columns of the picture; a map is smooth, so they need not be the radiograph's.

    Returns:
        (side, side, 4) RGBA, the less transparent the more speaks for the finding.
    """
    level = (255 * normalise_map(heat, size=(side, side))).astype(np.uint8)
    return np.asarray(cv2.merge([*(cv2.LUT(level, colour) for colour in _COLOURS), level]), np.uint8)


def normalise_map(heat: NDArray[np.floating], *, size: tuple[int, int]) -> NDArray[np.float32]:
    """The positive part of a map (h, w), smoothly enlarged to `size` and scaled so that its maximum is 1.

    Cells stand where they look (`MapGrid`): the first on the edge, not half a cell away from it; so the size of the
    network's input has to be a multiple of the cells. A map without anything positive is 0 everywhere.
    """
    rows, columns = (_interpolate(*sides) for sides in zip(heat.shape, size, strict=True))
    enlarged = rows @ np.maximum(heat, 0) @ columns.T
    return np.asarray(enlarged / max(float(enlarged.max()), np.finfo(np.float32).tiny), np.float32)


def _interpolate(cells: int, pixels: int) -> NDArray[np.float64]:
    """Of an axis, (pixels, cells): how much of each cell a pixel has, with cell j on the pixel j · pixels / cells."""
    place = np.minimum(np.arange(pixels) * cells / pixels, cells - 1)
    return np.asarray(np.maximum(1 - np.abs(place[:, None] - np.arange(cells)), 0), np.float64)


def _blend(grey: NDArray[np.uint8], share: NDArray[np.float32]) -> NDArray[np.uint8]:
    """Plane by plane, which takes half the time of all three at once."""
    opacity, level = OPACITY * share, (255 * share).astype(np.uint8)
    below = grey * (1 - opacity)
    planes = [np.rint(below + cv2.LUT(level, colour) * opacity).astype(np.uint8) for colour in _COLOURS]
    return np.asarray(cv2.merge(planes), np.uint8)


def _draw_caption(caption: str, width: int) -> NDArray[np.uint8]:
    strip = np.full((CAPTION_HEIGHT, width, 3), 16, np.uint8)
    scale = min(0.42, 0.42 * (width - 8) / max(1, cv2.getTextSize(caption, cv2.FONT_HERSHEY_SIMPLEX, 0.42, 1)[0][0]))
    cv2.putText(strip, caption, (4, 15), cv2.FONT_HERSHEY_SIMPLEX, scale, (235, 235, 235), 1, cv2.LINE_AA)
    return strip
