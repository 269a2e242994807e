"""CheXpert in its original layouts (Irvin et al., AAAI 2019).

Small, `CheXpert-v1.0-small/{train,valid}.csv` beside `train/` and `valid/`; or full size as downloaded, where
`CheXpert-v1.0 batch 1 (validate & csv)/` holds the tables and `valid/`, and batches 2 to 4, `(train 1)` to `(train 3)`,
the training patients. The root is the folder above, or the archive's own; full size wins where both are there. The
column Path names images as `CheXpert-v1.0/train/patient00001/study1/view1_frontal.jpg` in either.

The images of `valid.csv` were labelled by radiologists: without `test.csv` or `test_labels.csv` they are the test
split, and validation patients are cut from the training ones. The test tables need no column but Path and the labels.
"""

import re
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path

from data_prep.sources.chexpert_labels import COLUMNS, FINDINGS, read_states
from data_prep.sources.csv_table import Row, find_table, read_rows
from data_prep.sources.mistakes import Mistakes
from data_prep.sources.record import Listing, Record, list_existing
from data_prep.sources.values import read_age, read_choice, read_sex, read_view
from xray_resnet.config import DataConfig
from xray_resnet.errors import UserError

TEST_TABLES = ("test.csv", "test_labels.csv")

_SIDE = "Frontal/Lateral"
_IS_LATERAL = {"Frontal": False, "Lateral": True, "": False}
_FACTS = ("Sex", "Age", _SIDE, "AP/PA")
_FOLDERS = ("train", "valid", "test")
_IMAGE = re.compile(r"(?:CheXpert[^/]*/)?((train|valid|test)/(patient\d+)/(study\d+)/(\w+\.\w+))")
Patients = Mapping[tuple[str, str], Path]


def list_records(_: DataConfig, root: Path) -> Listing:
    """Every row of the tables whose image is there.

    Raises:
        UserError: if a table is missing or holds what it should not, or no image is there.
    """
    archives = [root, *sorted(path for path in root.glob("CheXpert*") if path.is_dir())]
    tests = [path for archive in archives for name in TEST_TABLES if (path := archive / name).is_file()][:1]
    tables = [
        (_find_table(root, archives, "train.csv"), "train", _FACTS),
        (_find_table(root, archives, "valid.csv"), "val" if tests else "test", _FACTS),
        *((path, "test", ()) for path in tests),
    ]
    patients = _find_patients(archives)
    with Mistakes() as mistakes:
        records = [
            record
            for path, split, facts in tables
            for record in mistakes.convert(
                read_rows(path, ["Path", *facts, *COLUMNS.values()]),
                partial(_to_record, split=split, archive=path.parent, patients=patients),
            )
        ]
    return list_existing(records, FINDINGS, root)


def _find_table(root: Path, archives: Sequence[Path], name: str) -> Path:
    return find_table(root, *((archive / name).relative_to(root).as_posix() for archive in archives))


def _find_patients(archives: Sequence[Path]) -> Patients:
    """(train, valid or test, patient) → folder. Patients are listed, not their images: no folder is read twice."""
    patients: dict[tuple[str, str], Path] = {}
    for archive in archives:
        places = [(name, archive / name) for name in _FOLDERS]
        if "(train" in archive.name:
            places.append(("train", archive))
        for name, place in places:
            for path in place.glob("patient*"):
                patients.setdefault((name, path.name), path)
    return patients


def _to_record(row: Row, *, split: str, archive: Path, patients: Patients) -> Record:
    found = _IMAGE.fullmatch(row["Path"])
    if found is None:
        raise UserError(
            f"{row.place}: column 'Path' holds no path like CheXpert-v1.0/train/patient00001/study1/view1_frontal.jpg; "
            "restore the original table"
        )
    name, folder, patient, study, file = found.groups()
    return Record(
        path=patients.get((folder, patient), archive / folder / patient) / study / file,
        name=name,
        patient=f"chexpert {patient}",
        study=f"chexpert {patient} {study}",
        view=_read_view(row, file),
        sex=read_sex(row.get("Sex")),
        age=read_age(row.get("Age")),
        states=read_states(row),
        split=split,
    )


def _read_view(row: Row, file: str) -> str:
    """Files are named by their view, `view2_lateral.jpg`, where the table does not tell it."""
    is_lateral = read_choice(row, _SIDE, _IS_LATERAL) if _SIDE in row.cells else False
    return "LATERAL" if is_lateral or "_lateral." in file else read_view(row.get("AP/PA"))
