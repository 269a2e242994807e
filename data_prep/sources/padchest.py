"""PadChest in its original layout (Bustos et al., Medical Image Analysis 2020).

`PADCHEST_chest_x_ray_images_labels_160K_01.02.19.csv`, compressed or not, and 16-bit PNG files below folders named by
its column ImageDir (`0/216840111366964012283393834152009033140208626_00-059-118.png`). Its label lists are read in
English, as released, and in Spanish, as its reports are; a label counts for its ancestors in PadChest's tree, too. The
report is silent on what it does not name: unmentioned. Rows whose Projection is COSTAL or EXCLUDE are left out.
"""

import re
from collections.abc import Mapping
from pathlib import Path

from data_prep.sources.csv_table import Row, find_table, read_rows, where
from data_prep.sources.files import resolve_below, walk_source
from data_prep.sources.record import Listing, Record, list_existing
from data_prep.sources.values import read_age, read_sex, read_view
from xray_resnet.config import DataConfig
from xray_resnet.errors import UserError
from xray_resnet.findings import LabelState

TABLES = ("PADCHEST_chest_x_ray_images_labels_160K_01.02.19.csv", "PADCHEST_chest_x_ray_images_labels_160K.csv")
WORDS = {
    "Atelectasis": (
        *("atelectasis", "total atelectasis", "lobar atelectasis", "segmental atelectasis", "laminar atelectasis"),
        *("round atelectasis", "atelectasis basal", "basal atelectasis"),
        *("atelectasia", "atelectasia laminar"),
    ),
    "Cardiomegaly": ("cardiomegaly", "cardiomegalia"),
    "Effusion": (
        *("pleural effusion", "loculated pleural effusion", "loculated fissural effusion"),
        *("hydropneumothorax", "empyema", "hemothorax"),
        *("derrame pleural", "hidroneumotórax", "hidroneumotorax", "empiema", "hemotórax", "hemotorax"),
    ),
    "Infiltration": (
        *("infiltrates", "interstitial pattern", "ground glass pattern", "reticular interstitial pattern"),
        *("reticulonodular interstitial pattern", "miliary opacities", "alveolar pattern"),
        *("consolidation", "air bronchogram"),
        *("infiltrados", "patrón intersticial", "patrón alveolar", "consolidacion", "consolidación"),
    ),
    "Mass": ("mass", "pulmonary mass", "masa", "masa pulmonar"),
    "Nodule": ("nodule", "multiple nodules", "nodulo", "nódulo", "nodulos multiples", "nódulos múltiples"),
    "Pneumonia": ("pneumonia", "atypical pneumonia", "neumonia", "neumonía", "neumonía atípica"),
    "Pneumothorax": (
        *("pneumothorax", "hydropneumothorax"),
        *("neumotorax", "neumotórax", "hidroneumotórax", "hidroneumotorax"),
    ),
    "Consolidation": ("consolidation", "air bronchogram", "consolidacion", "consolidación"),
    "Edema": ("pulmonary edema", "edema pulmonar"),
    "Emphysema": ("emphysema", "enfisema"),
    "Fibrosis": ("pulmonary fibrosis", "post radiotherapy changes", "asbestosis signs", "fibrosis pulmonar"),
    # A plaque is a circumscribed thickening, though the tree sets the two side by side.
    "Pleural_Thickening": (
        *("pleural thickening", "apical pleural thickening", "calcified pleural thickening"),
        *("pleural plaques", "calcified pleural plaques"),
        *("engrosamiento pleural", "placas pleurales"),
    ),
    "Hernia": ("hiatal hernia", "hernia de hiato"),
    "Tuberculosis": ("tuberculosis", "tuberculosis sequelae", "secuelas de tuberculosis"),
    "Fracture": (
        *("fracture", "rib fracture", "callus rib fracture", "clavicle fracture", "humeral fracture"),
        *("vertebral fracture", "fractura", "fractura costal"),
    ),
    # The tree hangs the enlarged button below elongation: it is wide, and need not be long.
    "Aortic_Enlargement": ("aortic button enlargement", "aortic aneurysm", "aneurisma aórtico", "aneurisma aortico"),
    "Aortic_Elongation": (
        *("aortic elongation", "ascendent aortic elongation", "descendent aortic elongation"),
        *("supra aortic elongation", "elongación aórtica", "elongacion aortica"),
    ),
}
"""Finding → the labels that name it or what lies below it in PadChest's published tree (`tree_term_CUI_counts`).

A mass is one of the lung: mediastinal, pleural, breast and soft tissue masses are other things. The other of the 174
labels name none of these findings.
"""
FINDINGS = tuple(WORDS)

_UNUSABLE = {"exclude", "suboptimal study", "unchanged", "excluir", "estudio subóptimo", "sin cambios"}
"""Labels of images whose findings the list does not tell."""
_NORMAL = {"normal", "normales"}
_NO_CHEST_VIEW = {"COSTAL", "EXCLUDE"}
"""Values of Projection: views of the ribs, and images that the authors took for no chest radiograph."""
_COLUMNS = ("ImageID", "ImageDir", "StudyID", "PatientID", "PatientSex_DICOM", "Projection", "Labels")
_QUOTED = re.compile(r"'([^']*)'|\"([^\"]*)\"")


def list_records(_: DataConfig, root: Path) -> Listing:
    """Every chest radiograph of the table that is there.

    Raises:
        UserError: if the table is missing or holds what it should not, or no image is there.
    """
    path = find_table(root, *TABLES)
    walk = walk_source(root)
    files = {file.name: file for file in walk.files if file.suffix == ".png"}
    rows = [(where(path, line), row) for line, row in enumerate(read_rows(path, _COLUMNS))]
    chests = [_to_record(row, files, root, place) for place, row in rows if row["Projection"] not in _NO_CHEST_VIEW]
    notes = {f"rows of the table whose Projection is {' or '.join(sorted(_NO_CHEST_VIEW))}": len(rows) - len(chests)}
    return list_existing(chests, FINDINGS, root, notes=notes, unreadable=walk.unreadable)


def read_states(labels: str, place: str) -> Mapping[str, int]:
    """`['cardiomegaly', 'pleural effusion']` to states: named positive, silent unmentioned, a normal study negative.

    Raises:
        UserError: if it is no list of quoted labels.
    """
    if labels and not (labels.startswith("[") and labels.endswith("]")):
        raise UserError(f"{place}: column 'Labels' is no list such as ['normal']; restore the original table")
    named = {(one or other).strip().lower() for one, other in _QUOTED.findall(labels)} - {""}
    found = {finding for finding, words in WORDS.items() if not named.isdisjoint(words)}
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
        view=read_view(row["Projection"]),
        sex=read_sex(row["PatientSex_DICOM"]),
        age=_read_age(row),
        states=read_states(row["Labels"], place),
    )


def _read_age(row: Row) -> float | None:
    """Year of the study less year of birth, None if either is missing."""
    birth, study = row.get("PatientBirth", "")[:4], row.get("StudyDate_DICOM", "")[:4]
    return read_age(str(int(study) - int(birth))) if birth.isdecimal() and study.isdecimal() else None
