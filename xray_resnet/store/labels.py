"""Labels of stored images as evaluation counts them."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from xray_resnet.findings import positions, resolve_targets
from xray_resnet.store.reader import Dataset


def read_labels(dataset: Dataset, rows: NDArray[np.int64], findings: Sequence[str]) -> NDArray[np.float32]:
    """Labels of the images in (N,) rows, (N, F) of 1, 0 or NaN; the dataset has the findings."""
    return resolve_targets(dataset.states[rows][:, positions(dataset.findings, findings)])
