"""Detector blur: the spread of light in a scintillator and of a focal spot."""

import cv2
import numpy as np

from xray_resnet.detector.reference import Share, scale_length


def blur_detector(share: Share, sigma: float) -> Share:
    """The image behind a detector whose modulation transfer is MTF(f) = exp(−2 π² σ² f²), f in cycles per pixel.

    Args:
        share: (S, S) display shares in [0, 1].
        sigma: σ of the point spread in pixels of the reference size, at least 0.
    """
    width = scale_length(sigma, share)
    return np.asarray(cv2.GaussianBlur(share, (0, 0), width), np.float32) if width > 0 else share
