"""What a model said of every image of a split, beside what the source says; and its table on disk."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from xray_resnet.errors import UserError
from xray_resnet.files import replacing
from xray_resnet.findings import positions, resolve_targets
from xray_resnet.model_output import compute_scores
from xray_resnet.predictions.row import name_column

FILE = "predictions.parquet"


@dataclass(frozen=True)
class Predictions:
    """Logits and label states of N images and F findings.

    Attributes:
        findings: Names of the F findings.
        image_ids: (N,) keyed hashes.
        patient_ids: (N,) keyed hashes.
        states: (N, F) `LabelState`.
        logits: (N, F).
    """

    findings: tuple[str, ...]
    image_ids: NDArray[np.str_]
    patient_ids: NDArray[np.str_]
    states: NDArray[np.int8]
    logits: NDArray[np.float32]

    @property
    def scores(self) -> NDArray[np.float32]:
        """(N, F) sigmoid of the logits."""
        return np.asarray(compute_scores(self.logits), np.float32)

    @property
    def labels(self) -> NDArray[np.float32]:
        """(N, F) 1, 0 or NaN: uncertain and not assessed are left out, unmentioned counts as negative."""
        return resolve_targets(self.states)

    def choose(self, findings: Sequence[str]) -> "Predictions":
        """Those of some of the findings, in their order."""
        columns = positions(self.findings, findings)
        return replace(self, findings=tuple(findings), states=self.states[:, columns], logits=self.logits[:, columns])


def write_predictions(path: Path, predictions: Predictions, *, metadata: Mapping[str, str]) -> None:
    """Writes one row per image: ids, then label state, score and logit of every finding.

    Args:
        path: The Parquet file.
        predictions: The rows.
        metadata: Kept in the file's schema, beside the names of the findings.
    """
    columns: dict[str, NDArray[np.generic]] = {
        "image_id": predictions.image_ids,
        "patient_id": predictions.patient_ids,
    }
    scores = predictions.scores
    for position, finding in enumerate(predictions.findings):
        columns[name_column(finding, "label")] = predictions.states[:, position]
        columns[name_column(finding, "score")] = scores[:, position]
        columns[name_column(finding, "logit")] = predictions.logits[:, position]
    table = pa.table(columns).replace_schema_metadata({**metadata, "findings": "\n".join(predictions.findings)})
    with replacing(path) as temporary:
        pq.write_table(table, temporary)


def read_predictions(folder: Path) -> Predictions:
    """The predictions that an evaluation wrote into its folder.

    Raises:
        UserError: if there are none, or some are no numbers.
    """
    path = folder / FILE
    if not path.is_file():
        raise UserError(f"{folder}: no {FILE} in it; name a folder that xray-eval wrote")
    table = pq.read_table(path)
    findings = tuple(table.schema.metadata[b"findings"].decode().split("\n"))
    predictions = Predictions(
        findings,
        np.array(table["image_id"].to_pylist(), np.str_),
        np.array(table["patient_id"].to_pylist(), np.str_),
        _stack(table, findings, "label").astype(np.int8),
        _stack(table, findings, "logit").astype(np.float32),
    )
    broken = int((~np.isfinite(predictions.logits)).any(axis=1).sum())
    if broken:
        raise UserError(f"{path}: {broken} of {len(table)} images have no finite score; run xray-eval again")
    return predictions


def _stack(table: pa.Table, findings: tuple[str, ...], kind: str) -> NDArray[np.generic]:
    return np.stack([table[name_column(finding, kind)].to_numpy() for finding in findings], axis=1)
