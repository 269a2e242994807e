"""Dividing patients into train, val and test: official splits first, else stratified by all findings at once."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from data_prep.duplicates import merge_patients


@dataclass(frozen=True)
class SplitImage:
    """What splitting knows of an image.

    Attributes:
        name: Names the image.
        patient: Names the patient, perhaps by a hash that depends on a key.
        order: Orders patients, the same under any key; empty: their names do.
        duplicate_group: Names the group of images that are one radiograph. Empty: it is in none.
        positives: Findings that are positive in it.
        official: Its official split, or None.
        is_left_out: Whether it is a duplicate that is not divided; it joins patients all the same.
    """

    name: str
    patient: str
    order: str = ""
    duplicate_group: str = ""
    positives: frozenset[str] = frozenset()
    official: str | None = None
    is_left_out: bool = False


@dataclass(frozen=True)
class Division:
    """Which image stands where.

    Attributes:
        split_of: Image → train, val or test.
        moved: Images that stand elsewhere than the official split says: their patient, or a duplicate of theirs,
            stands on both of its sides.
    """

    split_of: Mapping[str, str]
    moved: int = 0


def divide(images: Sequence[SplitImage], shares: Mapping[str, float], *, seed: int, official: bool) -> Division:
    """Divides images by patient; the order of the images does not matter.

    Patients who share an image, exactly or nearly, stay together.

    Args:
        images: All images.
        shares: Split → share of the patients.
        seed: Seed of the division.
        official: Use the official split where there is one. Who stands on two sides of it is tested rather than
            validated, and validated rather than trained; images that it does not name train. A split that it lacks is
            cut from its training patients.
    """
    together = merge_patients((image.patient, image.duplicate_group or image.name) for image in images)
    if official and any(image.official for image in images):
        return _follow_official(images, together, shares, seed=seed)
    divided = [image for image in images if not image.is_left_out]
    split_of = _stratify(divided, together, shares, seed=seed)
    return Division({image.name: split_of[image.patient] for image in divided})


def stratify(labels: NDArray[np.int64], shares: Sequence[float], generator: np.random.Generator) -> NDArray[np.int64]:
    """Divides groups so that every label, and their number, is shared out in proportion.

    Iterative stratification (Sechidis, Tsoumakas and Vlahavas 2011): the rarest label first, each of its
    groups to the subset that wants it most; ties go to the subset that wants most groups, then to chance.

    Args:
        labels: (G, L) 1 where a group has a label, else 0.
        shares: (K,) share of each subset; they need not sum to 1.
        generator: Breaks ties and orders groups that are alike.

    Returns:
        (G,) subset of each group.
    """
    subsets = np.full(len(labels), -1)
    proportions = np.asarray(shares, float) / np.sum(shares)
    wanted = proportions[:, None] * labels.sum(axis=0)
    wanted_groups = proportions * len(labels)
    remaining = labels.sum(axis=0).astype(float)
    order = generator.permutation(len(labels))
    while (remaining > 0).any():
        label = int(np.where(remaining > 0, remaining, np.inf).argmin())
        open_groups = order[(subsets[order] < 0) & (labels[order, label] > 0)]
        for group in open_groups:
            subsets[group] = _choose(wanted[:, label], wanted_groups, proportions, generator)
            wanted[subsets[group]] -= labels[group]
            wanted_groups[subsets[group]] -= 1
            remaining -= labels[group]
    for group in order[subsets[order] < 0]:
        subsets[group] = _choose(wanted_groups, wanted_groups, proportions, generator)
        wanted_groups[subsets[group]] -= 1
    return subsets


def _choose(
    first: NDArray[np.float64], second: NDArray[np.float64], shares: NDArray[np.float64], generator: np.random.Generator
) -> int:
    """The subset that wants most by `first`, then by `second`, then by chance; an empty share gets nothing."""
    candidates = np.flatnonzero(shares > 0)
    for wish in (first, second):
        candidates = candidates[np.isclose(wish[candidates], wish[candidates].max())]
    return int(generator.choice(candidates))


def _follow_official(
    images: Sequence[SplitImage], together: Mapping[str, str], shares: Mapping[str, float], *, seed: int
) -> Division:
    split_of_group = {name: _official_split(group) for name, group in _group(images, together).items()}
    divided = [image for image in images if not image.is_left_out]
    moved = sum(image.official not in (None, split_of_group[together[image.patient]]) for image in divided)
    split_of = {image.patient: split_of_group[together[image.patient]] for image in divided}
    training = [image for image in divided if split_of[image.patient] == "train"]
    named = {*split_of.values()} - {"train"}
    to_cut = {split: share for split, share in shares.items() if split not in named}
    split_of |= _stratify(training, together, to_cut, seed=seed)
    return Division({image.name: split_of[image.patient] for image in divided}, moved)


def _stratify(
    images: Sequence[SplitImage], together: Mapping[str, str], shares: Mapping[str, float], *, seed: int
) -> dict[str, str]:
    """Patient → split; alike in the share of patients with each finding, and with an image without any."""
    groups = _group(images, together)
    if not any(shares.values()):
        return dict.fromkeys((image.patient for image in images), "train")
    subsets = stratify(mark_findings(list(groups.values())), list(shares.values()), np.random.default_rng(seed))
    split_of = {group: list(shares)[subset] for group, subset in zip(groups, subsets, strict=True)}
    return {image.patient: split_of[together[image.patient]] for image in images}


def _group(images: Sequence[SplitImage], group_of: Mapping[str, str]) -> dict[str, list[SplitImage]]:
    """Group → images of its patients, in an order that no key of the hashes changes."""
    groups: defaultdict[str, list[SplitImage]] = defaultdict(list)
    for image in images:
        groups[group_of[image.patient]].append(image)
    return dict(sorted(groups.items(), key=lambda item: min(image.order or image.patient for image in item[1])))


def mark_findings(groups: Sequence[Sequence[SplitImage]]) -> NDArray[np.int64]:
    """(G, F + 1) 1 where a group has an image with the finding; the last column is an image without any."""
    findings = sorted({finding for group in groups for image in group for finding in image.positives})
    column = {finding: position for position, finding in enumerate(findings)}
    labels = np.zeros((len(groups), len(findings) + 1), np.int64)
    for row, group in enumerate(groups):
        for image in group:
            labels[row, [column[finding] for finding in image.positives] or [-1]] = 1
    return labels


def _official_split(group: Sequence[SplitImage]) -> str:
    """The split of patients who belong together: test before val before train, so that nothing tested trains."""
    named = {image.official for image in group}
    return next((split for split in ("test", "val") if split in named), "train")
