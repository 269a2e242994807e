"""Dividing patients into train, val and test: official splits first, else stratified by all findings at once."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class SplitImage:
    """What splitting knows of an image.

    Attributes:
        name: Names the image.
        patient: Names the patient.
        positives: Findings that are positive in it.
        official: Its official split, or None.
    """

    name: str
    patient: str
    positives: frozenset[str] = frozenset()
    official: str | None = None


@dataclass(frozen=True)
class Division:
    """Which image stands where.

    Attributes:
        split_of: Image → train, val or test.
        patients_moved: Patients with images on both sides of the official split; all of theirs are in test.
    """

    split_of: Mapping[str, str]
    patients_moved: int = 0


def divide(images: Sequence[SplitImage], shares: Mapping[str, float], *, seed: int, official: bool) -> Division:
    """Divides images by patient; the order of the images does not matter.

    Args:
        images: All images.
        shares: Split → share of the patients.
        seed: Seed of the division.
        official: Use the official split where there is one. Val is then cut from its training patients, if it has
            none of its own; an image without an official split trains.
    """
    patients = _group(images)
    if official and any(image.official == "test" for image in images):
        split_of = {patient: _official_split(group) for patient, group in patients.items()}
        moved = sum(_is_torn(group) for group in patients.values())
        if "val" not in split_of.values():
            training = {name: group for name, group in patients.items() if split_of[name] == "train"}
            split_of |= _stratify(training, {name: shares[name] for name in ("train", "val")}, seed)
    else:
        split_of, moved = _stratify(patients, shares, seed), 0
    return Division({image.name: split_of[image.patient] for image in images}, moved)


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


def _group(images: Sequence[SplitImage]) -> dict[str, list[SplitImage]]:
    """Patient → images, patients in the order of their names."""
    groups: defaultdict[str, list[SplitImage]] = defaultdict(list)
    for image in images:
        groups[image.patient].append(image)
    return dict(sorted(groups.items()))


def _stratify(patients: Mapping[str, Sequence[SplitImage]], shares: Mapping[str, float], seed: int) -> dict[str, str]:
    """Patient → split; alike in the share of patients with each finding, and with an image without any."""
    findings = sorted({finding for group in patients.values() for image in group for finding in image.positives})
    column = {finding: position for position, finding in enumerate(findings)}
    labels = np.zeros((len(patients), len(findings) + 1), np.int64)
    for row, group in enumerate(patients.values()):
        for image in group:
            labels[row, [column[finding] for finding in image.positives] or [-1]] = 1
    subsets = stratify(labels, list(shares.values()), np.random.default_rng(seed))
    return {patient: list(shares)[subset] for patient, subset in zip(patients, subsets, strict=True)}


def _official_split(group: Sequence[SplitImage]) -> str:
    """The patient's split: test before val before train, so that nothing of a tested patient trains."""
    named = {image.official for image in group}
    return next((split for split in ("test", "val") if split in named), "train")


def _is_torn(group: Sequence[SplitImage]) -> bool:
    return len({image.official or "train" for image in group}) > 1
