"""Predictions as Parquet: undefined cells are null."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from xray_resnet.files import replacing
from xray_resnet.predictions.prediction import Prediction
from xray_resnet.predictions.row import HEAD, KINDS, Row, name_column, to_row

ROWS_PER_GROUP = 4096
_TYPES = {"score": pa.float64(), "probability": pa.float64(), "decision": pa.string()}


@contextmanager
def write_parquet_table(path: Path, findings: Sequence[str]) -> Iterator[Callable[[Prediction], None]]:
    """Yields what writes a row; the file appears when the context ends well."""
    schema = _build_schema(findings)
    waiting: list[Row] = []
    with replacing(path) as temporary, pq.ParquetWriter(temporary, schema) as writer:

        def flush() -> None:
            writer.write_table(pa.Table.from_pylist(waiting, schema))
            waiting.clear()

        def write(prediction: Prediction) -> None:
            waiting.append(to_row(prediction, findings))
            if len(waiting) == ROWS_PER_GROUP:
                flush()

        yield write
        flush()


def read_parquet_rows(path: Path) -> Iterator[Mapping[str, Any]]:
    """The rows of a table."""
    with pq.ParquetFile(path) as file:
        for batch in file.iter_batches(ROWS_PER_GROUP):
            yield from batch.to_pylist()


def _build_schema(findings: Sequence[str]) -> pa.Schema:
    return pa.schema(
        [pa.field(name, pa.string()) for name in HEAD]
        + [pa.field(name_column(finding, kind), _TYPES[kind]) for finding in findings for kind in KINDS]
    )
