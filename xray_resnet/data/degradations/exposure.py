"""Exposure and window: what a console's settings do to the display."""

import cv2
import numpy as np

from xray_resnet.detector.reference import Share


def apply_gamma(share: Share, gamma: float) -> Share:
    """Share ** gamma: below 1 brightens, above 1 darkens, black and white stay."""
    return share if gamma == 1 else np.asarray(cv2.pow(share, gamma), np.float32)


def apply_window(share: Share, *, brightness: float, contrast: float) -> Share:
    """The image through another window: contrast about the middle of the range, then brightness added.

    Args:
        share: Display shares in [0, 1].
        brightness: Added, as a share of the display range.
        contrast: Factor of the distance from 0.5.

    Returns:
        0.5 + (share − 0.5) · contrast + brightness, clipped to [0, 1].
    """
    shown = (share - np.float32(0.5)) * np.float32(contrast) + np.float32(0.5 + brightness)
    return np.asarray(np.clip(shown, 0, 1), np.float32)
