"""A sample of the images for what would take too long on all: whole patients, drawn at random."""

import numpy as np
from numpy.typing import NDArray


def draw_patients(patients: NDArray[np.str_], count: int, *, generator: np.random.Generator) -> NDArray[np.intp]:
    """Places of the images of patients drawn one after the other, until there are enough.

    Args:
        patients: (N,) whose each image is.
        count: Images that are enough; the last patient may bring some more.
        generator: Draws the order of the patients; a larger count continues the sample of a smaller one.

    Returns:
        (n,) in order; all N if they are not more than `count`.
    """
    ids, whose, images = np.unique(patients, return_inverse=True, return_counts=True)
    order = generator.permutation(len(ids))
    before = np.cumsum(images[order]) - images[order]
    return np.flatnonzero(np.isin(whose, order[before < count]))


def draw_one_each(patients: NDArray[np.str_], *, generator: np.random.Generator) -> NDArray[np.intp]:
    """Places of one image of each patient, drawn among theirs.

    Args:
        patients: (N,) whose each image is.
        generator: Draws it.

    Returns:
        (P,) in the order of the patients' names.
    """
    order = generator.permutation(len(patients))
    _, first = np.unique(patients[order], return_index=True)
    return np.asarray(order[first], np.intp)
