"""Display curves: between the exposure of a detector and the share of the display range that shows it.

Exposure is relative to that of mid lung, 1 there. A curve is assumed for films that do not tell theirs; phantoms do.
Arrays are changed in place once they are ours: at 512² each new one costs more than the logarithm.
"""

from dataclasses import dataclass
from typing import Protocol

import cv2
import numpy as np

from xray_resnet.data.degradations.reference import Share

_EDGE = 1e-4
"""A share this close to an end of the sigmoid is taken as this close: the end itself lies at infinity."""


class DisplayCurve(Protocol):
    """What a console makes of exposure."""

    def to_exposure(self, share: Share) -> Share:
        """Exposure relative to mid lung behind shares of the display range, same shape."""

    def to_share(self, exposure: Share) -> Share:
        """Shares of the display range, clipped to [0, 1], that show an exposure above 0, same shape."""


@dataclass(frozen=True)
class FilmCurve:
    """The assumption: the share is linear in the logarithm of exposure and falls with it.

    Attributes:
        latitude: Natural logarithm of the ratio of exposures from the darkest to the brightest share; a chest film
            spans about 50 to 1.
        mid_lung: Share that shows mid lung.
    """

    latitude: float = float(np.log(50.0))
    mid_lung: float = 0.3

    def to_exposure(self, share: Share) -> Share:
        """E = exp((mid_lung − share) · latitude)."""
        logarithm: Share = share * np.float32(-self.latitude)
        logarithm += np.float32(self.mid_lung * self.latitude)
        return np.exp(logarithm, out=logarithm)

    def to_share(self, exposure: Share) -> Share:
        """Share = mid_lung − ln E / latitude, clipped."""
        share: Share = np.log(exposure)
        share *= np.float32(-1 / self.latitude)
        share += np.float32(self.mid_lung)
        return np.clip(share, 0, 1, out=share)


@dataclass(frozen=True)
class SigmoidCurve:
    """A characteristic curve like that of film, seen through a window, after detail was raised.

    The curve's argument is y = x + detail · (x − blur(x)) of the attenuation x = −ln E. Its share is the sigmoid
    1 / (1 + exp((middle − y) / latitude)) (PS3.3 C.11.2.1.3 with the width 4 · latitude), windowed.

    Attributes:
        middle: Attenuation of the sigmoid's middle, relative to mid lung.
        latitude: Attenuation over which it rises.
        window: Sigmoid shares that are shown black and white.
        detail: Gain of what is finer than `detail_sigma`.
        detail_sigma: Gaussian σ of the surroundings that detail is raised against, as a share of the side.
    """

    middle: float
    latitude: float
    window: tuple[float, float] = (0.0, 1.0)
    detail: float = 0.0
    detail_sigma: float = 0.04

    def to_exposure(self, share: Share) -> Share:
        """Inverts window and sigmoid, then lowers detail: x ≈ (y + detail · blur(y)) / (1 + detail)."""
        black, white = self.window
        sigmoid = np.clip(np.float32(black) + share * np.float32(white - black), _EDGE, 1 - _EDGE)
        raised = np.float32(self.middle) + np.float32(self.latitude) * np.log(sigmoid / (1 - sigmoid))
        gain = np.float32(self.detail)
        return np.asarray(np.exp(-(raised + gain * self._blur(raised)) / (1 + gain)), np.float32)

    def to_share(self, exposure: Share) -> Share:
        """Raises detail, then applies sigmoid and window."""
        attenuation = -np.log(exposure)
        raised = attenuation + np.float32(self.detail) * (attenuation - self._blur(attenuation))
        sigmoid = 1 / (1 + np.exp((np.float32(self.middle) - raised) / np.float32(self.latitude)))
        black, white = self.window
        return np.asarray(np.clip((sigmoid - black) / (white - black), 0, 1), np.float32)

    def _blur(self, image: Share) -> Share:
        if self.detail == 0:
            return image
        return blur_widely(image, self.detail_sigma * image.shape[0])


def blur_widely(image: Share, sigma: float) -> Share:
    """Gaussian blur of many pixels, on a grid coarse enough that σ stays between 3 and 6 of its pixels."""
    shrink = int(2 ** np.floor(np.log2(max(sigma / 3, 1))))
    if shrink == 1:
        return np.asarray(cv2.GaussianBlur(image, (0, 0), sigma), np.float32)
    side = (max(image.shape[1] // shrink, 1), max(image.shape[0] // shrink, 1))
    small = cv2.GaussianBlur(cv2.resize(image, side, interpolation=cv2.INTER_AREA), (0, 0), sigma / shrink)
    return np.asarray(cv2.resize(small, image.shape[::-1], interpolation=cv2.INTER_LINEAR), np.float32)
