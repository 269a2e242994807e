"""covid-chestxray-dataset (Cohen et al. 2020) in its original layout: `metadata.csv` and `images/`.

Its findings are a tree, `Pneumonia/Viral/COVID-19`: every node on the way is positive, and those below are not
assessed. Releases before the autumn of 2020 name the last node alone, or several with commas (`COVID-19, ARDS`). A
finding that is neither in the tree nor among those names is an error, lest it count as negative. CT slices are left
out.
"""

from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path

from data_prep.sources.csv_table import Row, read_rows
from data_prep.sources.files import resolve_below
from data_prep.sources.mistakes import Mistakes
from data_prep.sources.record import Listing, Record, list_existing
from data_prep.sources.values import name_nearest, read_age, read_choice, read_sex, read_view
from xray_resnet.config import DataConfig
from xray_resnet.errors import UserError
from xray_resnet.findings import LabelState

NODES = {"Pneumonia": "Pneumonia", "COVID-19": "Pneumonia/Viral/COVID-19", "Tuberculosis": "Tuberculosis"}
"""Finding → node of the tree."""
FINDINGS = tuple(NODES)

_COLUMNS = ("patientid", "sex", "age", "finding", "view", "modality", "folder", "filename")
_UNKNOWN = {"", "todo", "unknown", "ards"}
"""What names no cause: ARDS is a syndrome, which pneumonia may bring or not."""
_NO_FINDING = "no finding"
_IS_RADIOGRAPH = {"X-ray": True, "CT": False}
_ROOTS = {"pneumonia": ("Pneumonia",), "tuberculosis": ("Tuberculosis",)}
_GROUPS = {
    "Viral": ("COVID-19", "SARS", "MERS", "MERS-CoV", "Varicella", "Influenza", "Herpes", "H1N1"),
    "Bacterial": (
        *("Streptococcus", "Klebsiella", "Legionella", "E.Coli", "Mycoplasma", "Nocardia", "Chlamydophila"),
        "Staphylococcus",
    ),
    "Fungal": ("Pneumocystis", "Aspergillosis"),
    "Lipoid": (),
    "Aspiration": (),
}
"""Below Pneumonia: group → what is below it, in all releases."""
_NODES = (
    _ROOTS
    | {group.casefold(): ("Pneumonia", group) for group in _GROUPS}
    | {leaf.casefold(): ("Pneumonia", group, leaf) for group, leaves in _GROUPS.items() for leaf in leaves}
    | {"mrsa": ("Pneumonia", "Bacterial", "Staphylococcus", "MRSA")}
)
"""Name of a node, in small letters → its path from the root."""


def list_records(_: DataConfig, root: Path) -> Listing:
    """Every radiograph of the table that is there.

    Raises:
        UserError: if the table is missing or holds what it should not, or no image is there.
    """
    path = root / "metadata.csv"
    rows = read_rows(path, _COLUMNS)
    with Mistakes() as mistakes:
        converted = mistakes.convert(rows, partial(_to_record, root=root))
    radiographs = [record for record in converted if record is not None]
    notes = {"rows of the table that are no radiograph": len(rows) - len(radiographs)}
    return list_existing(radiographs, FINDINGS, root, notes=notes)


def read_states(finding: str, place: str) -> Mapping[str, LabelState]:
    """What was found to states; what is unknown, or lies below the end of a path, is not assessed.

    Raises:
        UserError: for a finding that no release names.
    """
    paths = [_find_path(name.strip(), place) for name in finding.split(",")]
    known = [path for path in paths if path is not None]
    if not known:
        return dict.fromkeys(FINDINGS, LabelState.NOT_ASSESSED)
    if () in known and any(known):
        raise UserError(f"{place}: column 'finding' names No Finding beside a finding; keep what is right")
    return {name: _read_state(known, tuple(node.split("/"))) for name, node in NODES.items()}


def _find_path(name: str, place: str) -> tuple[str, ...] | None:
    """The path from the root to a node that is named by its path or alone; empty for no finding, None if unknown."""
    if name.casefold() in _UNKNOWN:
        return None
    if name.casefold() == _NO_FINDING:
        return ()
    *above, last = name.split("/")
    path = _NODES.get(last.casefold())
    if path is None or not {part.casefold() for part in above} <= {part.casefold() for part in path}:
        raise UserError(
            f"{place}: column 'finding' names a finding of no known release, such as Pneumonia/Viral/COVID-19"
            f"{name_nearest(last, {node: path[-1] for node, path in _NODES.items()})}; "
            "mend the cell, or blank it if the finding is unknown"
        )
    return path


def _read_state(paths: Sequence[tuple[str, ...]], node: tuple[str, ...]) -> LabelState:
    """Of the node, by the paths from the root to what was found."""
    if any(path[: len(node)] == node for path in paths):
        return LabelState.POSITIVE
    is_above = any(path and node[: len(path)] == path for path in paths)
    return LabelState.NOT_ASSESSED if is_above else LabelState.NEGATIVE


def _to_record(row: Row, *, root: Path) -> Record | None:
    """The record of a radiograph; None for another modality."""
    if not read_choice(row, "modality", _IS_RADIOGRAPH):
        return None
    if not row["patientid"]:
        raise UserError(f"{row.place}: column 'patientid' is blank; every image needs its patient")
    return Record(
        path=resolve_below(root, f"{row['folder']}/{row['filename']}", where=row.place),
        name=row["filename"],
        patient=f"covid_chestxray {row['patientid']}",
        view=read_view(row["view"]),
        sex=read_sex(row["sex"]),
        age=read_age(row["age"]),
        states=read_states(row["finding"], row.place),
    )
