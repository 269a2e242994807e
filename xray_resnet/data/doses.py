"""The doses of one image: what its detector would have shown if fewer quanta had reached it; always at 512²."""

from xray_resnet.data.degradations.quantum_noise import add_quantum_noise
from xray_resnet.data.ladder import digest_picture, draw_witness, make_generator
from xray_resnet.detector import FILM, Detector, Share
from xray_resnet.fingerprint import fingerprint

_WITNESSED = (0.5, 0.02)


def lower_dose(
    share: Share, dose_fraction: float, *, image: str, repetition: int, detector: Detector | None = None
) -> Share:
    """The image at a fraction of its dose.

    The quanta are drawn from a stream that depends on the image and the repetition alone: doses differ in their amount
    and in nothing else, and every model gets the same pixels.

    Args:
        share: (512, 512) of the display range, taken as of dose 1.
        dose_fraction: Above 0 to 1; 1 leaves the image as it is.
        image: Names the image.
        repetition: Which of the exposures that could be made of it.
        detector: What took it; None: a film, by the assumption of `FILM`.

    Returns:
        Shares of the same shape.
    """
    generator = make_generator(f"dose {repetition} {image}")
    return add_quantum_noise(share, dose_fraction, generator=generator, detector=detector or FILM)


def fingerprint_doses() -> str:
    """16 hexadecimal digits that change with whatever changes an image: of what a witness looks like at two doses."""
    witness = draw_witness()
    return fingerprint(
        [digest_picture(lower_dose(witness, dose, image="witness", repetition=0)) for dose in _WITNESSED]
    )
