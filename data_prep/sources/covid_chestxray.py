"""covid-chestxray-dataset (Cohen et al. 2020) in its original layout: `metadata.csv` and `images/`.

Its findings are a tree, `Pneumonia/Viral/COVID-19`: every node on the way is positive, and those below are
not assessed. CT slices are left out.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path

from data_prep.sources.csv_table import Row, read_rows, where
from data_prep.sources.files import resolve_below
from data_prep.sources.record import Listing, Record, list_existing
from data_prep.sources.values import read_age, read_sex, read_view
from xray_resnet.config import DataConfig
from xray_resnet.errors import UserError
from xray_resnet.findings import LabelState

NODES = {"Pneumonia": "Pneumonia", "COVID-19": "Pneumonia/Viral/COVID-19", "Tuberculosis": "Tuberculosis"}
"""Finding → node of the tree."""
FINDINGS = tuple(NODES)

_COLUMNS = ("patientid", "sex", "age", "finding", "view", "modality", "folder", "filename")
_UNKNOWN = {"", "todo", "Unknown"}


def list_records(_: DataConfig, root: Path) -> Listing:
    """Every radiograph of the table that is there.

    Raises:
        UserError: if the table is missing or holds what it should not, or no image is there.
    """
    path = root / "metadata.csv"
    rows = [(where(path, line), row) for line, row in enumerate(read_rows(path, _COLUMNS))]
    radiographs = [_to_record(row, root, place) for place, row in rows if row["modality"] == "X-ray"]
    notes = {"rows of the table that are no radiograph": len(rows) - len(radiographs)}
    return list_existing(radiographs, FINDINGS, root, notes=notes)


def read_states(finding: str) -> Mapping[str, int]:
    """A path of the tree to states; what is unknown, or lies below the path's end, is not assessed."""
    if finding in _UNKNOWN:
        return dict.fromkeys(FINDINGS, int(LabelState.NOT_ASSESSED))
    return {name: int(_read_state(finding.split("/"), node.split("/"))) for name, node in NODES.items()}


def _read_state(path: Sequence[str], node: Sequence[str]) -> LabelState:
    """Of the node, by the path from the root to what was found."""
    if path[: len(node)] == node:
        return LabelState.POSITIVE
    return LabelState.NOT_ASSESSED if node[: len(path)] == path else LabelState.NEGATIVE


def _to_record(row: Row, root: Path, place: str) -> Record:
    if not row["patientid"]:
        raise UserError(f"{place}: column 'patientid' is blank; every image needs its patient")
    return Record(
        path=resolve_below(root, f"{row['folder']}/{row['filename']}", where=place),
        name=row["filename"],
        patient=f"covid_chestxray {row['patientid']}",
        view=read_view(row["view"]),
        sex=read_sex(row["sex"]),
        age=read_age(row["age"]),
        states=read_states(row["finding"]),
    )
