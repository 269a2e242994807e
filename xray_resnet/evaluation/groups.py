"""Images in groups by what is known of them.

No image is dropped: rare values are together among the others, and what is absent is a group of its own.
"""

from collections import Counter
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from xray_resnet.store.people import UNKNOWN

MOST_GROUPS = 8
"""Of a fact, the not known apart; of more values the most frequent stay, the rest are others."""
_OTHERS = "others ({} values)"
_BANDS = 5
_AGES = {18.0: "under 18", 40.0: "18 to 39", 60.0: "40 to 59", 80.0: "60 to 79", np.inf: "80 and older"}
"""Years below which an age is in the band."""


@dataclass(frozen=True)
class Grouping:
    """One fact, and the group of every image by it.

    Attributes:
        name: The fact.
        groups: Names of the groups that have an image, in the order to show them.
        of_image: (N,) place of each image's group among them.
    """

    name: str
    groups: tuple[str, ...]
    of_image: NDArray[np.intp]

    def members(self, group: str) -> NDArray[np.bool_]:
        """(N,) whether each image is in the group."""
        return np.asarray(self.of_image == self.groups.index(group))


def group_images(name: str, values: Sequence[Any]) -> Grouping:
    """Groups images by a fact.

    Ages go into bands. Numbers of many values go into bands of equal size, unless a few values make up most images;
    words of many values into the most frequent and the others.

    Args:
        name: The fact; `age` is in years.
        values: (N,) numbers, words, or lists of numbers, such as a size; None if not known.
    """
    known = [value for value in values if value is not None]
    if name == "age":
        names = {age: _AGES[min(limit for limit in _AGES if age < limit)] for age in set(known)}
        return _place(name, values, names, list(_AGES.values()))
    is_of_numbers = known and all(isinstance(value, int | float) for value in known)
    return _group_numbers(name, values, Counter(known)) if is_of_numbers else _group_words(name, values)


def cross(groupings: Sequence[Grouping]) -> NDArray[np.intp]:
    """(N,) number of each image's combination of groups."""
    table = np.stack([grouping.of_image for grouping in groupings], axis=1)
    return np.unique(table, axis=0, return_inverse=True)[1].reshape(-1)


def part_same(groupings: Sequence[Grouping]) -> tuple[tuple[Grouping, ...], dict[str, str]]:
    """The facts by which images differ; and of the others, fact → what it is in all images."""
    differing = tuple(grouping for grouping in groupings if len(grouping.groups) > 1)
    return differing, {grouping.name: grouping.groups[0] for grouping in groupings if len(grouping.groups) == 1}


def describe_same(same: Mapping[str, str]) -> str:
    """Facts that do not differ between images, by what they are in all of them, in sentences; empty without any."""
    known = [f"{name} ({value})" for name, value in same.items() if value != UNKNOWN]
    unknown = [name for name, value in same.items() if value == UNKNOWN]
    sentences = (("The same in all images", known), ("Not known of any image", unknown))
    return " ".join(f"{words}: {', '.join(names)}." for words, names in sentences if names)


def _group_numbers(name: str, values: Sequence[Any], counts: Counter[Any]) -> Grouping:
    if len(counts) <= MOST_GROUPS:
        return _place(name, values, {value: _write(value) for value in counts}, [*map(_write, sorted(counts))])
    frequent = sum(count for _, count in counts.most_common(MOST_GROUPS - 1))
    if 2 * frequent >= counts.total():
        return _group_words(name, values)
    return _place(name, values, *_cut_into_bands(counts))


def _cut_into_bands(counts: Counter[Any]) -> tuple[dict[Any, str], list[str]]:
    """Value → its band, and the bands in order; each has about as many images."""
    edges = np.unique(np.quantile([*counts.elements()], np.arange(1, _BANDS) / _BANDS))
    ends = [_write(float(edge)) for edge in edges]
    order = [f"up to {ends[0]}", *(f"above {low}, to {high}" for low, high in pairwise(ends))]
    order.append(f"above {ends[-1]}")
    return {value: order[int(np.searchsorted(edges, value))] for value in counts}, order


def _group_words(name: str, values: Sequence[Any]) -> Grouping:
    words = [None if value is None else _write(value) for value in values]
    counts = Counter(word for word in words if word is not None)
    ranked = sorted(counts, key=lambda word: (-counts[word], word))
    kept = ranked if len(ranked) <= MOST_GROUPS else ranked[: MOST_GROUPS - 1]
    others = _OTHERS.format(len(ranked) - len(kept))
    return _place(name, words, {word: word if word in kept else others for word in ranked}, [*kept, others])


def _place(name: str, values: Sequence[Any], names: Mapping[Hashable, str], order: Sequence[str]) -> Grouping:
    """Values by the names of their groups; of the groups in order, those that have an image."""
    of_image = [UNKNOWN if value is None else names[value] for value in values]
    there = set(of_image)
    groups = tuple(group for group in dict.fromkeys((*order, UNKNOWN)) if group in there)
    place = {group: number for number, group in enumerate(groups)}
    return Grouping(name, groups, np.array([place[group] for group in of_image], np.intp))


def _write(value: Any) -> str:
    if isinstance(value, list | tuple):
        return " × ".join(map(_write, value))
    return f"{value:.5g}" if isinstance(value, int | float) else str(value)
