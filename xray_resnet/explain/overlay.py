"""Overlays: a map of a finding in colour over its radiograph, true boxes outlined. Needs no torch."""

from collections.abc import Iterable, Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from xray_resnet.dicom.radiograph import to_8_bit

OPACITY = 0.55
"""Of a map where it is strongest."""
_BOX_COLOUR = (120, 255, 160)
_COLOURS = cv2.applyColorMap(np.arange(256, dtype=np.uint8), cv2.COLORMAP_INFERNO)[:, 0, ::-1].T.copy()
"""(3, 256): red, green and blue of each level of a map."""

Content = tuple[int, int, int, int]
"""Top, left, height and width of the film in its square."""


def draw_overlay(
    pixels: NDArray[np.unsignedinteger],
    heat: NDArray[np.floating],
    *,
    boxes: Iterable[Sequence[float]] = (),
    opacity: float = OPACITY,
    content: Content | None = None,
) -> NDArray[np.uint8]:
    """The radiograph with the map over it.

    Args:
        pixels: (H, W) of an unsigned integer type, bright is dense.
        heat: (h, w), any scale; only what is positive is shown, relative to its maximum.
        boxes: True boxes, each (x, y, width, height) in pixels.
        opacity: Of the map where it is strongest, 0 to 1.
        content: The part to draw; None draws all.

    Returns:
        (H, W, 3) RGB, or (height, width, 3) of the content.
    """
    top, left, height, width = content or (0, 0, *pixels.shape)
    part = slice(top, top + height), slice(left, left + width)
    share = normalise_map(heat, size=(pixels.shape[0], pixels.shape[1]))
    picture = blend(to_8_bit(pixels[part]), share[part], opacity=opacity)
    for x, y, box_width, box_height in boxes:
        corners = (round(x - left), round(y - top)), (round(x + box_width - left), round(y + box_height - top))
        cv2.rectangle(picture, *corners, _BOX_COLOUR, thickness=max(1, height // 256))
    return picture


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

    Cell i of n is drawn where its receptive field has its centre, at i / n of the side: with symmetric padding every
    layer of stride 2 keeps the first cell over the first pixel. A map without anything positive is 0 everywhere.
    """
    positive = np.maximum(heat, 0).astype(np.float32)
    height, width = size
    to_cells = np.diag([positive.shape[1] / width, positive.shape[0] / height, 1])[:2]
    how = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    moved = cv2.warpAffine(positive, to_cells, (width, height), flags=how, borderMode=cv2.BORDER_REPLICATE)
    enlarged = np.asarray(moved, np.float32)
    return np.asarray(enlarged / max(float(enlarged.max()), float(np.finfo(np.float32).tiny)), np.float32)


def blend(grey: NDArray[np.uint8], share: NDArray[np.float32], *, opacity: float) -> NDArray[np.uint8]:
    """A map (H, W), 0 to 1, in colour over a grey picture (H, W): (H, W, 3) RGB.

    In 8 bits and plane by plane, which takes half the time; it is off by two levels at most.
    """
    level = (255 * share).astype(np.uint8)
    covered = opacity * np.arange(256) / 255
    left = np.rint(255 * (1 - covered)).astype(np.uint8)
    below = cv2.multiply(grey, cv2.LUT(level, left), scale=1 / 255)
    planes = [cv2.add(below, cv2.LUT(level, np.rint(colour * covered).astype(np.uint8))) for colour in _COLOURS]
    return np.asarray(cv2.merge(planes), np.uint8)
