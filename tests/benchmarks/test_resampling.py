"""How long the intervals of AUROC take on the test split of a large archive; prints, asserts nothing of time."""

import time

import numpy as np
from numpy.typing import NDArray

from xray_resnet.metrics import estimate_aurocs, estimate_paired_difference
from xray_resnet.metrics.robustness import resample_trainings

PATIENTS, IMAGES, FINDINGS, RESAMPLES = 6_000, 25_000, 14, 2_000


def draw() -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.intp]]:
    """Labels and scores (IMAGES, FINDINGS) and patients of an archive."""
    generator = np.random.default_rng(0)
    patients = generator.integers(PATIENTS, size=IMAGES)
    prevalence = np.geomspace(0.003, 0.25, FINDINGS)
    labels = (generator.random((IMAGES, FINDINGS)) < prevalence).astype(np.float64)
    return labels, labels + generator.normal(size=labels.shape), patients


def test_intervals_of_a_large_archive() -> None:
    labels, scores, patients = draw()
    other = scores + np.random.default_rng(1).normal(size=scores.shape)
    start = time.perf_counter()
    estimate_aurocs(labels, scores, patients=patients)
    closed = time.perf_counter()
    estimate_paired_difference(labels, scores, other, patients=patients)
    paired = time.perf_counter()
    resample_trainings(labels, [[scores]], patients=patients, recipe=0, seed=0, resamples=RESAMPLES)
    end = time.perf_counter()
    print(
        f"\n{FINDINGS} findings of {IMAGES} images: AUROC {closed - start:.2f} s, differences {paired - closed:.2f} s, "
        f"{RESAMPLES} resamples of {PATIENTS} patients {end - paired:.1f} s"
    )
