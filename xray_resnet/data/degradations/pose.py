"""Pose: how the patient lies before the detector, in the plane of the image."""

import cv2
import numpy as np

from xray_resnet.detector.reference import Share


def change_pose(share: Share, *, degrees: float = 0.0, zoom: float = 1.0, shift: tuple[float, float] = (0, 0)) -> Share:
    """Rotates about the centre, magnifies, then moves; what comes in from outside is black.

    Args:
        share: (S, S) display shares.
        degrees: Counter-clockwise.
        zoom: Factor of the scale.
        shift: To the right and down, as shares of the side.
    """
    rows, columns = share.shape
    matrix = cv2.getRotationMatrix2D(((columns - 1) / 2, (rows - 1) / 2), degrees, zoom)
    matrix[:, 2] += shift[0] * columns, shift[1] * rows
    return np.asarray(cv2.warpAffine(share, matrix, (columns, rows), flags=cv2.INTER_LINEAR), np.float32)
