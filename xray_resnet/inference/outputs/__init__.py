"""One output format per file: a context that takes predictions one by one and appears whole, or not at all."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path

from xray_resnet.inference.outputs.csv_table import write_csv_table
from xray_resnet.inference.outputs.json_table import write_json_table
from xray_resnet.inference.outputs.parquet_table import write_parquet_table
from xray_resnet.inference.prediction import Prediction

Write = Callable[[Prediction], None]
Output = Callable[[Path, tuple[str, ...]], AbstractContextManager[Write]]

TABLES: dict[str, Output] = {"csv": write_csv_table, "json": write_json_table, "parquet": write_parquet_table}
"""Format → its writer; the table is `predictions.<format>`."""
