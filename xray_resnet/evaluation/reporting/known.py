"""What an evaluation knows when all analyses are done."""

import csv
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from xray_resnet.evaluation.evidence import Evidence
from xray_resnet.evaluation.result import Results
from xray_resnet.store.people import People, measure_people
from xray_resnet.store.schema import SPLITS

_REJECTED = "rejected.csv"


@dataclass(frozen=True)
class Partition:
    """One split.

    Attributes:
        rows: (N,) of the dataset.
        n_patients: Whose images they are.
        people: What is known of these.
    """

    rows: NDArray[np.int64]
    n_patients: int
    people: People


@dataclass(frozen=True)
class Known:
    """The facts that statements are made of.

    Attributes:
        evidence: What was evaluated.
        results: Of the analyses that ran.
    """

    evidence: Evidence
    results: Results

    def has_section(self, name: str) -> bool:
        """Whether an analysis ran and had something to show."""
        return name in self.results and self.results[name].section is not None

    def settings(self, section: str) -> Mapping[str, Any]:
        """A section of the run's configuration; empty if it is not known."""
        record = self.evidence.record
        return {} if record is None else record.settings.get(section, {})

    @cached_property
    def partitions(self) -> dict[str, Partition]:
        """Split → who is in it; without the empty ones."""
        dataset = self.evidence.dataset
        rows = {split: dataset.indices(split) for split in SPLITS if split in dataset.description.splits}
        return {
            split: Partition(chosen, len(np.unique(dataset.patient_ids[chosen])), measure_people(dataset, chosen))
            for split, chosen in rows.items()
            if len(chosen)
        }

    @cached_property
    def rejections(self) -> dict[str, int] | None:
        """Reason → how many files were refused as the dataset was made; None if it does not say."""
        return _count_rejections(self.evidence.dataset.folder / _REJECTED)


def _count_rejections(path: Path) -> dict[str, int] | None:
    if not path.is_file():
        return None
    with path.open(newline="", encoding="utf-8") as file:
        return dict(Counter(row["reason"] for row in csv.DictReader(file)).most_common())
