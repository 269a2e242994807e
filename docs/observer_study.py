"""What noise does to the phantom's findings: `python docs/observer_study.py [IMAGES]` prints detectability by dose.

The observer is linear and knows everything but the image: the finding's shape and place, the spectrum of the anatomy
that it lies in (the clutter) and that of the noise. It looks at the logarithm of exposure before display, tile by tile;
its detectability is that of the prewhitened matched filter (Barrett and Myers, Foundations of Image Science, 13.2.12),

    d'² = Σ |S(f)|² / (W_clutter(f) + W_noise(f)),

and its AUROC Φ(d' / √2). Texture has no shape to know: there the observer weighs how much each frequency varies,
d'² = ½ Σ (W_texture / (W_clutter + W_noise))². Without noise, what remains is hard through clutter alone. A reader or
network that has to search needs a d' of about 4 to find what this observer, who knows the place, finds with 2.
"""

import sys
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.stats import norm

from data_prep.phantom.anatomy import draw_anatomy
from data_prep.phantom.detector import ELECTRONIC_SIGMA
from data_prep.phantom.findings import FINE
from data_prep.phantom.patient import draw_patient, stream
from data_prep.phantom.render import Exposed, expose

DOSES = (np.inf, 1.0, 0.25, 0.1, 0.05, 0.02, 0.005)
"""Dose fractions; infinite: no noise."""
SUBTLETIES = (1, 3, 5)
SIZE, TILE = 512, 32
TEXTURE = "Interstitial_Lung_Disease"
_SEED = 29
_IN_LUNG = 0.9

Spectra = NDArray[np.float64]
"""(T, 32, 32) power of T tiles by frequency."""


@dataclass(frozen=True)
class Healthy:
    """A phantom without findings, at dose 1.

    Attributes:
        number: Names it.
        quanta: (256, 32, 32) expected ones, in tiles.
        in_lung: (256,) which tiles lie in the lungs.
    """

    number: int
    quanta: NDArray[np.float32]
    in_lung: NDArray[np.bool_]


def main(arguments: list[str]) -> int:
    """Prints the table; returns the exit code."""
    count = int(arguments[0]) if arguments else 24
    patients = [look_at(number) for number in range(count)]
    clutter = measure_clutter(patients)
    print(f"| d' (AUROC) | {' | '.join('no noise' if np.isinf(dose) else f'{dose:g}' for dose in DOSES)} |")
    print("|---|" + "---|" * len(DOSES))
    for finding in FINE.prevalence:
        for subtlety in SUBTLETIES:
            values = measure_detectability(finding, subtlety, patients, clutter)
            cells = (f"{value:.1f} ({norm.cdf(value / np.sqrt(2)):.2f})" for value in values)
            print(f"| {finding.replace('_', ' ')}, subtlety {subtlety} | {' | '.join(cells)} |", flush=True)
    return 0


def look_at(number: int) -> Healthy:
    """The phantom of a number without findings."""
    textured = shine_through({TEXTURE: 1}, number)
    in_lung = cut(textured.lesions[TEXTURE].mask.astype(np.float32)).mean(axis=(1, 2)) > _IN_LUNG
    return Healthy(number, cut(shine_through({}, number).expected), in_lung)


def shine_through(findings: dict[str, int], number: int) -> Exposed:
    """The phantom of a number with findings, before its quanta are counted; all else is the same."""
    patient_rng = stream("patient", _SEED, number)
    patient = draw_patient(patient_rng, number)
    return expose(
        np.random.default_rng([_SEED, number]),
        anatomy=draw_anatomy(patient_rng, patient),
        findings=findings,
        patient_rng=patient_rng,
        size=SIZE,
        repertoire=FINE,
    )


def measure_clutter(patients: Iterable[Healthy]) -> NDArray[np.float64]:
    """Mean power (32, 32) of healthy anatomy in tiles of the lungs."""
    return np.concatenate([to_power(-np.log(each.quanta[each.in_lung])) for each in patients]).mean(axis=0)


def measure_detectability(
    finding: str, subtlety: int, patients: Iterable[Healthy], clutter: NDArray[np.float64]
) -> NDArray[np.float64]:
    """D' at each of `DOSES`, the root of the mean square over patients in whom the finding shows."""
    squares = []
    for each in patients:
        exposed = shine_through({finding: subtlety}, each.number)
        if exposed.lesions[finding].mask.any():
            signal = to_power(np.log(each.quanta) - np.log(cut(exposed.expected)))
            squares.append([square(finding, signal, each, clutter, dose) for dose in DOSES])
    return np.sqrt(np.mean(squares, axis=0))


def square(finding: str, signal: Spectra, patient: Healthy, clutter: NDArray[np.float64], dose: float) -> float:
    """d'² of one patient."""
    total = clutter + noise_power(patient.quanta, dose)
    if finding != TEXTURE:
        return float((signal / total).sum())
    lungs = patient.in_lung
    return float(0.5 * np.square(signal[lungs].mean(axis=0) / total[lungs]).sum())


def noise_power(quanta: NDArray[np.float32], dose: float) -> Spectra:
    """Variance of the logarithm of exposure, (N + σ²) / N², which white noise has at every frequency; (T, 1, 1)."""
    if np.isinf(dose):
        return np.zeros((len(quanta), 1, 1))
    counted = dose * quanta.mean(axis=(1, 2), keepdims=True, dtype=np.float64)
    return (counted + ELECTRONIC_SIGMA**2) / counted**2


def cut(image: NDArray[np.float32]) -> NDArray[np.float32]:
    """(512, 512) into (256, 32, 32) tiles."""
    side = SIZE // TILE
    return image.reshape(side, TILE, side, TILE).swapaxes(1, 2).reshape(-1, TILE, TILE)


def to_power(tiles: NDArray[np.float32]) -> Spectra:
    """Power of tiles by frequency, without their mean, in a Hann window that keeps the power of white noise."""
    window = np.outer(np.hanning(TILE), np.hanning(TILE))
    window /= np.sqrt(np.mean(window**2))
    centred = tiles - tiles.mean(axis=(1, 2), keepdims=True)
    return np.square(np.abs(np.fft.fft2(centred * window))) / TILE**2


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
