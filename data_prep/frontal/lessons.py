"""Lessons: labelled pictures to learn from, varied films of several archives against all that is no frontal chest."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from data_prep.frontal.bodies import draw_animal, draw_anything, draw_jaw, draw_limb, draw_slice, draw_spine
from data_prep.frontal.canvas import Picture
from data_prep.frontal.films import spoil, vary
from data_prep.frontal.lateral import draw_lateral
from data_prep.frontal.pictures import draw_document, draw_pattern, draw_texture
from data_prep.frontal.sketches import draw_sketch

Draw = Callable[[np.random.Generator], Picture]

FRONTAL, LATERAL, OTHER = range(3)
"""The classes, in the order of the network's outputs."""

_DRAWN: tuple[tuple[Draw, int, float], ...] = (
    (draw_sketch, FRONTAL, 0.04),
    (draw_lateral, LATERAL, 0.12),
    (draw_animal, OTHER, 0.04),
    (draw_limb, OTHER, 0.033),
    (draw_spine, OTHER, 0.033),
    (draw_jaw, OTHER, 0.033),
    (draw_slice, OTHER, 0.04),
    (draw_anything, OTHER, 0.053),
    (draw_pattern, OTHER, 0.04),
    (draw_document, OTHER, 0.02),
    (draw_texture, OTHER, 0.04),
)
"""What is drawn, its class, and its share of all pictures; films, varied or spoilt, make up the rest."""
_SPOILT = 0.13
_EVEN_ARCHIVES = 0.5
"""Share of the films that is drawn from every archive alike; the rest goes by the archives' sizes."""


@dataclass(frozen=True)
class Lessons:
    """Labelled pictures.

    Attributes:
        pictures: (N, S, S).
        classes: (N,) of FRONTAL, LATERAL, OTHER.
    """

    pictures: NDArray[np.uint8]
    classes: NDArray[np.int64]


def draw_lessons(archives: Mapping[str, NDArray[np.uint8]], count: int, rng: np.random.Generator) -> Lessons:
    """`count` pictures; `archives` holds the (N, side, side) frontal films of each archive."""
    pictures: list[Picture] = []
    classes: list[int] = []
    for draw, kind, share in _DRAWN:
        for _ in range(round(share * count)):
            picture = draw(rng)
            pictures.append(vary(picture, rng) if rng.random() < 0.5 else picture)
            classes.append(kind)
    for number in range(count - len(pictures)):
        film = _choose_film(archives, rng)
        is_spoilt = number < _SPOILT * count
        pictures.append(spoil(film, rng) if is_spoilt else vary(film, rng))
        classes.append(OTHER if is_spoilt else FRONTAL)
    return Lessons(np.array(pictures), np.array(classes))


def _choose_film(archives: Mapping[str, NDArray[np.uint8]], rng: np.random.Generator) -> NDArray[Any]:
    films = list(archives.values())
    sizes = np.array([len(archive) for archive in films], np.float64)
    shares = _EVEN_ARCHIVES / len(films) + (1 - _EVEN_ARCHIVES) * sizes / sizes.sum()
    archive = films[rng.choice(len(films), p=shares)]
    return np.asarray(archive[rng.integers(len(archive))])
