"""Predictions and evidence made by hand, for tests of what is computed from them."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tests.bundles import make_metadata, make_model
from xray_resnet.basis import Basis
from xray_resnet.evaluation.evidence import Chance, Evidence
from xray_resnet.evaluation.network import Network, Peaks
from xray_resnet.evaluation.predictions import FILE, Predictions, write_predictions
from xray_resnet.evaluation.ranking import Ranking, rank
from xray_resnet.map_grid import MapGrid
from xray_resnet.model_input import ModelInput
from xray_resnet.model_output import (
    Calibrations,
    LinearCalibration,
    ModelOutput,
    OperatingPoint,
    OperatingPoints,
    Triages,
)
from xray_resnet.models import PreActResNet
from xray_resnet.store import Dataset
from xray_resnet.torch_engine import Engine
from xray_resnet.triage import Edge, Promise, Triage

FINDINGS = ("Cardiomegaly", "Pleural_Thickening")
FEATURES = 64
"""Channels that the tiny network pools."""


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


def make_ranking(predictions: Predictions) -> Ranking:
    """The figures of the predictions."""
    return rank(predictions)


def make_network(findings: Sequence[str], *, size: int = 64) -> Network:
    """A tiny random network with an output for each finding."""

    def load() -> PreActResNet:
        return make_model(make_metadata(findings=findings, size=size))

    outputs = {finding: output for output, finding in enumerate(findings)}
    return Network(load, outputs, ModelInput(size=size, mean=0.4, std=0.25), Engine("cpu", "fp32"))


def make_evidence(
    dataset: Dataset,
    *,
    split: str = "test",
    separation: float = 1.0,
    points: NDArray[np.float32] | None = None,
    cells: tuple[int, int] = (2, 2),
    stated: ModelOutput | None = None,
    **model: Any,
) -> Evidence:
    """Evidence on a split of a dataset: random logits, higher by `separation` with the finding, and a tiny network.

    Args:
        dataset: Has the images.
        split: Which of them.
        separation: Of the logits.
        points: (N, F, 2) where the maps peak; without it, in the corner.
        cells: Rows and columns of the maps, which are positive in the cell nearest to their peak alone.
        stated: What the bundle says that the logits mean.
        model: Facts of the model beside its name.
    """
    rows, findings = dataset.indices(split), dataset.findings
    logits = np.random.default_rng(0).normal(size=(len(rows), len(findings))) + separation * dataset.states[rows]
    predictions = Predictions(
        findings, dataset.image_ids[rows], dataset.patient_ids[rows], dataset.states[rows], logits.astype(np.float32)
    )
    peaks = Peaks(np.zeros((len(rows), len(findings), 2), np.float32) if points is None else points, make_grid(cells))
    facts = {"name": "model", "depth": 18, "findings": [*findings], "precision": "fp32", "engine": "torch", **model}
    features = np.random.default_rng(1).normal(size=(len(rows), FEATURES)).astype(np.float32)
    network = make_network(findings)
    return Evidence(
        dataset, split, rows, predictions, peaks, features, facts, network, Chance(20), maps=make_maps(peaks),
        stated=stated,
    )  # fmt: skip


def make_grid(cells: tuple[int, int], *, size: int = 64) -> MapGrid:
    """Cells of maps over an image (size, size) that the network gets as it is."""
    return MapGrid.under(size, cells=cells, input_size=size, stride=size // cells[0])


def make_maps(peaks: Peaks) -> dict[int, NDArray[np.float32]]:
    """Place → (F, h, w): 1 in the cell that is nearest to the peak."""
    grid = peaks.grid
    places = np.rint((peaks.points - grid.first) / grid.spacing).astype(int)
    columns, rows = (np.clip(places[..., axis], 0, grid.cells[1 - axis] - 1) for axis in (0, 1))
    maps = np.zeros((*peaks.points.shape[:2], *grid.cells), np.float32)
    image, finding = np.indices(rows.shape)
    maps[image, finding, rows, columns] = 1
    return dict(enumerate(maps))


def make_output(
    findings: Sequence[str], *, split: str = "val", slope: float = 0.5, intercept: float = 0.25
) -> ModelOutput:
    """What a bundle says after it was amended on a split of the dataset `tiny`: the first finding has nothing."""
    basis = Basis("tiny", split, 12, "torch", "fp32")
    return ModelOutput(
        tuple(findings),
        Calibrations(basis, {name: LinearCalibration(slope, intercept) for name in findings[1:]}),
        OperatingPoints(basis, {name: OperatingPoint("youden", 0.5) for name in findings[1:]}),
    )


def make_triage_output(
    findings: Sequence[str], *, split: str = "val", limit: float = 0.9, upper: float = 2.0, lower: float = -2.0
) -> ModelOutput:
    """What a bundle says of its triage: of the first finding nothing is promised, the second decides both ways."""
    basis = Basis("tiny", split, 12, "torch", "fp32")
    promise = Promise("predictive value", limit)
    refused = (
        Edge(promise, None, 12, 1234, "12 patients are too few"),
        Edge(promise, None, 12, why_null="nothing helps"),
    )
    given = Triage(Edge(promise, upper, 12), Edge(promise, lower, 12))
    return ModelOutput(tuple(findings), triage=Triages(basis, {findings[0]: Triage(*refused), findings[1]: given}))
