"""Predictions as a JSON array, one row a line: undefined cells are null."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from xray_resnet.files import replacing
from xray_resnet.inference.prediction import Prediction


@contextmanager
def write_json_table(path: Path, findings: tuple[str, ...]) -> Iterator[Callable[[Prediction], None]]:
    """Yields what writes a row; the file appears when the context ends well."""
    with replacing(path) as temporary, temporary.open("w", encoding="utf-8") as file:
        separator = "[\n"

        def write(prediction: Prediction) -> None:
            nonlocal separator
            file.write(separator + json.dumps(prediction.row(findings), allow_nan=False))
            separator = ",\n"

        yield write
        file.write("\n]\n" if separator == ",\n" else "[]\n")
