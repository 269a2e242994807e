"""PadChest in its original layout (Bustos et al., Medical Image Analysis 2020).

`PADCHEST_chest_x_ray_images_labels_160K_01.02.19.csv`, compressed or not, and 16-bit PNG files below folders named by
its column ImageDir (`0/216840111366964012283393834152009033140208626_00-059-118.png`). Its label lists are read in
English, as released, and in Spanish, as its reports are. The report is silent on what it does not name: unmentioned.
"""

import re
from collections.abc import Mapping
from pathlib import Path

from data_prep.sources.csv_table import Row, find_table, read_rows, where
from data_prep.sources.files import list_files, resolve_below
from data_prep.sources.record import Listing, Record, keep_images
from xray_resnet.config import DataConfig
from xray_resnet.errors import UserError
from xray_resnet.findings import LabelState

TABLES = ("PADCHEST_chest_x_ray_images_labels_160K_01.02.19.csv", "PADCHEST_chest_x_ray_images_labels_160K.csv")
WORDS = {
    "Atelectasis": ("atelectasis", "laminar atelectasis", "lobar atelectasis", "total atelectasis", "atelectasia"),
    "Cardiomegaly": ("cardiomegaly", "cardiomegalia"),
    "Effusion": ("pleural effusion", "loculated pleural effusion", "derrame pleural"),
    "Infiltration": ("infiltrates", "infiltrados"),
    "Mass": ("mass", "pulmonary mass", "masa", "masa pulmonar"),
    "Nodule": ("nodule", "multiple nodules", "nodulo", "nódulo", "nodulos multiples", "nódulos múltiples"),
    "Pneumonia": ("pneumonia", "atypical pneumonia", "neumonia", "neumonía", "neumonía atípica"),
    "Pneumothorax": ("pneumothorax", "hydropneumothorax", "neumotorax", "neumotórax"),
    "Consolidation": ("consolidation", "consolidacion", "consolidación"),
    "Edema": ("pulmonary edema", "edema pulmonar"),
    "Emphysema": ("emphysema", "enfisema"),
    "Fibrosis": ("pulmonary fibrosis", "post radiotherapy changes", "fibrosis pulmonar"),
    "Pleural_Thickening": ("pleural thickening", "apical pleural thickening", "engrosamiento pleural"),
    "Hernia": ("hiatal hernia", "hernia de hiato"),
    "Tuberculosis": ("tuberculosis", "tuberculosis sequelae", "secuelas de tuberculosis"),
    "Fracture": ("fracture", "rib fracture", "clavicle fracture", "humeral fracture", "fractura", "fractura costal"),
    "Aortic_Enlargement": ("aortic elongation", "elongación aórtica", "elongacion aortica"),
}
"""Finding → the labels that name it; PadChest has 174 labels, the others name none of these findings."""
FINDINGS = tuple(WORDS)

_FINDING_OF = {word: finding for finding, words in WORDS.items() for word in words}
_UNUSABLE = {"exclude", "suboptimal study", "unchanged", "excluir", "estudio subóptimo", "sin cambios"}
"""Labels of images whose findings the list does not tell."""
_NORMAL = {"normal", "normales"}
_VIEWS = {"L": "LATERAL", "AP_horizontal": "AP"}
_COLUMNS = ("ImageID", "ImageDir", "StudyID", "PatientID", "PatientSex_DICOM", "Projection", "Labels")
_QUOTED = re.compile(r"'([^']*)'|\"([^\"]*)\"")


def list_records(_: DataConfig, root: Path) -> Listing:
    """Every row of the table whose image is there.

    Raises:
        UserError: if the table is missing or holds what it should not, or no image is there.
    """
    path = find_table(root, *TABLES)
    files = {file.name: file for file in list_files(root) if file.suffix == ".png"}
    rows = read_rows(path, _COLUMNS)
    records = [_to_record(row, files, root, where(path, line)) for line, row in enumerate(rows)]
    return keep_images(records, FINDINGS, root)


def read_states(labels: str, place: str) -> Mapping[str, int]:
    """`['cardiomegaly', 'pleural effusion']` to states: named positive, silent unmentioned, a normal study negative.

    Raises:
        UserError: if it is no list of quoted labels.
    """
    if labels and not (labels.startswith("[") and labels.endswith("]")):
        raise UserError(f"{place}: Labels is {labels!r:.60}, expected a list such as ['normal']; restore the table")
    named = {(one or other).strip().lower() for one, other in _QUOTED.findall(labels)} - {""}
    found = {finding for word in named if (finding := _FINDING_OF.get(word))}
    if not named or named & _UNUSABLE:
        silent = LabelState.NOT_ASSESSED
    else:
        silent = LabelState.NEGATIVE if named <= _NORMAL else LabelState.UNMENTIONED
    return {finding: int(LabelState.POSITIVE if finding in found else silent) for finding in FINDINGS}


def _to_record(row: Row, files: Mapping[str, Path], root: Path, place: str) -> Record:
    return Record(
        path=files.get(row["ImageID"]) or resolve_below(root, f"{row['ImageDir']}/{row['ImageID']}", where=place),
        name=row["ImageID"],
        patient=f"padchest {row['PatientID']}",
        study=f"padchest {row['StudyID']}",
        view=_VIEWS.get(row["Projection"], row["Projection"]),
        sex=row["PatientSex_DICOM"] if row["PatientSex_DICOM"] in ("M", "F") else "",
        age=_read_age(row),
        states=read_states(row["Labels"], place),
    )


def _read_age(row: Row) -> float | None:
    """Year of the study less year of birth, None where either is missing."""
    birth, study = row.get("PatientBirth", "").partition(".")[0], row.get("StudyDate_DICOM", "")[:4]
    age = int(study) - int(birth) if birth.isdigit() and study.isdigit() else -1
    return float(age) if 0 <= age <= 120 else None
