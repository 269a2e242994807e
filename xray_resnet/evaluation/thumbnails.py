"""An honest baseline: logistic regression on 32 × 32 thumbnails, which sees no detail at all.

A network that does not beat it has learnt exposure and habitus, not findings.
"""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import StandardScaler
from threadpoolctl import threadpool_limits

from xray_resnet.metrics import macro_auroc, why_undefined
from xray_resnet.store import Dataset
from xray_resnet.store.labels import read_labels

SIDE = 32
MOST_IMAGES = 20_000
"""More training images than this, and the baseline takes longer than it is worth."""
_PENALTIES = (1e-4, 1e-3, 1e-2)


@dataclass(frozen=True)
class Baseline:
    """Logits of the thumbnails' logistic regression.

    Attributes:
        logits: (N, F) for the rows that were asked for; constant for a finding that cannot be learnt.
        n_training: Images it was fitted to.
        penalty: The inverse strength C of the L2 penalty, chosen on the validation images.
    """

    logits: NDArray[np.float64]
    n_training: int
    penalty: float


def fit_baseline(dataset: Dataset, rows: NDArray[np.int64], *, findings: tuple[str, ...]) -> Baseline:
    """Fits to the training images of a dataset and predicts the rows.

    Args:
        dataset: Its train split is fitted, its val split chooses the penalty.
        rows: (N,) the rows to predict.
        findings: Which findings, in this order.
    """
    labels = read_labels(dataset, dataset.indices("all"), findings)
    training, validation = dataset.indices("train"), dataset.indices("val")
    thumbnails = _shrink(dataset, training)
    with threadpool_limits(1):  # products this small lose more by waiting for threads than they gain
        fits = {penalty: _fit(thumbnails, labels[training], penalty) for penalty in _PENALTIES}
    penalty = _choose(fits, _shrink(dataset, validation), labels[validation])
    return Baseline(_predict(fits[penalty], _shrink(dataset, rows)), len(training), penalty)


def _shrink(dataset: Dataset, rows: NDArray[np.int64]) -> NDArray[np.float32]:
    """Thumbnails (N, SIDE²) in shares of the display range."""
    size = (SIDE, SIDE)
    if not len(rows):
        return np.empty((0, SIDE * SIDE), np.float32)
    white = np.float32(np.iinfo(dataset.pixels(int(rows[0])).dtype).max)
    small = [cv2.resize(dataset.pixels(int(row)), size, interpolation=cv2.INTER_AREA).ravel() for row in rows]
    return np.asarray(np.stack(small).astype(np.float32) / white, np.float32)


def _fit(thumbnails: NDArray[np.float32], labels: NDArray[np.float32], penalty: float) -> list[Pipeline | None]:
    """One model per finding; None if the training labels have one class only."""
    models: list[Pipeline | None] = []
    for column in labels.T:
        model = make_pipeline(StandardScaler(), LogisticRegression(C=penalty, max_iter=1000))
        kept = np.isfinite(column)
        models.append(None if why_undefined(column) else model.fit(thumbnails[kept], column[kept]))
    return models


def _predict(models: list[Pipeline | None], thumbnails: NDArray[np.float32]) -> NDArray[np.float64]:
    constant = np.zeros(len(thumbnails))
    return np.stack([model.decision_function(thumbnails) if model else constant for model in models], axis=1)


def _choose(
    fits: dict[float, list[Pipeline | None]], thumbnails: NDArray[np.float32], labels: NDArray[np.float32]
) -> float:
    """The penalty with the best validation macro AUROC; the strongest where none is defined."""
    if not len(thumbnails):
        return min(fits)
    return max(fits, key=lambda penalty: (macro_auroc(labels, _predict(fits[penalty], thumbnails)) or 0.0, -penalty))
