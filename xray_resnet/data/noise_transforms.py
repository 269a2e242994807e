"""Detector noise as albumentations transforms: what is drawn in `get_params`, what is done in `apply`."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

import xray_resnet.torch_compat  # noqa: F401  before albumentations, which asks for updates on import
from xray_resnet.data.detector_noise import add_electronic_noise, add_quantum_noise

# isort: split
import albumentations

_SEEDS = 2**63


class QuantumNoise(albumentations.ImageOnlyTransform):
    """Quantum noise at a dose fraction drawn log-uniformly between `lowest` and 1."""

    def __init__(self, lowest: float, *, p: float) -> None:
        super().__init__(p=p)
        self.lowest = lowest

    def get_params(self) -> dict[str, Any]:
        """Draws the dose fraction and the seed of the quanta."""
        return {
            "dose_fraction": float(np.exp(self.random_generator.uniform(np.log(self.lowest), 0.0))),
            "noise_seed": int(self.random_generator.integers(_SEEDS)),
        }

    def apply(self, img: NDArray[np.float32], dose_fraction: float, noise_seed: int, **_: Any) -> NDArray[np.float32]:
        """Adds the noise that was drawn to display shares of any shape."""
        return add_quantum_noise(img, dose_fraction, generator=np.random.default_rng(noise_seed))


class ElectronicNoise(albumentations.ImageOnlyTransform):
    """Electronic noise with σ drawn uniformly between 0 and `largest`, as a share of the display range."""

    def __init__(self, largest: float, *, p: float) -> None:
        super().__init__(p=p)
        self.largest = largest

    def get_params(self) -> dict[str, Any]:
        """Draws σ and the seed of the noise."""
        return {
            "sigma": float(self.random_generator.uniform(0.0, self.largest)),
            "noise_seed": int(self.random_generator.integers(_SEEDS)),
        }

    def apply(self, img: NDArray[np.float32], sigma: float, noise_seed: int, **_: Any) -> NDArray[np.float32]:
        """Adds the noise that was drawn to display shares of any shape."""
        return add_electronic_noise(img, sigma, generator=np.random.default_rng(noise_seed))
