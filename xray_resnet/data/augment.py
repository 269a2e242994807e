"""Augmentation of training images, by albumentations: geometry, exposure, detector noise.

Images are display shares (S, S) float32 in [0, 1]. What is drawn depends on the generator alone, so that an epoch is
the same in any number of loading processes, and can be replayed.
"""

from collections.abc import Iterator

import cv2
import numpy as np
from numpy.typing import NDArray

import xray_resnet.torch_compat  # noqa: F401  before albumentations, which asks for updates on import
from xray_resnet.config import AugmentConfig
from xray_resnet.data.noise_transforms import ElectronicNoise, QuantumNoise

# isort: split
import albumentations

_SEEDS = 2**31


class Augmentation:
    """Transforms in a row, each with its own seed from the generator.

    `albumentations.Compose` would hand one seed to all of them, which makes their draws the same numbers: an image
    with electronic noise would always have quantum noise too.

    Args:
        transforms: In the order in which they are applied; those with p = 0 are left out.
    """

    def __init__(self, transforms: Iterator[albumentations.BasicTransform]) -> None:
        used = [transform for transform in transforms if transform.p > 0]
        self._pipeline = albumentations.Compose(used)
        self._geometry = albumentations.Compose(
            [transform for transform in used if isinstance(transform, albumentations.DualTransform)]
        )

    def __call__(
        self, image: NDArray[np.float32], generator: np.random.Generator, *, clean: bool = False
    ) -> NDArray[np.float32]:
        """The augmented image, of the same shape and type.

        Args:
            image: Display shares.
            generator: Decides everything that is drawn.
            clean: Geometry alone, as the same generator draws it for the whole augmentation.
        """
        transforms = self._pipeline.transforms
        for transform, seed in zip(transforms, generator.integers(_SEEDS, size=len(transforms)), strict=True):
            transform.set_random_seed(int(seed))
        pipeline = self._geometry if clean else self._pipeline
        return np.asarray(pipeline(image=image)["image"], np.float32)


def build_augmentation(config: AugmentConfig) -> Augmentation:
    """The augmentation of a configuration; with every probability at 0 it changes nothing."""
    return Augmentation(_build_transforms(config))


def _build_transforms(config: AugmentConfig) -> Iterator[albumentations.BasicTransform]:
    yield albumentations.HorizontalFlip(p=config.flip)
    yield albumentations.Affine(
        rotate=(-config.rotation_degrees, config.rotation_degrees),
        translate_percent=(-config.shift, config.shift),
        scale=(1 - config.zoom, 1 + config.zoom),
        keep_ratio=True,
        interpolation=cv2.INTER_LINEAR,
        border_mode=cv2.BORDER_CONSTANT,
        fill=0,
        p=config.geometry,
    )
    yield albumentations.RandomGamma(gamma_limit=(100 * config.gamma[0], 100 * config.gamma[1]), p=config.exposure)
    yield albumentations.RandomBrightnessContrast(config.brightness, config.contrast, p=config.exposure)
    yield QuantumNoise(config.dose_fraction, p=config.quantum_noise)
    yield ElectronicNoise(config.electronic_sigma, p=config.electronic_noise)
