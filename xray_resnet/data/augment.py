"""Augmentation of training images: which transforms an image gets, and with what amounts.

Images are display shares (S, S) float32 in [0, 1], at the size of the store: noise arises at the detector, before
display processing and before resampling to the network. What is drawn depends on the generator alone, so that an epoch
is the same in any number of loading processes and after a resumption; what was drawn can be applied again.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np

from xray_resnet.config import AugmentConfig
from xray_resnet.data.degradations import REFERENCE_SIZE, Detector, FilmCurve, Share
from xray_resnet.data.transforms import (
    Parameters,
    Transform,
    build_named_transforms,
    draw_log_uniform,
    list_transforms,
)


class Step(NamedTuple):
    """A transform that an image gets, with what was drawn for it."""

    name: str
    parameters: Parameters


@dataclass(frozen=True)
class Drawing:
    """All that was drawn for one image.

    Attributes:
        steps: What is done to it, in order.
        exposure_ratio: Of the exposures that its display range is taken to span, unless its detector is known.
    """

    steps: tuple[Step, ...]
    exposure_ratio: float


class Augmentation:
    """Transforms in the order of image formation, each drawn by its probability.

    Args:
        transforms: (name, probability, transform); those of probability 0 are left out.
        exposure_ratio: Least and greatest ratio of exposures that the display range of a film may span.
        size: Larger images are averaged down to it first.
    """

    def __init__(
        self,
        transforms: Iterable[tuple[str, float, Transform]],
        *,
        exposure_ratio: tuple[float, float] = (50.0, 50.0),
        size: int = REFERENCE_SIZE,
    ) -> None:
        used = [(name, probability, transform) for name, probability, transform in transforms if probability > 0]
        self._probabilities = {name: probability for name, probability, _ in used}
        self._transforms = {name: transform for name, _, transform in used}
        self._exposure_ratio = exposure_ratio
        self.size = size

    def draw(self, generator: np.random.Generator, *, clean: bool = False) -> Drawing:
        """Draws what an image gets.

        Args:
            generator: Decides everything that is drawn.
            clean: Keeps only what moves the patient, as the same generator draws it for the whole augmentation.
        """
        ratio = draw_log_uniform(generator, self._exposure_ratio)
        steps = tuple(
            Step(name, self._transforms[name].draw(generator))
            for name, probability in self._probabilities.items()
            if generator.random() < probability
        )
        drawing = Drawing(steps, ratio)
        return self._keep_moves(drawing) if clean else drawing

    def apply(self, share: Share, drawing: Drawing, *, detector: Detector | None = None) -> Share:
        """The image with what was drawn, of the same shape; itself if nothing was.

        Args:
            share: (S, S) display shares.
            drawing: As `draw` gave it.
            detector: What took the image; None: a film of the exposure ratio that was drawn.
        """
        detector = detector or Detector(FilmCurve(latitude=float(np.log(drawing.exposure_ratio))))
        for name, parameters in drawing.steps:
            share = self._transforms[name].apply(share, detector, **parameters)
        return share

    def __call__(
        self,
        share: Share,
        generator: np.random.Generator,
        *,
        clean: bool = False,
        detector: Detector | None = None,
    ) -> Share:
        """Draws and applies."""
        return self.apply(share, self.draw(generator, clean=clean), detector=detector)

    def _keep_moves(self, drawing: Drawing) -> Drawing:
        return replace(drawing, steps=tuple(step for step in drawing.steps if self._transforms[step.name].moves))


def build_augmentation(config: AugmentConfig) -> Augmentation:
    """The augmentation of a configuration; with every probability at 0 it changes nothing.

    Raises:
        ConfigurationError: with every entry of `albumentations` that cannot be used.
    """
    named = build_named_transforms(config.albumentations, size=config.size)
    transforms = [*list_transforms(config), *((transform.key, transform.probability, transform) for transform in named)]
    scaled = ((name, config.probability * p, transform) for name, p, transform in transforms)
    return Augmentation(scaled, exposure_ratio=config.exposure_ratio, size=config.size)
