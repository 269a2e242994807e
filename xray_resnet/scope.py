"""Scope: how unlike its training films a network sees an image, and beyond which distance it is out of scope; NumPy.

The distance is Mahalanobis's in the space of the pooled features (Lee et al., NeurIPS 2018), with the covariance of
probabilistic PCA (Tipping and Bishop, J R Stat Soc B 61 (1999) 611): the variances of the leading directions as they
are, one mean variance for all others. That is small enough for a bundle, and no class labels are needed.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from xray_resnet.basis import Basis
from xray_resnet.packed import Packed, pack
from xray_resnet.plain import read_number

MOST_DIRECTIONS = 64
"""Directions with a variance of their own, at most."""
_FILMS_PER_DIRECTION = 10
FALSE_ALARMS = 0.01
"""Share of the films of new patients that may be called out of scope though they are like the training films."""

Floats = NDArray[np.floating[Any]]


@dataclass(frozen=True)
class FeatureSpace:
    """Where features of training films lie, C of them.

    Attributes:
        mean: (C,) of the films.
        directions: (K, C) leading directions, orthonormal, the one of most variance first.
        variances: (K,) of the films along each, above 0.
        rest: Mean variance along a direction that is not among them, above 0.
    """

    mean: Packed
    directions: Packed
    variances: Packed
    rest: float

    def __post_init__(self) -> None:
        (leading, features) = self.directions.shape
        if self.mean.shape != (features,) or self.variances.shape != (leading,) or leading >= features:
            raise ValueError(
                f"a mean {self.mean.shape}, directions {self.directions.shape} and variances {self.variances.shape}, "
                "expected (C,), (K, C) and (K,) with K below C"
            )
        if not (np.isfinite(self.rest) and self.rest > 0 and (self.variances.array > 0).all()):
            raise ValueError("variances of features, expected numbers above 0")

    @property
    def width(self) -> int:
        """C."""
        return self.mean.shape[0]

    def project(self, features: Floats) -> NDArray[np.float64]:
        """Features (N, C) along the leading directions (N, K), in standard deviations."""
        return (features - self.mean.array) @ self.directions.array.T / np.sqrt(self.variances.array)

    def measure(self, features: Floats) -> NDArray[np.float64]:
        """Distance of features (N, C) from the training films, (N,): the root of the mean over C directions.

        About 1 is usual, because the square along each direction is divided by its variance.
        """
        offsets = features - self.mean.array
        along = offsets @ self.directions.array.T
        left = np.maximum((offsets**2).sum(axis=1) - (along**2).sum(axis=1), 0)
        squares = (along**2 / self.variances.array).sum(axis=1) + left / self.rest
        return np.asarray(np.sqrt(squares / self.width))


@dataclass(frozen=True)
class Scope:
    """What is like the training films.

    Attributes:
        basis: What the threshold was found on.
        space: Where the features of training films lie.
        threshold: The greatest distance that is in scope.
        false_alarms: The share of films like those of the basis that are beyond it, at most.
    """

    basis: Basis
    space: FeatureSpace
    threshold: float
    false_alarms: float

    def __post_init__(self) -> None:
        if not (np.isfinite(self.threshold) and self.threshold > 0 and 0 < self.false_alarms < 1):
            raise ValueError(
                f"threshold {self.threshold!r:.40} of a scope with false alarms {self.false_alarms!r:.40}, "
                "expected above 0, and between 0 and 1"
            )

    def is_beyond(self, features: Floats) -> NDArray[np.bool_]:
        """Whether images of features (N, C) are out of scope, (N,)."""
        return self.space.measure(features) > self.threshold

    @classmethod
    def from_plain(cls, values: Mapping[str, Any]) -> "Scope":
        """The scope whose `asdict` was written.

        Raises:
            ValueError: for values that cannot be.
        """
        space = {name: Packed.from_plain(values["space"][name]) for name in ("mean", "directions", "variances")}
        return cls(
            Basis(**values["basis"]),
            FeatureSpace(**space, rest=read_number(values["space"]["rest"], "rest")),
            read_number(values["threshold"], "threshold"),
            read_number(values["false_alarms"], "false_alarms"),
        )


def fit_space(features: Floats) -> FeatureSpace:
    """Where the features (N, C) of N training films lie.

    Raises:
        ValueError: if the films are too few, or all the same.
    """
    count, width = features.shape
    leading = min(MOST_DIRECTIONS, count // _FILMS_PER_DIRECTION, width // 2)
    if leading < 1:
        raise ValueError(f"{count} training films, expected {_FILMS_PER_DIRECTION} or more")
    mean = features.mean(axis=0, dtype=np.float64)
    _, lengths, directions = np.linalg.svd(features - mean, full_matrices=False)
    variances = lengths**2 / (count - 1)
    rest = float(variances[leading:].sum() / (width - leading))
    if not (rest > 0 and variances[leading - 1] > 0):
        raise ValueError("the features of the training films do not differ")
    return FeatureSpace(pack(mean), pack(directions[:leading]), pack(variances[:leading]), rest)


def rank_threshold(count: int, false_alarms: float) -> int:
    """⌈(N + 1)(1 - α)⌉ of N distances; beyond N if they are too few."""
    return int(np.ceil((count + 1) * (1 - false_alarms) - 1e-9))


def choose_threshold(distances: Floats, *, false_alarms: float = FALSE_ALARMS) -> float | None:
    """The distance that a film like N others exceeds with a probability of at most `false_alarms`; None if N is small.

    It is the ⌈(N + 1)(1 - α)⌉-th of the N distances (Vovk, Gammerman and Shafer 2005): exact for any distribution, if
    the film could be any of the N + 1 with equal right, as one film each of different patients is.

    Args:
        distances: (N,) of held-out films, one of each patient.
        false_alarms: α.
    """
    rank = rank_threshold(len(distances), false_alarms)
    return float(np.sort(distances)[rank - 1]) if rank <= len(distances) else None
