"""PadChest in its original layout (Bustos et al., Medical Image Analysis 2020).

`PADCHEST_chest_x_ray_images_labels_160K_01.02.19.csv`, compressed or not, and 16-bit PNG files below folders named by
its column ImageDir (`0/216840111366964012283393834152009033140208626_00-059-118.png`). Its label lists are read in
English, as released, and in Spanish, as its reports are; a label counts for its ancestors in PadChest's tree, too. The
report is silent on what it does not name: unmentioned. Rows whose Projection is COSTAL or EXCLUDE are left out.
"""

from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path

from data_prep.sources.csv_table import Row, find_table, read_rows
from data_prep.sources.files import resolve_below, walk_source
from data_prep.sources.mistakes import Mistakes
from data_prep.sources.padchest_labels import FINDINGS, is_understood, read_states
from data_prep.sources.record import Listing, Record, list_existing
from data_prep.sources.values import read_age, read_sex, read_view
from xray_resnet.config import DataConfig

TABLES = ("PADCHEST_chest_x_ray_images_labels_160K_01.02.19.csv", "PADCHEST_chest_x_ray_images_labels_160K.csv")
_NO_CHEST_VIEW = {"COSTAL", "EXCLUDE"}
"""Values of Projection: views of the ribs, and images that the authors took for no chest radiograph."""
_COLUMNS = ("ImageID", "ImageDir", "StudyID", "PatientID", "PatientSex_DICOM", "Projection", "Labels")


def list_records(_: DataConfig, root: Path) -> Listing:
    """Every chest radiograph of the table that is there.

    Raises:
        UserError: if the table is missing or holds what it should not, or no image is there.
    """
    path = find_table(root, *TABLES)
    walk = walk_source(root)
    files = {file.name: file for file in walk.files if file.suffix == ".png"}
    rows = read_rows(path, _COLUMNS)
    with Mistakes() as mistakes:
        chests = [row for row in mistakes.convert(rows, _of_chest) if row is not None]
        records = mistakes.convert(chests, partial(_to_record, files=files, root=root))
    notes = {
        f"rows of the table whose Projection is {' or '.join(sorted(_NO_CHEST_VIEW))}": len(rows) - len(chests),
        **_note_unknown(chests),
    }
    return list_existing(records, FINDINGS, root, notes=notes, unreadable=walk.unreadable)


def _of_chest(row: Row) -> Row | None:
    return None if row["Projection"].upper() in _NO_CHEST_VIEW else row


def _note_unknown(rows: Sequence[Row]) -> dict[str, int]:
    count = sum(not is_understood(row) for row in rows)
    return (
        {"rows with a label that PadChest does not know; what they do not name is not assessed": count} if count else {}
    )


def _to_record(row: Row, *, files: Mapping[str, Path], root: Path) -> Record:
    return Record(
        path=files.get(row["ImageID"]) or resolve_below(root, f"{row['ImageDir']}/{row['ImageID']}", where=row.place),
        name=row["ImageID"],
        patient=f"padchest {row['PatientID']}",
        study=f"padchest {row['StudyID']}",
        view=read_view(row["Projection"]),
        sex=read_sex(row["PatientSex_DICOM"]),
        age=_read_age(row),
        states=read_states(row["Labels"], row.place),
    )


def _read_age(row: Row) -> float | None:
    """Year of the study less year of birth, None if either is missing."""
    birth, study = row.get("PatientBirth")[:4], row.get("StudyDate_DICOM")[:4]
    return read_age(str(int(study) - int(birth))) if birth.isdecimal() and study.isdecimal() else None
