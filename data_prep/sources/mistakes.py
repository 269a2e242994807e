"""What is wrong with the tables of a source, told at once: they are mended in one go, not one row a run."""

from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable, Iterator
from pathlib import Path
from types import TracebackType
from typing import Self, TypeVar

from data_prep.sources.csv_table import Row
from xray_resnet.errors import UserError

Converted = TypeVar("Converted")
Key = TypeVar("Key", bound=Hashable)

_SHOWN = 10
"""Mistakes of a table that are told at once."""


class Mistakes:
    """Gathers the mistakes that are made within it; where it ends, all are raised as one error, a line each."""

    def __init__(self) -> None:
        self._of_file: defaultdict[Path, list[str]] = defaultdict(list)

    def convert(self, rows: Iterable[Row], convert: Callable[[Row], Converted]) -> list[Converted]:
        """Each row converted, but for those with a mistake."""
        return [value for _, value in self._convert(rows, convert)]

    def index(self, rows: Iterable[Row], convert: Callable[[Row], tuple[Key, Converted]]) -> dict[Key, Converted]:
        """Key → value; rows of one key that give two values contradict each other, which is a mistake."""
        value_of: dict[Key, Converted] = {}
        for row, (key, value) in self._convert(rows, convert):
            if value_of.setdefault(key, value) != value:
                self.add(row.path, f"{row.place}: the row contradicts an earlier one; keep the one that is right")
        return value_of

    def convert_files(self, paths: Iterable[Path], convert: Callable[[Path], Converted]) -> list[Converted]:
        """Each file converted, but for those with a mistake."""
        converted = []
        for path in paths:
            try:
                converted.append(convert(path))
            except UserError as error:
                self.add(path.parent, str(error))
        return converted

    def add(self, path: Path, sentence: str) -> None:
        """Notes a mistake of a file, or of one of a folder's."""
        self._of_file[path].append(sentence)

    def _convert(self, rows: Iterable[Row], convert: Callable[[Row], Converted]) -> Iterator[tuple[Row, Converted]]:
        for row in rows:
            try:
                converted = convert(row)
            except UserError as error:
                self.add(row.path, str(error))
            else:
                yield row, converted

    def __enter__(self) -> Self:
        return self

    def __exit__(self, _: type[BaseException] | None, error: BaseException | None, __: TracebackType | None) -> None:
        if not self._of_file or not isinstance(error, UserError | None):
            return
        last = [str(error)] if error else []
        told = [line for path, sentences in self._of_file.items() for line in _shorten(path, sentences)]
        raise UserError("\n".join([*told, *last])) from error


def _shorten(path: Path, sentences: list[str]) -> list[str]:
    more = len(sentences) - _SHOWN
    return [*sentences[:_SHOWN], *([f"{path}: {more} more mistakes like these"] if more > 0 else [])]
