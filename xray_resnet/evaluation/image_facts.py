"""What is known of images beside pixels and labels, by name: columns of the dataset, and facts of the header."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from xray_resnet.errors import ConfigurationError
from xray_resnet.store import Dataset

SCANNER = ("Manufacturer", "ManufacturerModelName")
"""Keywords of what makes a scanner."""
GROUPABLE = ("view", "sex", "age", "source", "scanner", "file_size", "spacing_mm", "transfer_syntax")
"""Names by which images can be grouped, beside the keywords of the header facts that a dataset has."""
_COLUMNS = ("view", "sex", "age", "study_id", "file_size", "spacing_mm", "transfer_syntax", "content", "affine")


def check_groupable(dataset: Dataset, names: Sequence[str]) -> None:
    """Whether the images of a dataset can be grouped by what is named.

    Raises:
        ConfigurationError: if the dataset has nothing of a name.
    """
    known = (*GROUPABLE, *dataset.keywords)
    for name in names:
        if name not in known:
            raise ConfigurationError(
                f"--subgroup {name}: {dataset.folder} has no such column; there are {', '.join(known)}"
            )


def read_fact(dataset: Dataset, rows: NDArray[np.int64], name: str) -> list[Any]:
    """What a dataset knows of the images in (N,) rows; None if absent.

    Args:
        dataset: Has the images.
        rows: Their rows.
        name: A column (view, sex, age in years, file_size, spacing_mm, …), `source`, `scanner` (maker and model), or a
            fact of the header by its DICOM keyword.
    """
    values = _read_all(dataset, name)
    return [None if values[row] in ("", None) else values[row] for row in rows.tolist()]


def _read_all(dataset: Dataset, name: str) -> list[Any]:
    if name == "source":
        return dataset.sources
    if name == "scanner":
        parts = zip(*map(dataset.fact, SCANNER), strict=True)
        return [" ".join(part for part in known if part) for known in parts]
    return dataset.column(name) if name in _COLUMNS else dataset.fact(name)
