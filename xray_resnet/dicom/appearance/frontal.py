"""Frontal or not: a network of three small convolutions, computed with NumPy.

It was trained by `data_prep.frontal.train` on frontal films of NIH ChestX-ray14 (Wang et al., ChestX-ray8, CVPR 2017;
provided by the NIH Clinical Center), the RSNA Pneumonia Detection Challenge (Shih et al., Radiology: Artificial
Intelligence 2019) and Kermany, Zhang and Goldbaum's children (Mendeley Data 2018, CC BY 4.0) and on phantoms, against
drawn lateral chests, other bodies, test patterns and documents, and against films turned over, cut up or scrambled. No
picture of anything but a frontal chest was used.
"""

from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

import numpy as np
from numpy.typing import NDArray

from xray_resnet.dicom.appearance.shrink import shrink
from xray_resnet.dicom.radiograph import to_8_bit

SIDE = 64
"""Rows and columns that the network sees."""
_FLAT = 8.0
"""Added to a picture's standard deviation, in grey values of 255: noise alone is not blown up."""
_LATERALS_PER_OTHER = 2.0
"""Log odds, before looking, that a film which is not frontal is a lateral chest; the network was taught even odds."""

Array = NDArray[np.float32]


@dataclass(frozen=True)
class Likeness:
    """What a picture looks like.

    Attributes:
        oddness: Log odds that it is not a frontal chest, -∞ to ∞.
        is_lateral: Whether, if it is not, it looks more like a lateral chest than like anything else.
        is_doubtful: Whether it is less like a frontal chest than 199 of 200 frontal films.
        is_other: Whether it is less like a frontal chest than nearly every frontal film.
    """

    oddness: float
    is_lateral: bool
    is_doubtful: bool
    is_other: bool


def judge(pixels: NDArray[np.unsignedinteger[Any]]) -> Likeness:
    """What a (H, W) picture of display values looks like, whatever its shape."""
    weights = _load()
    signal = standardise(to_8_bit(shrink(pixels, SIDE)))[None]
    for name, stride, padding in (("conv1", 4, 2), ("conv2", 2, 1), ("conv3", 2, 1)):
        signal = np.maximum(_convolve(signal, weights[name], weights[f"{name}.bias"], stride, padding), 0)
    frontal, lateral, other = (weights["linear"] @ signal.ravel() + weights["linear.bias"]).tolist()
    oddness = float(np.logaddexp(lateral, other)) - frontal
    return Likeness(
        oddness=oddness,
        is_lateral=lateral + _LATERALS_PER_OTHER > other,
        is_doubtful=oddness > float(weights["flagged"]),
        is_other=oddness > float(weights["rejected"]),
    )


def standardise(picture: NDArray[np.uint8]) -> Array:
    """Grey values less their mean, over their standard deviation."""
    values = picture.astype(np.float32)
    return np.asarray((values - values.mean()) / (values.std() + np.float32(_FLAT)), np.float32)


def _convolve(signal: Array, weight: Array, bias: Array, stride: int, padding: int) -> Array:
    """A convolution of (C, H, W) with weights (F, C·k·k) as one product of matrices."""
    side = round((weight.shape[1] / len(signal)) ** 0.5)
    padded = np.zeros((len(signal), *(length + 2 * padding for length in signal.shape[1:])), np.float32)
    padded[:, padding:-padding, padding:-padding] = signal
    windows = np.lib.stride_tricks.sliding_window_view(padded, (side, side), axis=(1, 2))[:, ::stride, ::stride]
    rows, columns = windows.shape[1:3]
    patches = windows.transpose(0, 3, 4, 1, 2).reshape(weight.shape[1], rows * columns)
    return np.asarray((weight @ patches + bias[:, None]).reshape(len(weight), rows, columns), np.float32)


@cache
def _load() -> dict[str, Array]:
    """Weights as matrices by the layer's name, biases and thresholds."""
    path = files("xray_resnet.dicom.appearance") / "frontal.npz"
    with path.open("rb") as file, np.load(file, allow_pickle=False) as arrays:
        read = {name.removesuffix(".weight"): arrays[name].astype(np.float32) for name in arrays.files}
    return {name: value.reshape(len(value), -1) if value.ndim == 4 else value for name, value in read.items()}
