"""Reading the CSV tables of a source: the columns that are needed, and clear words where one is missing.

No message quotes a cell: where columns are shifted, any of them may hold a patient's name.
"""

import csv
import gzip
from collections.abc import Callable, Mapping, Sequence
from difflib import get_close_matches
from pathlib import Path
from typing import TextIO, TypeVar

from xray_resnet.errors import UserError

Row = Mapping[str, str]
Converted = TypeVar("Converted")
_SHOWN = 10
"""Mistakes in a table that are told at once."""


def read_rows(path: Path, columns: Sequence[str]) -> list[Row]:
    """The rows of a CSV table with a header, values stripped of blanks.

    Args:
        path: The table, UTF-8 with or without a byte order mark; gzip-compressed where its name ends with .gz.
        columns: Columns that must be there; others are kept too.

    Raises:
        UserError: if the table is missing, not text, or lacks a column (the nearest name is given).
    """
    try:
        with _open_text(path) as file:
            reader = csv.DictReader(file, restkey="", restval="")
            header = [name.strip() for name in reader.fieldnames or []]
            reader.fieldnames = header
            _check_columns(path, header, columns)
            return [{name: row[name].strip() for name in header if name} for row in reader]
    except FileNotFoundError as error:
        raise UserError(f"{path}: there is no such table; put it there or set data.root") from error
    except UnicodeDecodeError:
        raise UserError(f"{path}: this table is not in UTF-8; export it again as CSV UTF-8") from None
    except (csv.Error, IsADirectoryError, gzip.BadGzipFile, EOFError) as error:
        raise UserError(f"{path}: not a CSV table ({error}); export it again as CSV UTF-8") from error


def find_table(root: Path, *names: str) -> Path:
    """The first of `names` that is below `root`, as it is or compressed with gzip.

    Raises:
        UserError: if none is there.
    """
    for name in names:
        for path in (root / name, root / f"{name}.gz"):
            if path.is_file():
                return path
    raise UserError(f"{root}: there is no {' or '.join(names)}, nor one with .gz; put it there or set data.root")


def convert_rows(path: Path, rows: Sequence[Row], convert: Callable[[Row, str], Converted]) -> list[Converted]:
    """Each row converted; `convert` gets a row and what names it in an error.

    Raises:
        UserError: with the first mistakes of all rows, a line each, so that they are mended at once.
    """
    converted, mistakes = [], []
    for line, row in enumerate(rows):
        try:
            converted.append(convert(row, where(path, line)))
        except UserError as error:
            mistakes.append(str(error))
    if mistakes:
        more = [f"{path}: {len(mistakes) - _SHOWN} more rows like these"] if len(mistakes) > _SHOWN else []
        raise UserError("\n".join([*mistakes[:_SHOWN], *more]))
    return converted


def where(path: Path, position: int) -> str:
    """Names a row in an error, by its position from 0; the header is line 1, so that the first row is line 2."""
    return f"{path} line {position + 2}"


def _open_text(path: Path) -> TextIO:
    if path.suffix == ".gz":
        return gzip.open(path, "rt", encoding="utf-8-sig", newline="")
    return path.open(encoding="utf-8-sig", newline="")


def _check_columns(path: Path, header: Sequence[str], columns: Sequence[str]) -> None:
    missing = [name for name in columns if name not in header]
    if not missing:
        return
    if len(header) == 1 and (separator := next((mark for mark in ";\t|" if mark in header[0]), "")):
        raise UserError(f"{path}: its cells are separated by {separator!r}; export it again with commas")
    nearest = get_close_matches(missing[0], header, 1)
    hint = f"; the nearest is {nearest[0]!r}" if nearest else ""
    names = ", ".join(repr(name) for name in missing)
    raise UserError(f"{path}: no column {names}{hint}; its first line, of {len(header)} cells, must name the columns")
