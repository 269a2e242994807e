"""Display curves: between the exposure of a detector and the share of the display range that shows it.

Exposure is relative to that of mid lung, 1 there. A curve is assumed for films that do not tell theirs; phantoms do.
Arrays are changed in place once they are ours: at 512² each new one costs more than the logarithm.
"""

from dataclasses import dataclass
from typing import Protocol

import cv2
import numpy as np

from xray_resnet.detector.reference import Share

_EDGE = 1e-4
"""A share this close to an end of the sigmoid is taken as this close: the end itself lies at infinity."""
_ITERATIONS = 6
"""Each leaves detail / (1 + detail) of the error, below a half."""
_LEAST_KNOWN = 0.02
"""Of surroundings, the share that must not be saturated for them to be known."""


class DisplayCurve(Protocol):
    """What a console makes of exposure."""

    def to_exposure(self, share: Share) -> Share:
        """Exposure relative to mid lung behind shares of the display range, same shape."""

    def change_exposure(self, share: Share, ratio: Share) -> Share:
        """The shares, clipped to [0, 1], that are shown if each pixel's exposure is multiplied by its ratio above 0."""


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

    def change_exposure(self, share: Share, ratio: Share) -> Share:
        """The share less ln(ratio) / latitude, clipped."""
        changed: Share = np.log(ratio)
        changed *= np.float32(-1 / self.latitude)
        changed += share
        return np.clip(changed, 0, 1, out=changed)


@dataclass(frozen=True)
class SigmoidCurve:
    """A characteristic curve like that of film, seen through a window, after detail was raised.

    The curve's argument is y = x + detail · (x − blur(x)) of the attenuation x = −ln E. Its share is the sigmoid
    1 / (1 + exp((middle − y) / latitude)) (PS3.3 C.11.2.1.3 with the width 4 · latitude), windowed.

    Attributes:
        middle: Attenuation of the sigmoid's middle, relative to mid lung.
        latitude: Attenuation over which it rises.
        window: Sigmoid shares that are shown black and white.
        detail: Gain of what is finer than `detail_sigma`, at least 0.
        detail_sigma: Gaussian σ of the surroundings that detail is raised against, as a share of the side.
    """

    middle: float
    latitude: float
    window: tuple[float, float] = (0.0, 1.0)
    detail: float = 0.0
    detail_sigma: float = 0.04

    def to_exposure(self, share: Share) -> Share:
        """Inverts window and sigmoid, then lowers detail: x = (y + detail · blur(x)) / (1 + detail), by iteration.

        Of saturated pixels nothing is known but their side of the range; surroundings are averaged without them.
        """
        argument = self._to_argument(share)
        if self.detail == 0:
            return np.exp(-argument)
        surroundings = self._find_surroundings(argument, known=((share > 0) & (share < 1)).astype(np.float32))
        surroundings *= np.float32(self.detail)
        surroundings += argument
        surroundings *= np.float32(-1 / (1 + self.detail))
        return np.exp(surroundings, out=surroundings)

    def change_exposure(self, share: Share, ratio: Share) -> Share:
        """Adds −ln(ratio) to the attenuation, its detail raised, then applies sigmoid and window."""
        added: Share = np.log(ratio)
        if self.detail:
            surroundings = self._blur(added)
            added *= np.float32(1 + self.detail)
            surroundings *= np.float32(self.detail)
            added -= surroundings
        added -= self._to_argument(share)
        added += np.float32(self.middle)
        added *= np.float32(1 / self.latitude)
        np.exp(added, out=added)
        added += 1
        np.reciprocal(added, out=added)
        black, white = self.window
        added -= np.float32(black)
        added *= np.float32(1 / (white - black))
        return np.clip(added, 0, 1, out=added)

    def _to_argument(self, share: Share) -> Share:
        """The argument of the sigmoid that shows as `share`."""
        black, white = self.window
        sigmoid = np.clip(np.float32(black) + share * np.float32(white - black), _EDGE, 1 - _EDGE)
        return np.asarray(
            np.float32(self.middle) + np.float32(self.latitude) * np.log(sigmoid / (1 - sigmoid)), np.float32
        )

    def _find_surroundings(self, argument: Share, *, known: Share) -> Share:
        """blur(x) over what is known, by iteration of x = (y + detail · blur(x)) / (1 + detail) on a coarse grid."""
        sigma = self._sigma_px(argument)
        shrink = choose_shrink(sigma)
        seen, weight = _shrink(argument * known, shrink), _shrink(known, shrink)
        total = np.asarray(np.maximum(_blur(weight, sigma / shrink), _LEAST_KNOWN), np.float32)
        surroundings = _blur(seen, sigma / shrink) / total
        for _ in range(_ITERATIONS):
            attenuation = np.asarray((seen + self.detail * weight * surroundings) / (1 + self.detail), np.float32)
            surroundings = _blur(attenuation, sigma / shrink) / total
        return _enlarge(surroundings, argument)

    def _blur(self, image: Share) -> Share:
        return blur_widely(image, self._sigma_px(image))

    def _sigma_px(self, image: Share) -> float:
        return self.detail_sigma * len(image)


def blur_widely(image: Share, sigma: float) -> Share:
    """Gaussian blur of many pixels, on a grid coarse enough that σ stays between 3 and 6 of its pixels."""
    shrink = choose_shrink(sigma)
    if shrink == 1:
        return _blur(image, sigma)
    return _enlarge(_blur(_shrink(image, shrink), sigma / shrink), image)


def choose_shrink(sigma: float) -> int:
    """How many pixels a side of the coarse grid's pixels has, for a blur of σ: a power of 2."""
    return int(2 ** np.floor(np.log2(max(sigma / 3, 1))))


def _shrink(image: Share, factor: int) -> Share:
    side = (max(image.shape[1] // factor, 1), max(image.shape[0] // factor, 1))
    return np.asarray(cv2.resize(image, side, interpolation=cv2.INTER_AREA), np.float32)


def _blur(image: Share, sigma: float) -> Share:
    return np.asarray(cv2.GaussianBlur(image, (0, 0), sigma), np.float32)


def _enlarge(image: Share, target: Share) -> Share:
    """To the size of `target`."""
    return np.asarray(cv2.resize(image, target.shape[::-1], interpolation=cv2.INTER_LINEAR), np.float32)
