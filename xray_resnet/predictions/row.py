"""The row of a prediction table: its columns, and a prediction in them and back."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, get_args

from xray_resnet.files import name_cell
from xray_resnet.findings import column_prefix
from xray_resnet.predictions.prediction import Decision, Prediction

DECIMALS = 6
HEAD = ("path", "sop_instance_uid", "status", "reason", "flags")
KINDS = ("score", "probability", "decision")

Cell = str | float | None
Row = dict[str, Cell]


def list_columns(findings: Sequence[str]) -> list[str]:
    """The file, its verdict and its flags, then score, probability and decision of each finding."""
    return [*HEAD, *(name_column(finding, kind) for finding in findings for kind in KINDS)]


def name_column(finding: str, kind: str) -> str:
    """The column of one kind of value of a finding, such as `pleural_effusion_score`."""
    return f"{column_prefix(finding)}_{kind}"


def to_row(prediction: Prediction, findings: Sequence[str]) -> Row:
    """The prediction as cells; None if there is no value. Flags are words with a space between them."""
    row: Row = {
        "path": name_cell(prediction.path),
        "sop_instance_uid": prediction.sop_instance_uid,
        "status": prediction.status,
        "reason": prediction.reason,
        "flags": " ".join(prediction.flags),
    }
    for finding in findings:
        row[name_column(finding, "score")] = _round(prediction.scores.get(finding))
        row[name_column(finding, "probability")] = _round(prediction.probabilities.get(finding))
        row[name_column(finding, "decision")] = prediction.decisions.get(finding)
    return row


def from_row(row: Mapping[str, Any], findings: Sequence[str]) -> Prediction:
    """The prediction that `to_row` gave, to its decimals.

    Raises:
        KeyError: if a column is missing.
        ValueError: if a cell holds something else.
    """
    if row["status"] not in ("ok", "rejected"):
        raise ValueError(f"status is {row['status']!r:.40}, expected ok or rejected")
    cells = {kind: {name: row[name_column(name, kind)] for name in findings} for kind in KINDS}
    values = {kind: {name: cell for name, cell in by.items() if cell not in (None, "")} for kind, by in cells.items()}
    if unknown := [word for word in values["decision"].values() if word not in get_args(Decision)]:
        raise ValueError(f"decision is {unknown[0]!r:.40}, expected one of {', '.join(get_args(Decision))}")
    return Prediction(
        path=Path(row["path"]),
        status=row["status"],
        sop_instance_uid=row["sop_instance_uid"],
        reason=row["reason"],
        flags=tuple(row["flags"].split()),
        scores={name: float(value) for name, value in values["score"].items()},
        probabilities={name: float(value) for name, value in values["probability"].items()},
        decisions=values["decision"],
    )


def _round(value: float | None) -> float | None:
    return None if value is None else round(value, DECIMALS)
