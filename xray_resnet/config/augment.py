"""Section `augment`: what changes training images."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from xray_resnet.bounds import bounded


@dataclass
class AugmentConfig:
    """Training augmentation, in the order of image formation: patient, beam, detector, display.

    Each p is the probability that an image gets it, 0: never. Pixels are those of an image of 512²; other sizes are
    degraded to the same effect.
    """

    flip: float = bounded(0.0, least=0, most=1)
    """Probability of a left-right flip; off, because the heart's side is a sign."""
    geometry: float = bounded(0.7, least=0, most=1)
    """Probability of a rotation, shift and zoom, each drawn uniformly within its limit."""
    exposure: float = bounded(0.5, least=0, most=1)
    """Probability of a change of gamma, and of one of brightness and contrast."""
    quantum_noise: float = bounded(0.3, least=0, most=1)
    """Probability of quantum noise; the dose fraction is drawn log-uniformly from `dose_fraction` to 1."""
    electronic_noise: float = bounded(0.2, least=0, most=1)
    """Probability of electronic noise; σ is drawn uniformly from 0 to `electronic_sigma`."""
    hide_facts: float = bounded(0.1, least=0, most=1)
    """Probability that a fact of `model.facts` is hidden from the network, which learns to do without it."""
    dose_fraction: float = bounded(0.05, above=0, most=1)
    """Lowest dose fraction; a film as it came is 1, of 10⁴ quanta per pixel in mid lung."""
    electronic_sigma: float = bounded(0.04, least=0)
    """Largest σ of electronic noise, as a share of the display range."""
    rotation_degrees: float = bounded(15.0, least=0, most=180)
    """Largest rotation to either side."""
    shift: float = bounded(0.06, least=0, below=1)
    """Largest shift along each axis, as a share of the side."""
    zoom: float = bounded(0.1, least=0, below=1)
    """Largest change of scale: 0.1 draws factors from 0.9 to 1.1."""
    gamma: tuple[float, float] = bounded((0.5, 2.0), above=0)
    """Least and greatest exponent of the display shares, drawn log-uniformly."""
    brightness: float = bounded(0.1, least=0, most=1)
    """Largest brightness added or taken, as a share of the display range."""
    contrast: float = bounded(0.2, least=0, most=1)
    """Largest change of the contrast: 0.2 draws factors from 0.8 to 1.2."""
    collimation: float = bounded(0.3, least=0, most=1)
    """Probability of a collimated field; each side's border is drawn uniformly from 0 to `border`."""
    border: float = bounded(0.2, least=0, below=0.5)
    """Largest border, as a share of the side."""
    shutter: float = bounded(0.8, least=0, most=1)
    """Share of the collimated fields whose borders are shown black; the others are white."""
    scatter: float = bounded(0.3, least=0, most=1)
    """Probability of scatter; its fraction is drawn uniformly from 0 to `scatter_fraction`."""
    scatter_fraction: float = bounded(0.5, least=0, below=1)
    """Largest scattered fraction of the exposure."""
    blur: float = bounded(0.2, least=0, most=1)
    """Probability of detector blur; σ is drawn uniformly from 0 to `blur_sigma`."""
    blur_sigma: float = bounded(2.0, least=0)
    """Largest σ of the detector's point spread, in pixels."""
    marker: float = bounded(0.1, least=0, most=1)
    """Probability of a lead marker near the rim; none says a side."""
    marker_height: tuple[float, float] = bounded((12.0, 32.0), above=0)
    """Least and greatest height of its letters, in pixels."""
    tube: float = bounded(0.1, least=0, most=1)
    """Probability of a catheter along a smooth curve."""
    tube_width: tuple[float, float] = bounded((2.0, 6.0), above=0)
    """Least and greatest width of the catheter, in pixels."""
    tube_contrast: tuple[float, float] = bounded((0.05, 0.25), least=0, most=1)
    """Least and greatest brightness that the catheter adds, as shares of the display range."""
    motion: float = bounded(0.0, least=0, most=1)
    """Probability of motion blur; off: the corruption ladder holds it out, to measure what was not trained on."""
    motion_length: float = bounded(10.0, least=0)
    """Longest movement, in pixels."""
    jpeg: float = bounded(0.0, least=0, most=1)
    """Probability of JPEG compression; off: the ladder holds it out."""
    jpeg_quality: int = bounded(20, least=1, most=100)
    """Lowest quality; the greatest is 100."""
    grid_lines: float = bounded(0.0, least=0, most=1)
    """Probability of the lines of a stationary grid; off: the ladder holds it out."""
    grid_contrast: float = bounded(0.07, least=0, most=1)
    """Largest contrast of the lines, as a share of the display range."""
    dead_pixels: float = bounded(0.0, least=0, most=1)
    """Probability of dead rows and pixels; off: the ladder holds it out."""
    dead_fraction: float = bounded(0.01, least=0, most=1)
    """Largest fraction of rows, and of pixels, that is dead."""
    exposure_ratio: tuple[float, float] = bounded((10.0, 60.0), above=1)
    """Least and greatest ratio of exposures that the display range is taken to span, drawn log-uniformly per image, for
    films that do not tell; the smaller, the more of the noise is seen."""
    albumentations: list[dict[str, Any]] = field(default_factory=list)
    """Transforms of albumentations after all others, before resampling: the name of each, its probability p (the
    library's if there is none) and its arguments, such as [{name: CLAHE, p: 0.2, clip_limit: [1, 3]}]. Image-only and
    dual transforms that make an image of the same shape from one grey image in [0, 1]."""
    size: int = bounded(512, least=32)
    """Rows and columns above which images are averaged down to it before they are degraded, but not below the network's
    input. A smaller one is faster."""
    probability: float = bounded(1.0, least=0, most=1)
    """Factor of every probability; 0 leaves images as they are."""

    def list_mistakes(self) -> Iterator[str]:
        """Ranges in the wrong order, and transforms without a name."""
        for name in ("gamma", "marker_height", "tube_width", "tube_contrast", "exposure_ratio"):
            least, greatest = getattr(self, name)
            if least > greatest:
                yield f"{name} is {[least, greatest]}, expected the least first"
        for place, entry in enumerate(self.albumentations):
            if not isinstance(entry.get("name"), str):
                yield f"albumentations[{place}] is {entry}, expected its name, such as {{name: CLAHE, p: 0.2}}"
