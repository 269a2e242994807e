"""Reading the CSV tables of a source: rows that know their place, and clear words if a column is missing.

No message quotes a cell: if columns are shifted, any of them may hold a patient's name.
"""

import csv
import gzip
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import TextIO

from xray_resnet.errors import UserError


@dataclass(frozen=True, slots=True)
class Row:
    """A row of a table.

    Attributes:
        cells: Column → cell, stripped of blanks; a column behind the row's last cell is not in it.
        path: The table.
        line: The line of the table on which the row ends; the header is line 1.
        is_too_long: Whether it has cells that no column of the header names.
    """

    cells: Mapping[str, str]
    path: Path
    line: int
    is_too_long: bool = False

    @property
    def place(self) -> str:
        """Names the row in an error."""
        return f"{self.path} line {self.line}"

    def __getitem__(self, column: str) -> str:
        """The cell of a column.

        Raises:
            UserError: if the row ends before it, or has more cells than the header, so that any may be another's.
        """
        if self.is_too_long:
            raise UserError(f"{self.place}: the row has more cells than the header; quote the cells that hold commas")
        if column not in self.cells:
            raise UserError(f"{self.place}: the row ends before its column {column!r}; restore the line")
        return self.cells[column]

    def get(self, column: str, default: str = "") -> str:
        """The cell of a column that the table need not have."""
        return self.cells.get(column, default)


def read_rows(path: Path, columns: Sequence[str]) -> list[Row]:
    """The rows of a CSV table with a header.

    Args:
        path: The table, UTF-8 with or without a byte order mark; gzip-compressed if its name ends with .gz.
        columns: Columns that must be there, once; others are kept too.

    Raises:
        UserError: if the table is missing, not text, or lacks a column (the nearest name is given).
    """
    try:
        with _open_text(path) as file:
            reader = csv.reader(file)
            header = [name.strip() for name in next(reader, [])]
            _check_columns(path, header, columns)
            return [_to_row(header, cells, path, reader.line_num) for cells in reader if cells]
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


def _open_text(path: Path) -> TextIO:
    if path.suffix == ".gz":
        return gzip.open(path, "rt", encoding="utf-8-sig", newline="")
    return path.open(encoding="utf-8-sig", newline="")


def _to_row(header: Sequence[str], cells: Sequence[str], path: Path, line: int) -> Row:
    named = {name: cell.strip() for name, cell in zip(header, cells, strict=False) if name}
    return Row(named, path, line, is_too_long=any(cell.strip() for cell in cells[len(header) :]))


def _check_columns(path: Path, header: Sequence[str], columns: Sequence[str]) -> None:
    _check_separator(path, header, columns)
    missing = [name for name in columns if name not in header]
    if missing:
        nearest = get_close_matches(missing[0], header, 1)
        hint = f"; the nearest is {nearest[0]!r}" if nearest else ""
        names = ", ".join(repr(name) for name in missing)
        raise UserError(
            f"{path}: no column {names}{hint}; its first line, of {len(header)} cells, must name the columns"
        )
    times = Counter(header)
    twice = next((name for name in columns if times[name] > 1), None)
    if twice is not None:
        raise UserError(f"{path}: {times[twice]} columns are named {twice!r}; keep one of them")


def _check_separator(path: Path, header: Sequence[str], columns: Sequence[str]) -> None:
    if len(header) > 1 or not header or header[0] in columns:
        return
    if separator := next((mark for mark in ";\t|" if mark in header[0]), ""):
        raise UserError(f"{path}: its cells are separated by {separator!r}; export it again with commas")
