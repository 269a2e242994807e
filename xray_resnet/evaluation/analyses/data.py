"""The images: splits, patients, prevalence, and what the split was to the model."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from xray_resnet.evaluation.evidence import Evidence
from xray_resnet.evaluation.result import Caveat, Concern, Rank, Result, Section, Tile
from xray_resnet.evaluation.seen import Seen
from xray_resnet.pages.numbers import format_count
from xray_resnet.store import Dataset
from xray_resnet.store.labels import read_labels
from xray_resnet.store.schema import SPLITS

_SEEN = {
    "train": (Rank.SERIOUS, "The model was trained on these images: the figures do not say how good it is on others."),
    "all": (Rank.SERIOUS, "The model was trained on part of these images: the figures are better than on others."),
    "val": (Rank.CAUTION, "These images chose the model's epoch: the figures are somewhat better than on others."),
}
"""Split of the data that the model was trained on → what that does to the figures."""


def analyse_data(evidence: Evidence) -> Result:
    """Counts of every split; warns if the images are not what a held-out figure needs."""
    dataset = evidence.dataset
    unmatched = _describe_unmatched(evidence)
    return Result(
        tile=Tile(
            "Images",
            format_count(len(evidence.rows)),
            f"of {format_count(len(np.unique(evidence.predictions.patient_ids)))} {_name_patients(dataset)}",
            f"split {evidence.split}: {evidence.role}",
        ),
        section=Section(
            "Data",
            {
                "splits": [_describe_split(dataset, split, evidence.findings) for split in SPLITS],
                "unmatched": unmatched,
            },
        ),
        warnings=[
            *_warn_of_role(evidence),
            *_warn_of_phantoms(evidence),
            *(Caveat(Rank.NOTE, "unmatched_findings", text) for text in unmatched),
        ],
    )


def _name_patients(dataset: Dataset) -> str:
    return "simulated patients" if dataset.synthetic else "patients"


def _describe_split(dataset: Dataset, split: str, findings: Sequence[str]) -> dict[str, Any]:
    """Images, patients, and per finding the positives with their share of the assessed images."""
    rows = dataset.indices(split)
    labels = read_labels(dataset, rows, findings)
    positives, assessed = (labels == 1).sum(axis=0), np.isfinite(labels).sum(axis=0)
    return {
        "name": split,
        "n_images": len(rows),
        "n_patients": len(np.unique(dataset.patient_ids[rows])),
        "findings": {
            finding: (int(count), count / total if total else None)
            for finding, count, total in zip(findings, positives, assessed, strict=True)
        },
    }


def _describe_unmatched(evidence: Evidence) -> list[str]:
    """Sentences on findings that only one side has."""
    model, dataset = set(evidence.model["findings"]), set(evidence.dataset.findings)
    sides = (
        ("The model also knows, without labels in this dataset: ", model - dataset),
        ("The dataset also has labels of what the model does not know: ", dataset - model),
    )
    return [text + ", ".join(sorted(names)) + "." for text, names in sides if names]


def _warn_of_role(evidence: Evidence) -> list[Caveat]:
    if evidence.trained_on_this_dataset:
        rank, text = _SEEN.get(evidence.split, (None, ""))
        return [] if rank is None else [Caveat(rank, "not_held_out", text, Concern.LEAK)]
    training = {"name": "unknown"} | evidence.model.get("training_data", {})
    if training.get("name") == evidence.dataset.name:
        text = "The model was trained on a dataset of this name with other splits: it may have seen these images."
        return [Caveat(Rank.SERIOUS, "other_splits", text, Concern.LEAK)]
    rank, seen = _describe_seen(evidence.seen)
    text = f"The model was trained on another dataset ({training.get('name')}). {seen}"
    return [Caveat(rank, "other_dataset", text, Concern.TRANSFER if rank > Rank.SERIOUS else Concern.LEAK)]


def _describe_seen(seen: Seen) -> tuple[Rank, str]:
    """Whether the model knows patients of another dataset than its own."""
    if seen.patients is None:
        return Rank.NOTE, "Whether it has seen any of these patients is not known."
    if not seen.patients:
        return Rank.NOTE, "It has seen none of these patients, by the hashes that the run keeps."
    if seen.left_out:
        return Rank.NOTE, f"The images of {seen.patients} patients that it was fitted to were left out."
    return Rank.SERIOUS, f"It was fitted to {seen.patients} of these patients: the figures are better than on others."


def _warn_of_phantoms(evidence: Evidence) -> list[Caveat]:
    if not evidence.dataset.synthetic:
        return []
    return [Caveat(Rank.SERIOUS, "synthetic", "The images are rendered phantoms: the figures say nothing of patients.")]
