"""Electronic noise: Gaussian, the same at every brightness."""

import numpy as np

from xray_resnet.detector.reference import Share, scale_sigma


def add_electronic_noise(share: Share, sigma: float, *, generator: np.random.Generator) -> Share:
    """The image with Gaussian noise of the read-out.

    Args:
        share: (S, S) display shares in [0, 1].
        sigma: Standard deviation per pixel of the reference size, as a share of the display range, at least 0.
        generator: Source of the noise.

    Returns:
        Display shares of the same shape, clipped to [0, 1].
    """
    noise = generator.standard_normal(share.shape, np.float32)
    noise *= np.float32(scale_sigma(sigma, share))
    noise += share
    return np.clip(noise, 0, 1, out=noise)
