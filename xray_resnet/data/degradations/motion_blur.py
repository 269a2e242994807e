"""Motion blur: the patient breathes or moves during the exposure."""

import cv2
import numpy as np

from xray_resnet.detector.reference import Share, scale_length

_SAMPLES_PER_PIXEL = 8


def blur_motion(share: Share, length: float, *, degrees: float) -> Share:
    """The mean of the image along a line: a steady movement of `length`.

    Args:
        share: (S, S) display shares in [0, 1].
        length: Of the movement, in pixels of the reference size.
        degrees: Its direction, counter-clockwise from the image's right.
    """
    kernel = build_line_kernel(scale_length(length, share), degrees)
    return np.asarray(cv2.filter2D(share, -1, kernel), np.float32)


def build_line_kernel(length: float, degrees: float) -> Share:
    """(2 r + 1, 2 r + 1) point spread of a centred line of `length` pixels, sum 1; each point shared among pixels."""
    count = max(round(length * _SAMPLES_PER_PIXEL), 1)
    along = ((np.arange(count) + 0.5) / count - 0.5) * length
    x, y = along * np.cos(np.deg2rad(degrees)), -along * np.sin(np.deg2rad(degrees))
    radius = int(np.ceil(length / 2)) + 1
    kernel = np.zeros((2 * radius + 1, 2 * radius + 1))
    column, row = np.floor(x).astype(int), np.floor(y).astype(int)
    for right in (0, 1):
        for below in (0, 1):
            weight = np.abs(1 - right - (x - column)) * np.abs(1 - below - (y - row))
            np.add.at(kernel, (row + below + radius, column + right + radius), weight)
    return np.asarray(kernel / kernel.sum(), np.float32)
