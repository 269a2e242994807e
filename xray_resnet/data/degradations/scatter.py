"""Scatter and veiling glare: quanta that arrive far from where their ray leads."""

import numpy as np

from xray_resnet.detector.detector import FILM, Detector
from xray_resnet.detector.display_curve import blur_widely
from xray_resnet.detector.reference import Share

KERNEL_SIGMA = 0.1
"""σ of the Gaussian that scatter is spread by, as a share of the side: some 4 cm of a chest."""


def add_scatter(share: Share, scatter_fraction: float, *, detector: Detector = FILM) -> Share:
    """The image with a share of its exposure spread widely: E' = (1 − f) · E + f · blur(E).

    Contrast of fine detail falls by 1 − f where E is as its surroundings; the total exposure stays.

    Args:
        share: (S, S) display shares in [0, 1].
        scatter_fraction: f, scattered over all quanta, 0 to below 1.
        detector: How exposure is displayed.
    """
    if scatter_fraction == 0:
        return share
    exposure = detector.curve.to_exposure(share)
    spread = blur_widely(exposure, KERNEL_SIGMA * share.shape[0])
    spread /= exposure
    spread *= np.float32(scatter_fraction)
    spread += np.float32(1 - scatter_fraction)
    return detector.curve.change_exposure(share, spread)
