"""Section `augment`: what changes training images."""

from collections.abc import Iterator
from dataclasses import dataclass

from xray_resnet.bounds import bounded


@dataclass
class AugmentConfig:
    """Training augmentation; each p is the probability that an image gets it."""

    flip: float = bounded(0.0, least=0, most=1)
    """Probability of a left-right flip; off, because the heart's side is a sign."""
    geometry: float = bounded(0.7, least=0, most=1)
    """Probability of a rotation, shift and zoom, each drawn uniformly within its limit."""
    exposure: float = bounded(0.5, least=0, most=1)
    """Probability of a change of gamma, and of one of brightness and contrast."""
    quantum_noise: float = bounded(0.5, least=0, most=1)
    """Probability of quantum noise; the dose fraction is drawn log-uniformly from `dose_fraction` to 1."""
    electronic_noise: float = bounded(0.3, least=0, most=1)
    """Probability of electronic noise; σ is drawn uniformly from 0 to `electronic_sigma`."""
    dose_fraction: float = bounded(0.05, above=0, most=1)
    """Lowest dose fraction; 1 is 10⁴ quanta per pixel in mid lung at 512²."""
    electronic_sigma: float = bounded(0.04, least=0)
    """Largest σ of electronic noise, as a share of the display range."""
    rotation_degrees: float = bounded(10.0, least=0, most=180)
    """Largest rotation to either side."""
    shift: float = bounded(0.06, least=0, below=1)
    """Largest shift along each axis, as a share of the side."""
    zoom: float = bounded(0.1, least=0, below=1)
    """Largest change of scale: 0.1 draws factors from 0.9 to 1.1."""
    gamma: tuple[float, float] = bounded((0.7, 1.4), above=0)
    """Least and greatest exponent of the display shares."""
    brightness: float = bounded(0.1, least=0, most=1)
    """Largest brightness added or taken, as a share of the display range."""
    contrast: float = bounded(0.2, least=0, most=1)
    """Largest change of the contrast: 0.2 draws factors from 0.8 to 1.2."""

    def list_mistakes(self) -> Iterator[str]:
        """Exponents in the wrong order."""
        if self.gamma[0] > self.gamma[1]:
            yield f"gamma is {[*self.gamma]}, expected the least exponent first"
