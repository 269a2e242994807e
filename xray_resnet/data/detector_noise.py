"""Noise of an X-ray detector in its own units, on images of the display range.

Noise arises in exposure, images are stored as display values. Between them stands an assumption, stated once here: the
display value of a radiograph is linear in the logarithm of exposure, falls with it (bright is dense), and spans the
latitude of a chest film. A detector pixel behind the display share s then receives

    N(s) = 10⁴ · dose_fraction · exp(-(s - MID_LUNG) · LATITUDE)

quanta, so that a dose fraction of 1 is 10⁴ quanta per pixel in mid lung, of the image that the noise is applied to.
"""

import numpy as np
from numpy.typing import NDArray

QUANTA_AT_FULL_DOSE = 10_000.0
"""Quanta per pixel in mid lung at a dose fraction of 1."""
MID_LUNG = 0.3
"""Display share of mid lung, where the dose is stated."""
LATITUDE = float(np.log(50.0))
"""Natural logarithm of the ratio of exposures from the darkest to the brightest display value."""


def expected_quanta(share: NDArray[np.float32], dose_fraction: float) -> NDArray[np.float64]:
    """Mean number of quanta per pixel behind each display share, same shape."""
    return QUANTA_AT_FULL_DOSE * dose_fraction * np.exp((MID_LUNG - share.astype(np.float64)) * LATITUDE)


def add_quantum_noise(
    share: NDArray[np.float32], dose_fraction: float, *, generator: np.random.Generator
) -> NDArray[np.float32]:
    """The image as a detector sees it that receives `dose_fraction` of the quanta: Poisson noise in exposure.

    Args:
        share: Display shares in [0, 1], any shape.
        dose_fraction: Above 0; 1 is `QUANTA_AT_FULL_DOSE` per pixel in mid lung.
        generator: Source of the quanta.

    Returns:
        Display shares of the same shape, clipped to [0, 1]. For many quanta the standard deviation is
        1 / (LATITUDE · √N), by the delta method.

    Raises:
        ValueError: if the dose fraction is not above 0.
    """
    if dose_fraction <= 0:
        raise ValueError(f"dose_fraction is {dose_fraction}, expected a number above 0")
    expected = expected_quanta(share, dose_fraction)
    # A pixel without a single quantum has no logarithm; half a quantum stands for it.
    quanta = np.maximum(generator.poisson(expected), 0.5)
    return np.clip(share - np.log(quanta / expected) / LATITUDE, 0, 1).astype(np.float32)


def add_electronic_noise(
    share: NDArray[np.float32], sigma: float, *, generator: np.random.Generator
) -> NDArray[np.float32]:
    """The image with Gaussian noise of the read-out.

    Args:
        share: Display shares in [0, 1], any shape.
        sigma: Standard deviation as a share of the display range, at least 0.
        generator: Source of the noise.

    Returns:
        Display shares of the same shape, clipped to [0, 1].
    """
    noise = generator.standard_normal(share.shape, np.float32)
    return np.clip(share + np.float32(sigma) * noise, 0, 1)
