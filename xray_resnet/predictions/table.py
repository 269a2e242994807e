"""The formats of a prediction table, by name."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any, Literal, get_args

from xray_resnet.errors import UserError
from xray_resnet.predictions.csv_table import read_csv_rows, write_csv_table
from xray_resnet.predictions.json_table import read_json_lines, read_json_rows, write_json_lines, write_json_table
from xray_resnet.predictions.parquet_table import read_parquet_rows, write_parquet_table
from xray_resnet.predictions.prediction import Prediction
from xray_resnet.predictions.row import from_row

Write = Callable[[Prediction], None]
Writer = Callable[[Path, Sequence[str]], AbstractContextManager[Write]]
Format = Literal["csv", "json", "jsonl", "parquet"]

FORMATS: tuple[Format, ...] = get_args(Format)
WRITERS: dict[Format, Writer] = {
    "csv": write_csv_table,
    "json": write_json_table,
    "jsonl": write_json_lines,
    "parquet": write_parquet_table,
}
"""Format → its writer; the table is `predictions.<format>`."""
_READERS: dict[str, Callable[[Path], Iterable[Mapping[str, Any]]]] = {
    ".csv": read_csv_rows,
    ".json": read_json_rows,
    ".jsonl": read_json_lines,
    ".parquet": read_parquet_rows,
}


def read_predictions(path: Path, findings: Sequence[str]) -> list[Prediction]:
    """The predictions of a table that was written here, without maps and pixels.

    Args:
        path: `predictions.<format>`.
        findings: Names of the findings whose columns it holds.

    Raises:
        UserError: if it is not such a table.
    """
    read = _READERS.get(path.suffix)
    if read is None:
        raise UserError(f"{path}: a table ends in {', '.join(_READERS)}; name a table that xray-predict wrote")
    try:
        return [from_row(row, findings) for row in read(path)]
    except (KeyError, ValueError, TypeError, AttributeError) as error:
        raise UserError(
            f"{path}: not a table of these findings: {error}; name a table that xray-predict wrote"
        ) from None
