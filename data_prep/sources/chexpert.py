"""CheXpert in its original layout (Irvin et al., AAAI 2019), full size or small.

`train.csv` and `valid.csv`, and `test.csv` where it is at hand, beside the folders of images that their column Path
names (`CheXpert-v1.0-small/train/patient00001/study1/view1_frontal.jpg`). The images of `valid.csv` were labelled by
radiologists: without `test.csv` they are the test split, and validation patients are cut from the training ones.
"""

import re
from collections.abc import Sequence
from pathlib import Path

from data_prep.sources.chexpert_labels import COLUMNS, FINDINGS, read_states
from data_prep.sources.csv_table import Row, find_table, read_rows, where
from data_prep.sources.files import resolve_below
from data_prep.sources.record import Listing, Record, keep_images
from xray_resnet.config import DataConfig
from xray_resnet.errors import UserError

_FACTS = ("Path", "Sex", "Age", "Frontal/Lateral", "AP/PA")
_PATIENT_AND_STUDY = re.compile(r"(patient\d+)/(study\d+)/")


def list_records(_: DataConfig, root: Path) -> Listing:
    """Every row of the tables whose image is there.

    Raises:
        UserError: if a table is missing or holds what it should not, or no image is there.
    """
    valid = find_table(root, "valid.csv")
    test = [root / "test.csv"] if (root / "test.csv").is_file() else []
    tables = [(find_table(root, "train.csv"), "train"), (valid, "val" if test else "test")]
    tables += [(path, "test") for path in test]
    records = [record for path, split in tables for record in _read_table(path, root, split)]
    return keep_images(records, FINDINGS, root)


def _read_table(path: Path, root: Path, split: str) -> Sequence[Record]:
    rows = read_rows(path, [*_FACTS, *COLUMNS.values()])
    return [_to_record(row, root, split, where(path, line)) for line, row in enumerate(rows)]


def _to_record(row: Row, root: Path, split: str, place: str) -> Record:
    found = _PATIENT_AND_STUDY.search(row["Path"])
    if found is None:
        raise UserError(f"{place}: Path {row['Path']!r} names no patient and study; restore the original table")
    name = row["Path"].partition("/")[2] if row["Path"].startswith("CheXpert-") else row["Path"]
    patient = f"chexpert {found[1]}"
    return Record(
        path=_choose_existing(root, row["Path"], name, place),
        name=name,
        patient=patient,
        study=f"{patient} {found[2]}",
        view="LATERAL" if row["Frontal/Lateral"] == "Lateral" else row["AP/PA"],
        sex={"Male": "M", "Female": "F"}.get(row["Sex"], ""),
        age=float(row["Age"]) if row["Age"].isdigit() else None,
        states=read_states(row, place),
        split=split,
    )


def _choose_existing(root: Path, full: str, name: str, place: str) -> Path:
    """The path as it stands in the table, or without the archive's folder where the root is that folder."""
    path = resolve_below(root, full, where=place)
    return path if path.is_file() else resolve_below(root, name, where=place)
