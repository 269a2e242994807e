"""What corruption costs: AUROC lost against the clean images, of one recipe that was trained several times.

Two recipes are compared over the same images. Trainings of one recipe differ by their seed alone, and a figure that
holds for one training may not hold for the next, so trainings are drawn together with patients (a crossed bootstrap:
Owen, Annals of Applied Statistics 1 (2007) 386).
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import ArrayLike, NDArray

from xray_resnet.metrics.bootstrap import RESAMPLES, Estimate, draw_weights, estimate, number_patients
from xray_resnet.metrics.ranking import Floats, RankedPairs

TRAININGS_AND_PATIENTS = "percentile bootstrap of trainings and patients together"
CLEAN = 0
"""Place of the clean images among the versions."""


def lose(aurocs: ArrayLike, *, axis: int = -1) -> Floats:
    """AUROC lost by each corrupted version, max(0, clean - corrupted): what corruption improves by chance is no gain.

    Args:
        aurocs: Of every version along `axis`, the clean one first.
        axis: Of the versions; the result is shorter by one along it.
    """
    values = np.asarray(aurocs, np.float64)
    clean, corrupted = np.split(values, [CLEAN + 1], axis=axis)
    return np.asarray(np.maximum(clean - corrupted, 0.0))


@dataclass(frozen=True)
class Trainings:
    """AUROC of M trainings of one recipe on V versions of the same images, the clean one first.

    Attributes:
        aurocs: (M, V).
        samples: (M, V, R) in each resample of the patients; NaN if undefined.
        drawn: (M, R) which trainings stand in each resample.
    """

    aurocs: Floats
    samples: Floats
    drawn: NDArray[np.intp]

    @property
    def losses(self) -> Floats:
        """(V - 1,) AUROC lost by each corrupted version, mean over the trainings."""
        return np.asarray(lose(self.aurocs).mean(axis=0))

    def version(self, place: int = CLEAN) -> tuple[float, Floats]:
        """AUROC on one version of the images, mean over the trainings, and (R,) resamples of it."""
        return float(self.aurocs[:, place].mean()), self._average(self.samples[:, place])

    def loss(self, cells: Sequence[int]) -> tuple[float, Floats]:
        """Mean loss over some corrupted versions, counted from 0, and over the trainings; and (R,) resamples of it."""
        chosen = [*cells]
        lost = lose(self.samples, axis=1)[:, chosen].mean(axis=1)
        return float(self.losses[chosen].mean()), self._average(lost)

    def _average(self, samples: Floats) -> Floats:
        """(M, R) to the mean over the trainings that each resample drew, (R,)."""
        return np.asarray(np.take_along_axis(samples, self.drawn, axis=0).mean(axis=0))


def resample_trainings(
    labels: NDArray[np.generic],
    scores: Sequence[Sequence[NDArray[np.generic]]],
    *,
    patients: ArrayLike,
    recipe: int,
    seed: int,
    resamples: int = RESAMPLES,
) -> Trainings:
    """AUROC of every training on every version, with resamples of trainings and patients.

    Two recipes that are given the same patients and seed get the same resamples of the patients, and so are paired.

    Args:
        labels: (N, F) of 1, 0 or NaN; the AUROC is the mean over the F findings.
        scores: M trainings of V versions of (N, F) scores, the clean one first.
        patients: (N,) identifiers; a patient is drawn with all their images.
        recipe: Its number; trainings of different recipes are drawn independently.
        seed: Of the draws.
        resamples: How many.
    """
    units = number_patients(patients)
    width = int(units.max()) + 1
    weights = draw_weights(width, resamples, generator=np.random.default_rng([seed, 0]))
    both = np.concatenate([np.ones((width, 1)), weights], axis=1)
    values = np.stack([[_macro(labels, version, units, both) for version in training] for training in scores])
    drawn = np.random.default_rng([seed, 1, recipe]).integers(len(scores), size=(len(scores), resamples))
    return Trainings(values[..., 0], values[..., 1:], drawn)


def _macro(
    labels: NDArray[np.generic], scores: NDArray[np.generic], units: NDArray[np.intp], weights: Floats
) -> Floats:
    """Mean AUROC over the findings under each weighting."""
    pairs = [RankedPairs.of(truth, score, units=units) for truth, score in zip(labels.T, scores.T, strict=True)]
    return np.asarray(np.mean([finding.auroc(weights) for finding in pairs], axis=0))


def contrast(
    first: tuple[float, Floats], second: tuple[float, Floats], how: Callable[[Floats, Floats], Floats] = np.subtract
) -> Estimate:
    """A figure of the second recipe against that of the first, with its interval.

    Args:
        first: The figure and its resamples.
        second: The figure and its resamples.
        how: `np.subtract` for the second minus the first, `np.divide` for their quotient, which is undefined if the
            first recipe loses nothing.
    """
    before, after = (np.append(samples, value) for value, samples in (first, second))
    with np.errstate(divide="ignore", invalid="ignore"):
        figures = how(after, before)
    if not np.isfinite(figures[-1]):
        return Estimate(None, excluded=len(figures) - 1, why_null="the first recipe loses nothing")
    return state((float(figures[-1]), figures[:-1]))


def state(figure: tuple[float, Floats]) -> Estimate:
    """A figure with the interval of its resamples."""
    stated = estimate(*figure)
    return replace(stated, method=TRAININGS_AND_PATIENTS) if stated.method else stated
