"""The rungs of the corruption ladder on one image: always at 512², the same for every model that is tried on it."""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from xray_resnet.data.degradations import CORRUPTIONS, REFERENCE_SIZE, Corruption, Share
from xray_resnet.fingerprint import fingerprint
from xray_resnet.model_input import Pixels, resample

SEVERITIES = (1, 2, 3, 4, 5)
"""Mild to grave."""
MILD = 3
"""Highest severity of films that a reader would still accept."""
_CORRUPTION_OF = {corruption.name: corruption for corruption in CORRUPTIONS}


@dataclass(frozen=True)
class Rung:
    """A corruption at a severity.

    Attributes:
        corruption: Its name.
        severity: 1 to 5.
    """

    corruption: str
    severity: int

    @property
    def name(self) -> str:
        """Such as `quantum_noise-3`."""
        return f"{self.corruption}-{self.severity}"

    @property
    def kind(self) -> Corruption:
        """The corruption itself."""
        return _CORRUPTION_OF[self.corruption]

    @property
    def amount(self) -> float:
        """In the unit of the corruption."""
        return self.kind.severities[self.severity - 1]


RUNGS = tuple(Rung(corruption.name, severity) for corruption in CORRUPTIONS for severity in SEVERITIES)
"""Every corruption at every severity, in the order of the tables."""


def climb(pixels: Pixels) -> Share:
    """An image at the ladder's size: pixels (H, W), stored or shares, to shares of the display range (512, 512)."""
    return resample(pixels, REFERENCE_SIZE)


def corrupt(share: Share, rung: Rung, *, image: str) -> Share:
    """The image on a rung.

    What a severity leaves open is drawn from a stream that depends on the corruption and the image alone: severities
    differ in their amount and in nothing else, and every model gets the same pixels.

    Args:
        share: (512, 512) of the display range, as `climb` gives them.
        rung: The corruption and its severity.
        image: Names the image.

    Returns:
        Shares of the same shape.
    """
    generator = make_generator(f"{rung.corruption} {image}")
    return np.asarray(rung.kind.apply(share, rung.severity, generator=generator), np.float32)


def make_generator(stream: str) -> np.random.Generator:
    """The generator of a stream: equal names give equal draws, on every machine."""
    return np.random.default_rng(int.from_bytes(hashlib.sha256(stream.encode()).digest()[:16], "big"))


def fingerprint_ladder() -> str:
    """16 hexadecimal digits that change with whatever changes an image: of what each rung makes of one picture."""
    return fingerprint([[rung.name, digest_picture(corrupt(draw_witness(), rung, image="witness"))] for rung in RUNGS])


def group_rungs() -> Iterator[tuple[Corruption, tuple[int, ...]]]:
    """Each corruption with the places of its rungs."""
    for corruption in CORRUPTIONS:
        yield corruption, tuple(place for place, rung in enumerate(RUNGS) if rung.corruption == corruption.name)


def draw_witness() -> Share:
    """A smooth picture that fills the display range."""
    axis = np.linspace(0, np.pi, REFERENCE_SIZE, dtype=np.float32)
    return np.asarray(np.outer(np.sin(axis), np.abs(np.cos(3 * axis))), np.float32)


def digest_picture(share: Share) -> str:
    """Of the picture in 8 bits, at a quarter of the side: the last digits of a float differ between processors."""
    grey = np.rint(share[::4, ::4] * 255).astype(np.uint8)
    return hashlib.sha256(grey.tobytes()).hexdigest()
