"""Any CSV with a path, a patient and one column per finding."""

from collections.abc import Mapping
from functools import partial
from pathlib import Path

from data_prep.sources.csv_table import Row, read_rows
from data_prep.sources.files import resolve_below
from data_prep.sources.mistakes import Mistakes
from data_prep.sources.record import Listing, Record, list_existing
from data_prep.sources.values import read_choice, read_state
from xray_resnet.config import DataConfig
from xray_resnet.errors import ConfigurationError, UserError
from xray_resnet.store.schema import SPLITS

_SPLITS: Mapping[str, str | None] = {**{split: split for split in SPLITS}, "": None}


def list_records(config: DataConfig, root: Path) -> Listing:
    """Every row whose file is there; 1 is positive, 0 negative, -1 or U uncertain, blank unmentioned.

    Raises:
        ConfigurationError: if no finding is configured.
        UserError: if the table, a column or a value is not as configured, or no file is there.
    """
    table = config.table
    columns = table.finding_columns or {finding: finding for finding in config.findings}
    if not columns:
        raise ConfigurationError(
            "data.table.finding_columns is empty; name the column of each finding, or data.findings"
        )
    path = resolve_below(root, table.csv, where="data.table.csv")
    split = [table.split_column] if table.split_column else []
    rows = read_rows(path, [table.path_column, table.patient_column, *columns.values(), *split])
    to_record = partial(_to_record, config=config, root=root, columns=columns)
    with Mistakes() as mistakes:
        records = mistakes.convert(rows, to_record)
    return list_existing(records, tuple(columns), root)


def _to_record(row: Row, *, config: DataConfig, root: Path, columns: Mapping[str, str]) -> Record:
    table = config.table
    for column in (table.path_column, table.patient_column):
        if not row[column]:
            raise UserError(f"{row.place}: column {column!r} is blank; every image needs its file and its patient")
    return Record(
        path=resolve_below(root, row[table.path_column], where=row.place),
        name=row[table.path_column],
        patient=row[table.patient_column],
        states={finding: read_state(row, column) for finding, column in columns.items()},
        split=read_choice(row, table.split_column, _SPLITS) if table.split_column else None,
    )
