"""From a film to the input of a network, each contestant by its own resize and normalisation."""

from dataclasses import dataclass
from functools import cached_property
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from xray_resnet.dicom import Reading
from xray_resnet.dicom.preparation import prepare_picture
from xray_resnet.fingerprint import fingerprint
from xray_resnet.model_input import ModelInput, resample

_DEEP = np.iinfo(np.uint16).max


class NetworkInput(Protocol):
    """What a network sees of a film."""

    @property
    def name(self) -> str:
        """Names what `view` gives; equal names give equal views."""

    def view(self, film: NDArray[np.uint8]) -> NDArray[Any]:
        """A film (H, W) at the network's size, (S, S) of an unsigned integer type, before it is normalised."""

    def normalise(self, view: NDArray[Any]) -> NDArray[np.float32]:
        """A view to the network's input of the same shape."""


@dataclass(frozen=True)
class PlainInput:
    """As the plain recipe reads films: Pillow's bilinear filter in 8 bits, mean and deviation of its training films.

    Attributes:
        size: Rows and columns.
        mean: Of the shares of 255.
        std: Of the shares of 255.
    """

    size: int
    mean: float
    std: float

    @property
    def name(self) -> str:
        """Its size decides."""
        return f"pillow-{self.size}"

    def view(self, film: NDArray[np.uint8]) -> NDArray[np.uint8]:
        """The film, resampled by Pillow."""
        return np.asarray(Image.fromarray(film).resize((self.size, self.size), Image.Resampling.BILINEAR))

    def normalise(self, view: NDArray[np.uint8]) -> NDArray[np.float32]:
        """Shares of 255, standardised."""
        return (view.astype(np.float32) / 255 - np.float32(self.mean)) / np.float32(self.std)


@dataclass(frozen=True)
class BundleInput:
    """As a bundle reads files: into the store by its reading, then to its network's input.

    Attributes:
        reading: From file to store.
        model_input: From store to network.
    """

    reading: Reading
    model_input: ModelInput

    @cached_property
    def name(self) -> str:
        """Its reading and its size decide."""
        return f"reading-{fingerprint([self.reading.to_json(), self.model_input.size])}"

    def view(self, film: NDArray[np.uint8]) -> NDArray[np.uint16]:
        """The film as the network's size shows it; 16 bits keep what averaging adds."""
        share = resample(prepare_picture(film, self.reading), self.model_input.size)
        return np.rint(share * _DEEP).astype(np.uint16)

    def normalise(self, view: NDArray[np.uint16]) -> NDArray[np.float32]:
        """As the bundle does."""
        return self.model_input(view)
