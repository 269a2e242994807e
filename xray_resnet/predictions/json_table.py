"""Predictions as JSON, one row a line, as an array or as JSON lines: undefined cells are null."""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from xray_resnet.files import replacing
from xray_resnet.predictions.prediction import Prediction
from xray_resnet.predictions.row import to_row


@contextmanager
def write_json_lines(path: Path, findings: Sequence[str]) -> Iterator[Callable[[Prediction], None]]:
    """Yields what writes a row as one JSON object a line; the file appears when the context ends well."""
    with replacing(path) as temporary, temporary.open("w", encoding="utf-8") as file:
        yield lambda prediction: print(_to_json(prediction, findings), file=file)


@contextmanager
def write_json_table(path: Path, findings: Sequence[str]) -> Iterator[Callable[[Prediction], None]]:
    """Yields what writes a row of one JSON array; the file appears when the context ends well."""
    with replacing(path) as temporary, temporary.open("w", encoding="utf-8") as file:
        separator = "[\n"

        def write(prediction: Prediction) -> None:
            nonlocal separator
            file.write(separator + _to_json(prediction, findings))
            separator = ",\n"

        yield write
        file.write("\n]\n" if separator == ",\n" else "[]\n")


def read_json_lines(path: Path) -> Iterator[Mapping[str, Any]]:
    """The rows of JSON lines."""
    with path.open(encoding="utf-8") as file:
        yield from map(json.loads, file)


def read_json_rows(path: Path) -> Iterator[Mapping[str, Any]]:
    """The rows of a JSON array."""
    yield from json.loads(path.read_bytes())


def _to_json(prediction: Prediction, findings: Sequence[str]) -> str:
    return json.dumps(to_row(prediction, findings), allow_nan=False)
