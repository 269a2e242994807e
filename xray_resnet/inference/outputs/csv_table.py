"""Predictions as CSV: undefined cells are empty."""

import csv
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from xray_resnet.files import replacing
from xray_resnet.findings import prediction_columns
from xray_resnet.inference.prediction import SCORE_DECIMALS, Prediction


@contextmanager
def write_csv_table(path: Path, findings: tuple[str, ...]) -> Iterator[Callable[[Prediction], None]]:
    """Yields what writes a row; the file appears when the context ends well."""
    with replacing(path) as temporary, temporary.open("w", newline="", encoding="utf-8") as file:
        table = csv.DictWriter(file, prediction_columns(findings), lineterminator="\n")
        table.writeheader()
        yield lambda prediction: table.writerow(
            {name: _format(cell) for name, cell in prediction.row(findings).items()}
        )


def _format(cell: str | float | None) -> str:
    if cell is None:
        return ""
    return f"{cell:.{SCORE_DECIMALS}f}" if isinstance(cell, float) else cell
