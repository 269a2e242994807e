"""Predictions as Parquet: undefined cells are null."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from xray_resnet.files import replacing
from xray_resnet.findings import prediction_columns
from xray_resnet.inference.prediction import Prediction

ROWS_PER_GROUP = 4096


@contextmanager
def write_parquet_table(path: Path, findings: tuple[str, ...]) -> Iterator[Callable[[Prediction], None]]:
    """Yields what writes a row; the file appears when the context ends well."""
    schema = _schema(findings)
    waiting: list[dict[str, str | float | None]] = []
    with replacing(path) as temporary, pq.ParquetWriter(temporary, schema) as writer:

        def flush() -> None:
            writer.write_table(pa.Table.from_pylist(waiting, schema))
            waiting.clear()

        def write(prediction: Prediction) -> None:
            waiting.append(prediction.row(findings))
            if len(waiting) == ROWS_PER_GROUP:
                flush()

        yield write
        flush()


def _schema(findings: tuple[str, ...]) -> pa.Schema:
    kinds = {"_decision": pa.bool_(), "_score": pa.float64(), "_probability": pa.float64()}
    head, cells = prediction_columns(findings)[:4], prediction_columns(findings)[4:]
    return pa.schema(
        [pa.field(name, pa.string()) for name in head]
        + [pa.field(name, next(kind for end, kind in kinds.items() if name.endswith(end))) for name in cells]
    )
