"""Predictions made by hand, for tests of what is computed from them."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from xray_resnet.evaluation.predictions import FILE, Predictions, write_predictions
from xray_resnet.evaluation.summary import Summary, summarise

FINDINGS = ("Cardiomegaly", "Pleural_Thickening")


def make_predictions(
    *,
    patients: int = 40,
    images: int = 2,
    separation: float = 1.5,
    seed: int = 0,
    findings: Sequence[str] = FINDINGS,
) -> Predictions:
    """Predictions whose positives score higher by `separation`; the labels depend on nothing but the sizes."""
    count = patients * images
    states = (np.random.default_rng(7).random((count, len(findings))) < 0.4).astype(np.int8)
    noise = np.random.default_rng(seed).normal(size=states.shape)
    return Predictions(
        tuple(findings),
        np.array([f"image{row:04d}" for row in range(count)]),
        np.array([f"patient{row // images:04d}" for row in range(count)]),
        states,
        (noise + separation * (states == 1)).astype(np.float32),
    )


def write_evaluation(folder: Path, predictions: Predictions) -> Path:
    """A folder such as xray-eval leaves, with the predictions in it."""
    write_predictions(folder / FILE, predictions, metadata={"dataset": "tiny"})
    return folder


def make_summary(predictions: Predictions) -> Summary:
    """The figures of the predictions, with few resamples."""
    return summarise(
        predictions,
        dataset="tiny",
        split="test",
        split_sha256="0" * 64,
        model={"name": "model", "depth": 18},
        resamples=50,
        generator=np.random.default_rng(0),
    )
