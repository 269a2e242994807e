"""Predictions as CSV: undefined cells are empty."""

import csv
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from xray_resnet.files import replacing
from xray_resnet.predictions.prediction import Prediction
from xray_resnet.predictions.row import DECIMALS, Cell, list_columns, to_row


@contextmanager
def write_csv_table(path: Path, findings: Sequence[str]) -> Iterator[Callable[[Prediction], None]]:
    """Yields what writes a row; the file appears when the context ends well."""
    with replacing(path) as temporary, temporary.open("w", newline="", encoding="utf-8") as file:
        table = csv.DictWriter(file, list_columns(findings), lineterminator="\n")
        table.writeheader()
        yield lambda prediction: table.writerow(
            {name: _format(cell) for name, cell in to_row(prediction, findings).items()}
        )


def read_csv_rows(path: Path) -> Iterator[Mapping[str, str]]:
    """The rows of a table."""
    with path.open(newline="", encoding="utf-8") as file:
        yield from csv.DictReader(file)


def _format(cell: Cell) -> str:
    if cell is None:
        return ""
    return f"{cell:.{DECIMALS}f}" if isinstance(cell, float) else cell
