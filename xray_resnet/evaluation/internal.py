"""The model's own held-out images, which those of another dataset are held against."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from xray_resnet.evaluation.predictions import FILE, Predictions, read_predictions
from xray_resnet.evaluation.subject import has_splits_of
from xray_resnet.runs import Run, evaluation_folder
from xray_resnet.store import Dataset, open_dataset
from xray_resnet.store.reader import is_dataset

SPLIT = "test"
METRICS = "metrics.json"


@dataclass(frozen=True)
class Internal:
    """What the model said of the held-out split of its own data.

    Attributes:
        name: Of the dataset.
        predictions: Of its images.
        dataset: The dataset; None if it is no longer where the run says.
    """

    name: str
    predictions: Predictions
    dataset: Dataset | None = None

    @property
    def rows(self) -> NDArray[np.int64]:
        """(N,) rows of the split, if the dataset is at hand."""
        return np.empty(0, np.int64) if self.dataset is None else self.dataset.indices(SPLIT)


def find_internal(bundle: Path, training_data: Mapping[str, Any], *, own: Dataset | None) -> Internal | None:
    """What an evaluation of the model's own test split has left; None if there was none.

    Args:
        bundle: The model's folder.
        training_data: What the bundle says of the data that the model was trained on.
        own: Those data, if they are at hand.
    """
    name, splits = str(training_data.get("name")), training_data.get("split_sha256")
    folder = evaluation_folder(bundle, dataset=name, split=SPLIT)
    complete = (folder / METRICS).is_file() and (folder / FILE).is_file()
    if not complete or json.loads((folder / METRICS).read_bytes()).get("split_sha256") != splits:
        return None
    return Internal(name, read_predictions(folder), own)


def find_own_dataset(bundle: Path, training_data: Mapping[str, Any]) -> Dataset | None:
    """The dataset that the model was trained on, if it is where its run says and has the same splits."""
    run = Run.around(bundle)
    folder = None if run is None else run.find_dataset()
    if folder is None or not is_dataset(folder):
        return None
    dataset = open_dataset(folder)
    return dataset if has_splits_of(training_data, dataset) else None
