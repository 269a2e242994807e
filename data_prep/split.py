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
        patient: Names the patient.
        pixels: Names the group of duplicates that it belongs to. Empty: it has none.
        positives: Findings that are positive in it.
        official: Its official split, or None.
    """

    name: str
    patient: str
    pixels: str = ""
    positives: frozenset[str] = frozenset()
    official: str | None = None


@dataclass(frozen=True)
class Division:
    """Which image stands where.

    Attributes:
        split_of: Image → train, val or test.
        patients_moved: Patients with images on both sides of the official split; all of theirs are in test.
        duplicates_parted: Images with an exact duplicate in another split, which only an official split leaves.
    """

    split_of: Mapping[str, str]
    patients_moved: int = 0
    duplicates_parted: int = 0


def divide(images: Sequence[SplitImage], shares: Mapping[str, float], *, seed: int, official: bool) -> Division:
    """Divides images by patient; the order of the images does not matter.

    Patients who share an image stay together, unless an official split parts them.

    Args:
        images: All images.
        shares: Split → share of the patients.
        seed: Seed of the division.
        official: Use the official split where there is one. Val is then cut from its training patients, if it has
            none of its own; an image without an official split trains, unless its duplicate is tested.
    """
    if not official or all(image.official != "test" for image in images):
        return _to_division(images, _stratify(images, shares, seed=seed))
    patients = _group(images, {image.patient: image.patient for image in images})
    split_of = {patient: _official_split(group) for patient, group in patients.items()}
    split_of |= _follow_duplicates(images, patients)
    if "val" not in split_of.values() and shares["val"] > 0:
        training = [image for image in images if split_of[image.patient] == "train"]
        split_of |= _stratify(training, {name: shares[name] for name in ("train", "val")}, seed=seed)
    return _to_division(images, split_of, patients_moved=sum(map(_is_torn, patients.values())))


def stratify(labels: NDArray[np.int64], shares: Sequence[float], generator: np.random.Generator) -> NDArray[np.int64]:
    """Divides groups so that every label, and their number, is shared out in proportion.

    Iterative stratification (Sechidis, Tsoumakas and Vlahavas 2011, algorithm 1): the rarest label first, each of its
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


def _stratify(images: Sequence[SplitImage], shares: Mapping[str, float], *, seed: int) -> dict[str, str]:
    """Patient → split; alike in the share of patients with each finding, and with an image without any."""
    together = merge_patients((image.patient, image.pixels or image.name) for image in images)
    groups = _group(images, together)
    subsets = stratify(_mark_findings(list(groups.values())), list(shares.values()), np.random.default_rng(seed))
    split_of = {group: list(shares)[subset] for group, subset in zip(groups, subsets, strict=True)}
    return {patient: split_of[group] for patient, group in together.items()}


def _group(images: Sequence[SplitImage], group_of: Mapping[str, str]) -> dict[str, list[SplitImage]]:
    """Group → images of its patients, groups in the order of their names."""
    groups: defaultdict[str, list[SplitImage]] = defaultdict(list)
    for image in images:
        groups[group_of[image.patient]].append(image)
    return dict(sorted(groups.items()))


def _mark_findings(groups: Sequence[Sequence[SplitImage]]) -> NDArray[np.int64]:
    """(G, F + 1) 1 where a group has an image with the finding; the last column is an image without any."""
    findings = sorted({finding for group in groups for image in group for finding in image.positives})
    column = {finding: position for position, finding in enumerate(findings)}
    labels = np.zeros((len(groups), len(findings) + 1), np.int64)
    for row, group in enumerate(groups):
        for image in group:
            labels[row, [column[finding] for finding in image.positives] or [-1]] = 1
    return labels


def _to_division(images: Sequence[SplitImage], split_of: Mapping[str, str], *, patients_moved: int = 0) -> Division:
    """The images' splits by their patients', and how many duplicates are parted by them."""
    splits_of_pixels: defaultdict[str, set[str]] = defaultdict(set)
    for image in images:
        splits_of_pixels[image.pixels or image.name].add(split_of[image.patient])
    return Division(
        {image.name: split_of[image.patient] for image in images},
        patients_moved=patients_moved,
        duplicates_parted=sum(len(splits) > 1 for splits in splits_of_pixels.values()),
    )


def _official_split(group: Sequence[SplitImage]) -> str:
    """The patient's split: test before val before train, so that nothing of a tested patient trains."""
    named = {image.official for image in group}
    return next((split for split in ("test", "val") if split in named), "train")


def _follow_duplicates(images: Sequence[SplitImage], patients: Mapping[str, Sequence[SplitImage]]) -> dict[str, str]:
    """Patients without an official split who share an image with those who have one stand where these stand."""
    together = merge_patients((image.patient, image.pixels or image.name) for image in images)
    unofficial = [name for name, group in patients.items() if all(image.official is None for image in group)]
    groups = _group(images, together)
    return {patient: _official_split(groups[together[patient]]) for patient in unofficial}


def _is_torn(group: Sequence[SplitImage]) -> bool:
    return len({image.official or "train" for image in group}) > 1
