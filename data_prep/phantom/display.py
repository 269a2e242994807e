"""Display: counted quanta to the stored values of a presentation image, as the console of a digital unit does it.

The logarithm of the exposure, a mild enhancement of detail, a characteristic curve like that of film, and a window.
All are set from the patient's measures and chance alone: neither findings nor noise move them.
"""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from data_prep.phantom.detector import ELECTRONIC_SIGMA, collimator
from data_prep.phantom.maps import Map, blur
from data_prep.phantom.projection import Beam
from xray_resnet.detector import QUANTA_AT_FULL_DOSE, Detector, SigmoidCurve, scale_quanta

_LATITUDE = (-2.5, 6.0)
_DETAIL_SIGMA_MM = 14.0


@dataclass(frozen=True)
class Look:
    """How the console shows an image; drawn per image.

    Attributes:
        detail: Gain of detail finer than some 14 mm.
        middle: Line integral of the characteristic curve's middle, relative to mid lung.
        latitude: Line integral over which the curve rises.
        window: Shares (black, white) of the curve that the window shows.
        marker: Side marker drawn into the image, R, L or empty.
    """

    detail: float
    middle: float
    latitude: float
    window: tuple[float, float]
    marker: str


def draw_look(rng: np.random.Generator, *, contrast: float) -> Look:
    """Draws a look for a patient whose abdomen exceeds mid lung by `contrast` in line integral."""
    return Look(
        detail=float(rng.uniform(0.35, 0.9)),
        middle=float(rng.uniform(0.32, 0.45) * contrast),
        latitude=float(rng.uniform(0.42, 0.58) * contrast),
        window=(float(rng.uniform(0.06, 0.14)), float(rng.uniform(0.84, 0.93))),
        marker=str(rng.choice(["R", "L", ""], p=[0.45, 0.35, 0.2])),
    )


def log_exposure(quanta: Map, *, dose_fraction: float) -> Map:
    """Line integrals relative to mid lung, from quanta; less than one quantum counts as one."""
    full = np.float32(scale_quanta(QUANTA_AT_FULL_DOSE * dose_fraction, quanta))
    return np.asarray(np.log(full) - np.log(np.maximum(quanta, 1)), np.float32)


def enhance(image: Map, beam: Beam, look: Look) -> Map:
    """Raises detail against its surroundings."""
    clipped = np.clip(image, *_LATITUDE)
    return np.asarray(clipped + look.detail * (clipped - blur(clipped, _DETAIL_SIGMA_MM / beam.pixel_mm)), np.float32)


def store(image: Map, beam: Beam, look: Look, *, bits: int) -> NDArray[np.uint16]:
    """Line integrals to stored values by a sigmoid curve, bright is dense; draws the marker, blackens the shutter."""
    share = 1 / (1 + np.exp((look.middle - image) / np.float32(look.latitude)))
    marked = np.maximum(share, _marker(beam, look.marker) * np.float32(look.window[1]))
    if beam.pose.shuttered:
        marked = marked * (collimator(beam.pose, beam.size) > 0.5)
    return np.asarray(np.rint(marked * (2**bits - 1)), np.uint16)


def window_of(look: Look, *, bits: int) -> tuple[float, float]:
    """Window (center, width) in stored values for the function LINEAR (PS3.3 C.11.2.1.2.1)."""
    black, white = (share * (2**bits - 1) for share in look.window)
    return round((black + white) / 2 + 0.5, 1), round(white - black + 1, 1)


def detector_of(look: Look, beam: Beam) -> Detector:
    """What a reader of the image would have to know to count its quanta."""
    curve = SigmoidCurve(
        middle=look.middle,
        latitude=look.latitude,
        window=look.window,
        detail=look.detail,
        detail_sigma=_DETAIL_SIGMA_MM / beam.pixel_mm / beam.size,
    )
    return Detector(curve, ELECTRONIC_SIGMA)


def show(stored: NDArray[np.uint16], window: tuple[float, float]) -> NDArray[np.uint8]:
    """Stored values through the window, 0 to 255."""
    center, width = window
    share = (stored.astype(np.float32) - (center - 0.5)) / (width - 1) + 0.5
    return np.asarray(np.rint(np.clip(share, 0, 1) * 255), np.uint8)


def _marker(beam: Beam, letter: str) -> Map:
    """A lead letter in the upper corner of its side; the image's left is the patient's right."""
    plate = np.zeros((beam.size, beam.size), np.uint8)
    if letter:
        column = 0.09 if letter == "R" else 0.86
        origin = (int(column * beam.size), int(0.13 * beam.size))
        scale = beam.size / 256 * 0.6
        thickness = max(round(beam.size / 160), 1)
        cv2.putText(plate, letter, origin, cv2.FONT_HERSHEY_SIMPLEX, scale, 255, thickness, cv2.LINE_AA)
    return np.asarray(plate, np.float32) / np.float32(255)
