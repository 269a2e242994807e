"""The referee of the noise model: phantoms rendered at a dose against phantoms brought to it by the augmentation.

Run as `python -m docs.noise_variance`; prints the table of docs/noise.md. Each image is rendered twice with different
noise: half the mean square of the difference is the variance of the noise, whatever the image shows.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from data_prep.phantom.patient import schedule_patients
from data_prep.phantom.render import Rendering, render_image
from xray_resnet.data.degradations.quantum_noise import add_quantum_noise
from xray_resnet.detector import FILM, Detector, Share, SigmoidCurve
from xray_resnet.detector.display_curve import blur_widely
from xray_resnet.dicom.display.pixels import Window, apply_window

SIZES = (128, 256, 512)
DOSE_FRACTIONS = (0.5, 0.1, 0.02)
IMAGES = 6

NEARLY_NOISELESS = 30.0
"""Dose of the rendering that tells where the regions are."""
REGIONS = {"lung": (-np.inf, 0.5), "heart and chest wall": (0.5, 1.5), "mediastinum and abdomen": (1.5, np.inf)}
"""Attenuation −ln E relative to mid lung, from … to."""
BESIDE_SATURATION = "beside what is saturated"
"""Where black or white pixels hide the surroundings that the console raises detail against."""
_NEARBY = 0.02
"""Share of saturated surroundings from which on a pixel lies beside them."""
_SEED = 5


@dataclass
class Variances:
    """Sums over the pixels of a region.

    Attributes:
        pixels: How many.
        rendered: Noise variance of phantoms rendered at the dose.
        known: Of phantoms of dose 1 brought to it, their detector known.
        assumed: Likewise, taken as films that tell nothing.
    """

    pixels: int = 0
    rendered: float = 0.0
    known: float = 0.0
    assumed: float = 0.0


def compare_variances(size: int, dose_fraction: float, *, images: int = IMAGES) -> dict[str, Variances]:
    """Region → its variances, over the first `images` phantoms of `size` × `size`."""
    found = {region: Variances() for region in (*REGIONS, BESIDE_SATURATION)}
    for number, patient in enumerate(schedule_patients(images, _SEED)):
        films = [render(number, patient, size=size, dose_fraction=1.0, noise=noise) for noise in (1, 2)]
        low = [render(number, patient, size=size, dose_fraction=dose_fraction, noise=noise) for noise in (3, 4)]
        squares = {
            "rendered": compute_variance([to_share(rendering) for rendering in low]),
            "known": compute_variance(bring_to(dose_fraction, films, films[0].detector)),
            "assumed": compute_variance(bring_to(dose_fraction, films, FILM)),
        }
        for region, mask in find_regions(number, patient, size=size):
            found[region].pixels += int(mask.sum())
            for name, square in squares.items():
                setattr(found[region], name, getattr(found[region], name) + float(square[mask].sum()))
    return found


def render(number: int, patient: int, *, size: int, dose_fraction: float, noise: int) -> Rendering:
    """One phantom with one of several patterns of noise."""
    return render_image(number, patient, size=size, seed=_SEED, dose_fraction=dose_fraction, noise=noise)


def to_share(rendering: Rendering) -> Share:
    """The image through its window, as xray-prep reads it, before rounding to the store's type."""
    return apply_window(rendering.stored.astype(np.float64), Window(*rendering.window)).astype(np.float32)


def bring_to(dose_fraction: float, films: Sequence[Rendering], detector: Detector) -> list[Share]:
    """The films at a lower dose, each with noise of its own."""
    return [
        add_quantum_noise(to_share(film), dose_fraction, generator=np.random.default_rng(seed), detector=detector)
        for seed, film in enumerate(films)
    ]


def compute_variance(pair: Sequence[Share]) -> NDArray[np.float64]:
    """Per pixel, half the square of the difference of two images that differ in noise alone."""
    return np.square(pair[0].astype(np.float64) - pair[1]) / 2


def find_regions(number: int, patient: int, *, size: int) -> Iterator[tuple[str, NDArray[np.bool_]]]:
    """(region, mask) of a phantom; saturated pixels, which show no noise, are in none."""
    rendering = render(number, patient, size=size, dose_fraction=NEARLY_NOISELESS, noise=0)
    share, curve = to_share(rendering), rendering.detector.curve
    assert isinstance(curve, SigmoidCurve)
    seen = (share > _NEARBY) & (share < 1 - _NEARBY)
    saturated = ((share <= 0) | (share >= 1)).astype(np.float32)
    beside = blur_widely(saturated, curve.detail_sigma * size) > _NEARBY
    attenuation = -np.log(curve.to_exposure(share))
    yield BESIDE_SATURATION, seen & beside
    for region, (least, most) in REGIONS.items():
        yield region, seen & ~beside & (attenuation >= least) & (attenuation < most)


def format_row(size: int, dose_fraction: float, found: dict[str, Variances]) -> str:
    """A row of the table: per region, the ratio of variances with the detector known, and as a film."""
    cells = (f"{sums.known / sums.rendered:.3f} ({sums.assumed / sums.rendered:.2f})" for sums in found.values())
    return " | ".join((f"| {size}²", f"{dose_fraction:g}", *cells)) + " |"


def main() -> None:
    """Prints the table."""
    regions = (*REGIONS, BESIDE_SATURATION)
    print(" | ".join(("| size", "dose", *regions)) + " |\n" + "|---" * (2 + len(regions)) + "|")
    for size in SIZES:
        for dose_fraction in DOSE_FRACTIONS:
            print(format_row(size, dose_fraction, compare_variances(size, dose_fraction)), flush=True)


if __name__ == "__main__":
    main()
