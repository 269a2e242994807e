"""The training of a network, to be repeated without the images that are judged: what an evaluation may ask of it."""

from collections.abc import Sequence
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from xray_resnet.store import Dataset


class Retraining(Protocol):
    """Trains networks as the evaluated one was trained, each without a fold of the patients."""

    @property
    def folds(self) -> int:
        """How many trainings it takes."""

    @property
    def seconds(self) -> float | None:
        """How long the network's own training took; None if it is not known."""

    def judge(self, dataset: Dataset, findings: Sequence[str]) -> NDArray[np.float32]:
        """(N, F) logits of all images of a dataset, each by a network that no image of the patient was shown to."""
