"""Duplicates: which images are one, and which patients share them."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from data_prep.near_duplicates import Pixels, find_near_duplicates


@dataclass(frozen=True)
class Duplicates:
    """Which images are one.

    Attributes:
        group_of: Image → the first image, by name, that is the same; images on their own are not in it.
        exact_copies: Images with the very pixels of an earlier one → that one.
    """

    group_of: Mapping[str, str] = field(default_factory=dict)
    exact_copies: Mapping[str, str] = field(default_factory=dict)


def find_duplicates(images: Sequence[tuple[str, str, str]], look: Callable[[str], Pixels]) -> Duplicates:
    """Groups images that are the same, exactly or nearly.

    Args:
        images: (name, SHA-256, difference hash) of each image, in the order of the names.
        look: Name → stored pixels; asked only of the first of images with the same SHA-256.
    """
    first_of: dict[str, str] = {}
    copies = {name: first for name, exact, _ in images if (first := first_of.setdefault(exact, name)) != name}
    originals = [(name, near) for name, _, near in images if name not in copies]
    near = find_near_duplicates([near for _, near in originals], lambda row: look(originals[row][0]))
    pairs = [(originals[one][0], originals[other][0]) for one, other in near]
    return Duplicates(_join([*pairs, *copies.items()]), copies)


def merge_patients(images: Iterable[tuple[str, str]]) -> dict[str, str]:
    """Patient → one name for all patients who share images, directly or by way of others.

    Args:
        images: (patient, group of duplicates or image) of every image.
    """
    first_of: dict[str, str] = {}
    return _join((patient, first_of.setdefault(group, patient)) for patient, group in sorted(images))


def _join(pairs: Iterable[tuple[str, str]]) -> dict[str, str]:
    """Name → the first name of all that pairs join, directly or by way of others."""
    parent: dict[str, str] = {}
    for pair in pairs:
        one, other = (_find(parent, name) for name in pair)
        parent[max(one, other)] = min(one, other)
    return {name: _find(parent, name) for name in parent}


def _find(parent: dict[str, str], name: str) -> str:
    parent.setdefault(name, name)
    while parent[name] != name:
        parent[name] = parent[parent[name]]
        name = parent[name]
    return name
