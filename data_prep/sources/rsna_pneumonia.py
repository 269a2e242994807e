"""RSNA Pneumonia Detection Challenge, stage 2 (Shih et al., Radiology: AI 2019), in its original layout.

`stage_2_train_labels.csv` (a row per box), `stage_2_detailed_class_info.csv`, `stage_2_train_images/<patientId>.dcm`.
The radiographs come from NIH ChestX-ray14: where RSNA's `pneumonia-challenge-dataset-mappings_2018.json` lies beside
the tables, its patients are NIH's. Without it they are those of the files' headers, and counted in the notes.
"""

import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from data_prep.sources.boxes import gather_boxes, read_numbers
from data_prep.sources.csv_table import Row, read_rows
from data_prep.sources.files import resolve_below
from data_prep.sources.mistakes import Mistakes
from data_prep.sources.record import Listing, Record, list_existing
from data_prep.sources.values import read_choice
from xray_resnet.boxes import Box
from xray_resnet.config import DataConfig
from xray_resnet.errors import UserError
from xray_resnet.findings import LabelState

LABELS = "stage_2_train_labels.csv"
CLASSES = "stage_2_detailed_class_info.csv"
MAPPING = "pneumonia-challenge-dataset-mappings_2018.json"
FINDINGS = ("Pneumonia", "Lung_Opacity")
UNKNOWN_PATIENTS = "images that RSNA's mapping does not give to a patient of NIH"

_CLASSES = {
    "Lung Opacity": LabelState.POSITIVE,
    "No Lung Opacity / Not Normal": LabelState.NEGATIVE,
    "Normal": LabelState.NEGATIVE,
}
_TARGETS = {"0": False, "1": True, "0.0": False, "1.0": True}
_BOX = ("x", "y", "width", "height")


def list_records(_: DataConfig, root: Path) -> Listing:
    """Every image of the tables that is there: Pneumonia by Target, Lung_Opacity by its class, boxes of the former.

    Raises:
        UserError: if a table is missing or holds what it should not, or no image is there.
    """
    labels = read_rows(root / LABELS, ("patientId", *_BOX, "Target"))
    classes = read_rows(root / CLASSES, ("patientId", "class"))
    nih_patients = _read_mapping(root / MAPPING)
    with Mistakes() as mistakes:
        opacities = mistakes.index(classes, lambda row: (row["patientId"], read_choice(row, "class", _CLASSES)))
        boxes = gather_boxes(labels, _read_box, mistakes, image="patientId")
        records = [
            _to_record(name, root, found, opacities.get(name, LabelState.NOT_ASSESSED), nih_patients.get(name))
            for name, found in boxes.items()
        ]
    listing = list_existing(records, FINDINGS, root)
    unknown = sum(not record.patient for record in listing.records)
    return replace(listing, notes={**listing.notes, UNKNOWN_PATIENTS: unknown})


def _to_record(name: str, root: Path, boxes: tuple[Box, ...], opacity: LabelState, nih_patient: str | None) -> Record:
    pneumonia = LabelState.POSITIVE if boxes else LabelState.NEGATIVE
    return Record(
        path=resolve_below(root, f"stage_2_train_images/{name}.dcm", where=LABELS),
        name=name,
        patient=nih_patient or "",
        states={"Pneumonia": pneumonia, "Lung_Opacity": opacity},
        boxes=boxes,
    )


def _read_box(row: Row) -> Box | None:
    """The row's box; None if Target is 0, and then no cell of a box may be filled."""
    if read_choice(row, "Target", _TARGETS):
        return Box("Pneumonia", *read_numbers(row, _BOX))
    if any(row[name] for name in _BOX):
        raise UserError(f"{row.place}: column 'Target' is 0, and there is a box; restore the original table")
    return None


def _read_mapping(path: Path) -> Mapping[str, str]:
    """Image of the challenge → patient of NIH ChestX-ray14, as that source names it; empty without the file."""
    if not path.is_file():
        return {}
    try:
        entries = json.loads(path.read_bytes())
        return {row["subset_img_id"]: f"nih_chestxray14 {int(row['img_id'].partition('_')[0])}" for row in entries}
    except (ValueError, KeyError, TypeError, AttributeError):
        raise UserError(
            f"{path}: not RSNA's mapping, a list of entries with subset_img_id and img_id (00000001_000.png); "
            "restore or remove it"
        ) from None
