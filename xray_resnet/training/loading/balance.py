"""How often an epoch draws each training image, by name."""

from collections.abc import Callable, Mapping

import numpy as np
from numpy.typing import NDArray

from xray_resnet.methods import Sampling
from xray_resnet.training.task import Task

Draws = NDArray[np.float64] | None
"""(N,) 1 on average; None: every image once."""

THRESHOLD = 0.5
"""Share of positives from which a finding is not rare: none is rare that is as frequent as its absence."""


def draw_once(targets: NDArray[np.float32], patients: NDArray[np.str_]) -> Draws:
    """Every image once."""
    return None


def balance_classes(targets: NDArray[np.float32], patients: NDArray[np.str_]) -> Draws:
    """Images with rare findings more often: repeat factor sampling (Gupta et al. 2019) for several labels.

    A finding of frequency f, among the images in which it is known, has the factor max(1, √(t / f)), t = `THRESHOLD`;
    an image has the greatest factor of its positive findings.
    """
    frequencies = np.nansum(targets, axis=0) / np.maximum(1, np.sum(~np.isnan(targets), axis=0))
    factors = np.maximum(1, np.sqrt(THRESHOLD / np.maximum(frequencies, 1 / len(targets))))
    of_images = np.where(targets == 1, factors, 1).max(axis=1)
    return np.asarray(of_images / of_images.mean(), np.float64)


def balance_patients(targets: NDArray[np.float32], patients: NDArray[np.str_]) -> Draws:
    """Every patient equally often, however many images there are of each."""
    _, of_image, images = np.unique(patients, return_inverse=True, return_counts=True)
    shares = 1 / images[of_image]
    return np.asarray(shares / shares.mean(), np.float64)


SAMPLINGS: Mapping[Sampling, Callable[[NDArray[np.float32], NDArray[np.str_]], Draws]] = {
    "shuffled": draw_once,
    "class_balanced": balance_classes,
    "patient_balanced": balance_patients,
}
"""Name → how often each image is drawn, from targets (N, F), NaN where unknown, and patients (N,)."""


def count_draws(task: Task, sampling: Sampling) -> Draws:
    """How often an epoch has each training image of a task."""
    return SAMPLINGS[sampling](task.targets_of("train"), task.dataset.patient_ids[task.rows["train"]])
