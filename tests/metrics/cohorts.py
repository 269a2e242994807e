"""Patients whose images resemble each other, for tests of what counts patients."""

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


def draw_cohort(
    seed: int, *, having: int, lacking: int, images: int = 1, shift: float = 1.0, resemblance: float = 0.7
) -> tuple[Array, Array, NDArray[np.intp]]:
    """Labels, scores and patients of normal scores with variance 1.

    Args:
        seed: Of the draws.
        having: Patients with the finding.
        lacking: Patients without it.
        images: Of each patient.
        shift: How much higher those with the finding score.
        resemblance: Share of the variance that the images of a patient have in common.
    """
    generator = np.random.default_rng(seed)
    patients = np.repeat(np.arange(having + lacking), images)
    labels = (patients < having).astype(float)
    own, rest = generator.normal(size=having + lacking)[patients], generator.normal(size=len(patients))
    return labels, np.sqrt(resemblance) * own + np.sqrt(1 - resemblance) * rest + shift * labels, patients
