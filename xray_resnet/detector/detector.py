"""Detector: how many quanta stand behind an image, and how it shows them."""

from dataclasses import dataclass, field

from xray_resnet.detector.display_curve import DisplayCurve, FilmCurve
from xray_resnet.detector.reference import Share, scale_quanta, sum_readout

QUANTA_AT_FULL_DOSE = 10_000.0
"""Quanta per pixel of the reference size in mid lung at a dose fraction of 1."""


@dataclass(frozen=True)
class Detector:
    """What took an image.

    Attributes:
        curve: From exposure to display.
        readout_sigma: Standard deviation of the read-out noise, in quanta per pixel of the reference size, the same at
            every dose. 0 leaves it out: of a film it is not known.
    """

    curve: DisplayCurve = field(default_factory=FilmCurve)
    readout_sigma: float = 0.0

    def full_dose(self, image: Share) -> float:
        """Quanta per pixel of `image` in mid lung at dose 1."""
        return scale_quanta(QUANTA_AT_FULL_DOSE, image)

    def readout(self, image: Share) -> float:
        """Read-out noise σ of a pixel of `image`, in quanta: a sum over what it averages."""
        return sum_readout(self.readout_sigma, image)


FILM = Detector()
"""The assumption for films that do not tell what took them."""
