"""Foreign objects: lead letters and catheters, which lie on the patient and mean nothing for the findings."""

import cv2
import numpy as np

from xray_resnet.detector.reference import Share, scale_length

WORDS = ("AP", "PA", "ERECT", "SUPINE", "PORTABLE")
"""What markers say; never a side, for a wrong one would teach that the heart's side means nothing."""

_FONT = cv2.FONT_HERSHEY_SIMPLEX
_LETTER_HEIGHT = 22
"""Of the font at scale 1, pixels."""
_FRACTION_BITS = 4
"""Of the coordinates that OpenCV draws lines by."""


def add_marker(share: Share, word: str, *, centre: tuple[float, float], height: float) -> Share:
    """The image with a word of lead, white where its letters are.

    Args:
        share: (S, S) display shares.
        word: One of `WORDS`.
        centre: (x, y) as shares of the side.
        height: Of the letters, in pixels of the reference size.
    """
    scale = scale_length(height, share) / _LETTER_HEIGHT
    thickness = max(round(3 * scale), 1)
    (width, tall), _ = cv2.getTextSize(word, _FONT, scale, thickness)
    origin = round(centre[0] * share.shape[1] - width / 2), round(centre[1] * share.shape[0] + tall / 2)
    plate = np.zeros(share.shape, np.uint8)
    cv2.putText(plate, word, origin, _FONT, scale, 255, thickness, cv2.LINE_AA)
    return np.asarray(np.maximum(share, plate * np.float32(1 / 255)), np.float32)


def add_tube(share: Share, points: np.ndarray, *, width: float, contrast: float) -> Share:
    """The image with a catheter along a smooth curve, brighter by `contrast`, clipped to 1.

    Args:
        share: (S, S) display shares.
        points: (4, 2) control points (x, y) of a cubic Bézier curve, as shares of the side.
        width: Of the catheter, in pixels of the reference size.
        contrast: Share of the display range that it adds.
    """
    curve = _bezier(points) * share.shape[0]
    plate = np.zeros(share.shape, np.uint8)
    corners = np.rint(curve * 2**_FRACTION_BITS).astype(np.int32)[:, None]
    thickness = max(round(scale_length(width, share)), 1)
    cv2.polylines(plate, [corners], False, 255, thickness, cv2.LINE_AA, _FRACTION_BITS)
    return np.minimum(share + plate * np.float32(contrast / 255), 1)


def _bezier(points: np.ndarray, count: int = 48) -> np.ndarray:
    """(count, 2) points along a cubic Bézier curve, from its first control point to its last."""
    t = np.linspace(0, 1, count)[:, None]
    weights = ((1 - t) ** 3, 3 * t * (1 - t) ** 2, 3 * t**2 * (1 - t), t**3)
    return np.asarray(sum(weight * point for weight, point in zip(weights, points, strict=True)))
