"""Quantum noise: a film taken at full dose, brought to a fraction of it.

Each quantum of the film is kept with a probability of the dose fraction d, which turns Poisson counts of mean N into
Poisson counts of mean d·N. Relative to the mean this adds a variance of (1 − d) / (d·N): Poisson noise of the dose
d / (1 − d), none at d = 1.
"""

import numpy as np

from xray_resnet.detector.detector import FILM, Detector
from xray_resnet.detector.reference import Share

FEW_QUANTA = 20.0
"""Below this mean count quanta are drawn one by one; above, from a normal distribution corrected for skewness."""


def add_quantum_noise(
    share: Share, dose_fraction: float, *, generator: np.random.Generator, detector: Detector = FILM
) -> Share:
    """The image as a detector shows it that receives `dose_fraction` of the quanta.

    Args:
        share: (S, S) display shares in [0, 1], taken as of dose 1.
        dose_fraction: Above 0 to 1; 1 leaves the image as it is.
        generator: Source of the quanta.
        detector: How many quanta stand behind the image, how it is displayed, and its read-out noise, which grows
            relative to the quanta as the dose falls.

    Returns:
        Display shares of the same shape, clipped to [0, 1].

    Raises:
        ValueError: if the dose fraction is not above 0 to 1.
    """
    if not 0 < dose_fraction <= 1:
        raise ValueError(f"dose_fraction is {dose_fraction}, expected more than 0 and at most 1")
    if dose_fraction == 1:
        return share
    quanta = detector.curve.to_exposure(share)
    quanta *= np.float32(detector.full_dose(share))
    kept = thin_quanta(quanta, dose_fraction, generator=generator, readout=detector.readout(share))
    # Less than one quantum has no place on a logarithmic scale; it counts as one.
    np.maximum(kept, 1, out=kept)
    kept /= quanta
    kept *= np.float32(1 / dose_fraction)
    return detector.curve.change_exposure(share, kept)


def thin_quanta(quanta: Share, dose_fraction: float, *, generator: np.random.Generator, readout: float = 0.0) -> Share:
    """Draws how many of the quanta remain at a dose fraction: binomial counts, with read-out noise.

    Args:
        quanta: Counts of the full dose, any shape.
        dose_fraction: Probability that one is kept.
        generator: Source of the draws.
        readout: σ of the read-out noise in quanta; the film has it already, so that what is added makes it whole.

    Returns:
        Counts of the same shape, not rounded where they are many.
    """
    added = np.float32(readout * np.sqrt(1 - dose_fraction**2))
    normal = generator.standard_normal(quanta.shape, np.float32)
    kept = _draw_many(quanta, dose_fraction, normal, readout=added)
    few = quanta < FEW_QUANTA / dose_fraction
    if few.any():
        counts = generator.binomial(np.rint(quanta[few]).astype(np.int64), dose_fraction)
        kept[few] = counts + added * generator.standard_normal(len(counts), np.float32)
    return kept


def _draw_many(quanta: Share, dose_fraction: float, normal: Share, *, readout: np.float32) -> Share:
    """Binomial counts with read-out noise, by the expansion of Cornish and Fisher (1938) to the third cumulant.

    The skewness is that of the counts alone; read-out noise, which has none, would lessen it: a difference of less than
    (z² - 1) / 6 quanta at z standard deviations.
    """
    variance: Share = quanta * np.float32(dose_fraction * (1 - dose_fraction))
    variance += readout * readout
    kept = np.sqrt(variance, out=variance)
    kept *= normal
    skewness = normal * normal
    skewness -= 1
    skewness *= np.float32((1 - 2 * dose_fraction) / 6)
    kept += skewness
    kept += quanta * np.float32(dose_fraction)
    return kept
