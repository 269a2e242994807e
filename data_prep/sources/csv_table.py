"""Reading the CSV tables of a source: the columns that are needed, and clear words where one is missing."""

import csv
from collections.abc import Mapping, Sequence
from difflib import get_close_matches
from pathlib import Path

from xray_resnet.errors import UserError

Row = Mapping[str, str]


def read_rows(path: Path, columns: Sequence[str]) -> list[Row]:
    """The rows of a CSV table with a header, values stripped of blanks.

    Args:
        path: The table, UTF-8 with or without a byte order mark.
        columns: Columns that must be there; others are kept too.

    Raises:
        UserError: if the table is missing, not text, or lacks a column (the nearest name is given).
    """
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.DictReader(file, restkey="", restval="")
            header = [name.strip() for name in reader.fieldnames or []]
            reader.fieldnames = header
            _check_columns(path, header, columns)
            return [{name: row[name].strip() for name in header if name} for row in reader]
    except FileNotFoundError as error:
        raise UserError(f"{path}: there is no such table; put it there or set data.root") from error
    except (UnicodeDecodeError, csv.Error, IsADirectoryError) as error:
        raise UserError(f"{path}: not a CSV table in UTF-8 ({error}); export it again as CSV") from error


def where(path: Path, position: int) -> str:
    """Names a row in an error: the table and the line of its first row being 2."""
    return f"{path} line {position + 2}"


def _check_columns(path: Path, header: Sequence[str], columns: Sequence[str]) -> None:
    missing = [name for name in columns if name not in header]
    if not missing:
        return
    nearest = get_close_matches(missing[0], header, 1, 0.0)
    hint = f"; the nearest is {nearest[0]!r}" if nearest else ""
    names = ", ".join(repr(name) for name in missing)
    raise UserError(f"{path}: no column {names}{hint}; the table has {', '.join(header) or 'no columns'}")
