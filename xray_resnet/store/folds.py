"""Folds of a dataset: each patient is in the test part of one."""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from xray_resnet.store.reader import Dataset


def cross_fit(dataset: Dataset, *, folds: int, val_every: int = 8) -> Iterator[dict[str, NDArray[np.int64]]]:
    """Splits of which each patient is in the test part of one; the rest are trained on, but for one in `val_every`.

    Args:
        dataset: Its patients are numbered as their first images come, so that the folds do not depend on the hash key.
        folds: How many.
        val_every: Patients of the rest per patient that chooses the epoch.

    Yields:
        train, val and test → rows.
    """
    _, first, patients = np.unique(dataset.patient_ids, return_index=True, return_inverse=True)
    number = np.argsort(np.argsort(first))[patients]
    place = np.random.default_rng(0).permutation(len(first))[number]
    for fold in range(folds):
        is_test = place % folds == fold
        is_val = ~is_test & (place // folds % val_every == 0)
        chosen = {"train": ~is_test & ~is_val, "val": is_val, "test": is_test}
        yield {split: np.flatnonzero(mask) for split, mask in chosen.items()}
