"""What a batch is held against: one validation film of each patient, in a few numbers, without any identifier."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from xray_resnet.basis import Basis
from xray_resnet.packed import Packed, pack

SHARES = ("inverted", "lateral", "elsewhere", "ap")
"""Columns that are 1 or 0, or `UNKNOWN`."""
FILM_COLUMNS = (*SHARES, "noise", "grey", "contrast")
"""What is measured of a film without the network, as `dicom.appearance.measure_film` gives it."""
DISTANCE = "distance"
UNKNOWN = -1.0

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class ShiftReference:
    """Films of M patients and F findings.

    Attributes:
        basis: Whose films they are.
        films: (M, 8 + F): `FILM_COLUMNS`, distance from the training films, logits.
        labels: (M, F) 1, 0 or `UNKNOWN`.
    """

    basis: Basis
    films: Packed
    labels: Packed

    def __post_init__(self) -> None:
        rows, findings = self.labels.shape
        if self.films.shape != (rows, len(FILM_COLUMNS) + 1 + findings):
            raise ValueError(f"a reference of films {self.films.shape} with labels {self.labels.shape}")
        shares = self.films.array[:, : len(SHARES)]
        if not all(np.isin(values, (0, 1, UNKNOWN)).all() for values in (shares, self.labels.array)):
            raise ValueError("a reference with shares or labels that are not 1, 0 or -1")

    def choose(self, places: Sequence[int]) -> "ShiftReference":
        """The reference for some of the findings, by their places."""
        columns = [*range(len(FILM_COLUMNS) + 1), *(len(FILM_COLUMNS) + 1 + place for place in places)]
        return replace(self, films=pack(self.films.array[:, columns]), labels=pack(self.labels.array[:, [*places]]))

    @classmethod
    def from_plain(cls, values: Mapping[str, Any]) -> "ShiftReference":
        """The reference whose `asdict` was written.

        Raises:
            ValueError: for values that cannot be.
        """
        packed = {name: Packed.from_plain(values[name]) for name in ("films", "labels")}
        return cls(Basis(**values["basis"]), **packed)


def join_columns(film: ArrayLike, distances: ArrayLike, logits: ArrayLike) -> Floats:
    """(N, 7) of films without the network, (N,) distances and (N, F) logits as the columns of a reference."""
    return np.column_stack([np.asarray(part, np.float64) for part in (film, distances, logits)])
