"""Collimation: margins of the field that the collimator closes, and the console's shutter blackens."""

from xray_resnet.detector.reference import Share

Borders = tuple[float, float, float, float]
"""(left, top, right, bottom), each a share of the side."""


def collimate(share: Share, borders: Borders, *, shade: float = 0.0) -> Share:
    """The image with its margins covered.

    Args:
        share: (S, S) display shares.
        borders: What is covered at each side, as a share of it, 0 to below 0.5.
        shade: Share that the margins show: 0 behind a shutter, 1 without one, for no quanta are shown as dense.

    Returns:
        A new image; each border is rounded to pixels.
    """
    side = share.shape[0]
    left, top, right, bottom = (round(border * side) for border in borders)
    covered = share.copy()
    covered[:top] = covered[side - bottom :] = shade
    covered[:, :left] = covered[:, side - right :] = shade
    return covered
