"""Grid lines: the shadow of a stationary anti-scatter grid, as the sampling of the detector shows it."""

import numpy as np

from xray_resnet.detector.reference import Share, scale_length


def add_grid_lines(share: Share, contrast: float, *, period: float, phase: float = 0.0, across: bool = False) -> Share:
    """The image under parallel lines: contrast / 2 · sin(2 π (x / period + phase)) added, clipped to [0, 1].

    Args:
        share: (S, S) display shares in [0, 1].
        contrast: From the brightest to the darkest of the lines, as a share of the display range.
        period: Distance of lines in pixels of the reference size.
        phase: Of the first line, in periods.
        across: Whether the lines run from left to right; else from top to bottom.
    """
    positions = np.arange(share.shape[0]) / scale_length(period, share)
    lines = np.float32(contrast / 2) * np.sin(2 * np.pi * (positions + phase)).astype(np.float32)
    return np.clip(share + (lines[:, None] if across else lines[None]), 0, 1)
