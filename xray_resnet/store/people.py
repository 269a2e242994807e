"""Whose radiographs stand in some rows of a dataset: views, sexes and ages."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from xray_resnet.store.reader import Dataset

UNKNOWN = "not known"
_QUARTILES = (0.25, 0.5, 0.75)


@dataclass(frozen=True)
class People:
    """Images by what is known of the patient.

    Attributes:
        views: View → share of the images, the most frequent first; `not known` is one of them.
        sexes: Likewise.
        age: Quartiles in years of the images where it is known; None if it never is.
        age_known: Share of the images where it is.
    """

    views: dict[str, float]
    sexes: dict[str, float]
    age: tuple[float, ...] | None
    age_known: float


def measure_people(dataset: Dataset, rows: NDArray[np.int64]) -> People:
    """Of at least one image in (N,) rows."""
    views, sexes, ages = ([dataset.column(name)[row] for row in rows.tolist()] for name in ("view", "sex", "age"))
    known = [float(age) for age in ages if age is not None]
    quartiles = tuple(np.quantile(known, _QUARTILES).tolist()) if known else None
    return People(_share(views), _share(sexes), quartiles, len(known) / len(rows))


def _share(values: Sequence[Any]) -> dict[str, float]:
    counts = Counter(str(value or UNKNOWN) for value in values)
    return {name: count / len(values) for name, count in counts.most_common()}
