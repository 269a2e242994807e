"""Store pixels to network input: the one place where an image is resampled and normalised for the model.

Training, evaluation and inference all pass through here, so that DICOM → predict equals dataset → evaluate.
"""

from dataclasses import asdict, dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from xray_resnet.fingerprint import fingerprint

Pixels = NDArray[np.unsignedinteger[Any]] | NDArray[np.floating[Any]]
"""An image as stored, of an unsigned integer type; or as shares of the display range, 0 to 1, of a floating type."""


@dataclass(frozen=True)
class ModelInput:
    """Size and normalisation of the network's input; pixels are shares of the display range, 0 to 1, before it.

    Attributes:
        size: Rows and columns.
        mean: Subtracted, as a share of the display range.
        std: Divided by, as a share of the display range.
    """

    size: int
    mean: float
    std: float

    def fingerprint(self) -> str:
        """16 hexadecimal digits that change whenever a value changes."""
        return fingerprint(asdict(self))

    def resample(self, pixels: Pixels) -> NDArray[np.float32]:
        """Pixels (H, W), stored or shares, to shares of the display range, (size, size) in [0, 1]."""
        return resample(pixels, self.size)

    def normalise(self, share: NDArray[np.float32]) -> NDArray[np.float32]:
        """Shares of the display range to network input of the same shape."""
        return (share - np.float32(self.mean)) * np.float32(1 / self.std)

    def __call__(self, pixels: Pixels) -> NDArray[np.float32]:
        """Pixels (H, W), stored or shares, to network input (size, size)."""
        return self.normalise(self.resample(pixels))


def to_shares(pixels: Pixels) -> NDArray[np.float32]:
    """Stored pixels as shares of the display range, 0 to 1; shares stay as they are."""
    if pixels.dtype.kind == "f":
        return np.asarray(pixels, np.float32)
    return np.multiply(pixels, 1 / np.iinfo(pixels.dtype.str).max, dtype=np.float32)


def resample(pixels: Pixels, size: int) -> NDArray[np.float32]:
    """Pixels (H, W), stored or shares, to shares of the display range (size, size): area averages where they shrink."""
    share = to_shares(pixels)
    if share.shape == (size, size):
        return share
    interpolation = cv2.INTER_AREA if share.shape[0] > size else cv2.INTER_LINEAR
    return np.asarray(cv2.resize(share, (size, size), interpolation=interpolation), np.float32)
