"""What a group of images is like: prevalence, view, sex, age and brightness."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from xray_resnet.store import Dataset
from xray_resnet.store.labels import read_labels
from xray_resnet.store.people import People, measure_people

_MOST_LOOKED_AT = 500
"""Images whose pixels are read, evenly spread over the group."""


@dataclass(frozen=True)
class Population:
    """Images and their patients.

    Attributes:
        n_images: How many.
        n_patients: Of how many patients.
        prevalences: Finding → share of the assessed images; None if none is.
        people: Whose they are.
        brightness: Mean over images of the mean pixel, as a share of the range.
        contrast: Mean over images of the pixels' standard deviation, likewise.
    """

    n_images: int
    n_patients: int
    prevalences: Mapping[str, float | None]
    people: People
    brightness: float
    contrast: float

    def to_json(self) -> dict[str, Any]:
        """Its entry in metrics.json."""
        content = asdict(self)
        people: dict[str, Any] = content.pop("people")
        return content | people


def describe_population(dataset: Dataset, rows: NDArray[np.int64], findings: Sequence[str]) -> Population:
    """What at least one image in some rows of a dataset is like.

    Args:
        dataset: Has the images.
        rows: (N,) which ones.
        findings: Whose prevalence is told; the dataset has them.
    """
    brightness, contrast = _look(dataset, rows)
    return Population(
        n_images=len(rows),
        n_patients=len(np.unique(dataset.patient_ids[rows])),
        prevalences=_measure_prevalences(dataset, rows, findings),
        people=measure_people(dataset, rows),
        brightness=brightness,
        contrast=contrast,
    )


def _measure_prevalences(dataset: Dataset, rows: NDArray[np.int64], findings: Sequence[str]) -> dict[str, float | None]:
    labels = read_labels(dataset, rows, findings)
    assessed = np.isfinite(labels).sum(axis=0)
    positives = (labels == 1).sum(axis=0)
    return {
        finding: float(count / total) if total else None
        for finding, count, total in zip(findings, positives, assessed, strict=True)
    }


def _look(dataset: Dataset, rows: NDArray[np.int64]) -> tuple[float, float]:
    """Brightness and contrast of the images, of some of them if there are many."""
    chosen = rows[np.unique(np.linspace(0, len(rows) - 1, min(len(rows), _MOST_LOOKED_AT)).round().astype(np.int64))]
    measured = [_measure(dataset.pixels(int(row))) for row in chosen]
    brightness, contrast = np.mean(measured, axis=0)
    return float(brightness), float(contrast)


def _measure(pixels: NDArray[Any]) -> tuple[float, float]:
    most = float(np.iinfo(pixels.dtype).max)
    return float(pixels.mean()) / most, float(pixels.std()) / most
