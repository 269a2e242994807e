"""VinDr-CXR in its original layout (Nguyen et al., Scientific Data 2022), as PhysioNet has it.

`annotations/image_labels_{train,test}.csv`, `annotations/annotations_{train,test}.csv` (tables beside the image folders
are taken, too) and `train/<image_id>.dicom`, `test/<image_id>.dicom`. Three radiologists read each training image; the
test labels are the consensus of five. Consensus here: a finding is positive where most readers named it, uncertain
where one of several did, else negative; a box is kept where most readers drew it (IoU of at least 0.5), as their mean.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from data_prep.sources.boxes import read_numbers
from data_prep.sources.csv_table import Row, find_table, read_rows
from data_prep.sources.files import resolve_below
from data_prep.sources.mistakes import Mistakes
from data_prep.sources.record import Listing, Record, list_existing
from data_prep.sources.values import read_choice
from xray_resnet.boxes import Box
from xray_resnet.config import DataConfig
from xray_resnet.errors import UserError
from xray_resnet.findings import LabelState

COLUMNS = {
    "Aortic_Enlargement": "Aortic enlargement",
    "Atelectasis": "Atelectasis",
    "Calcification": "Calcification",
    "Cardiomegaly": "Cardiomegaly",
    "Clavicle_Fracture": "Clavicle fracture",
    "Consolidation": "Consolidation",
    "Edema": "Edema",
    "Emphysema": "Emphysema",
    "Enlarged_Pulmonary_Artery": "Enlarged PA",
    "Interstitial_Lung_Disease": "ILD",
    "Infiltration": "Infiltration",
    "Lung_Opacity": "Lung Opacity",
    "Lung_Cavity": "Lung cavity",
    "Lung_Cyst": "Lung cyst",
    "Mediastinal_Shift": "Mediastinal shift",
    "Nodule_or_Mass": "Nodule/Mass",
    "Effusion": "Pleural effusion",
    "Pleural_Thickening": "Pleural thickening",
    "Pneumothorax": "Pneumothorax",
    "Fibrosis": "Pulmonary fibrosis",
    "Rib_Fracture": "Rib fracture",
    "COPD": "COPD",
    "Lung_Tumor": "Lung tumor",
    "Pneumonia": "Pneumonia",
    "Tuberculosis": "Tuberculosis",
}
"""Finding → column and class name."""
FINDINGS = tuple(COLUMNS)
SAME_BOX_IOU = 0.5

_NO_FINDINGS = ("Other lesion", "Other disease", "Other diseases", "No finding")
_CLASSES = {name: finding for finding, name in COLUMNS.items()} | dict.fromkeys(_NO_FINDINGS, "")
"""Class name → finding; empty if it names none."""
_CORNERS = ("x_min", "y_min", "x_max", "y_max")
Corners = tuple[float, float, float, float]


def list_records(_: DataConfig, root: Path) -> Listing:
    """Every image of the tables that is there.

    Raises:
        UserError: if a table is missing or holds what it should not, or no image is there.
    """
    with Mistakes() as mistakes:
        records = [record for split in ("train", "test") for record in _read_split(root, split, mistakes)]
    return list_existing(records, FINDINGS, root)


def agree(votes: Sequence[bool]) -> LabelState:
    """The state that readers give together: most of them positive, one of several uncertain."""
    if 2 * sum(votes) > len(votes):
        return LabelState.POSITIVE
    return LabelState.UNCERTAIN if any(votes) else LabelState.NEGATIVE


def merge_boxes(drawn: Sequence[tuple[str, Corners]], readers: int) -> list[Corners]:
    """Boxes that most readers drew, each the mean of theirs.

    Args:
        drawn: (reader, (x_min, y_min, x_max, y_max)) of one finding in one image.
        readers: How many read the image.
    """
    groups: list[list[tuple[str, Corners]]] = []
    for reader, corners in drawn:
        for group in groups:
            if compute_iou(group[0][1], corners) >= SAME_BOX_IOU and reader not in {name for name, _ in group}:
                group.append((reader, corners))
                break
        else:
            groups.append([(reader, corners)])
    agreed = [group for group in groups if 2 * len(group) > readers]
    return [tuple(np.mean([corners for _, corners in group], axis=0).tolist()) for group in agreed]


def compute_iou(first: Corners, second: Corners) -> float:
    """Intersection over union of two boxes."""
    a, b = np.asarray(first), np.asarray(second)
    shared = _area(np.concatenate([np.maximum(a[:2], b[:2]), np.minimum(a[2:], b[2:])]))
    union = _area(a) + _area(b) - shared
    return shared / union if union else 0.0


def _area(corners: NDArray[np.float64]) -> float:
    return float(np.prod(np.clip(corners[2:] - corners[:2], 0, None)))


def _read_split(root: Path, split: str, mistakes: Mistakes) -> list[Record]:
    labels = find_table(root, f"annotations/image_labels_{split}.csv", f"image_labels_{split}.csv")
    drawn = find_table(root, f"annotations/annotations_{split}.csv", f"annotations_{split}.csv")
    readings: defaultdict[str, dict[str, Mapping[str, bool]]] = defaultdict(dict)
    for row, reader, votes in mistakes.convert(read_rows(labels, ("image_id", *COLUMNS.values())), _read_votes):
        if reader in readings[row["image_id"]]:
            mistakes.add(labels, f"{row.place}: this reader reads the image a second time; keep one row of the two")
        readings[row["image_id"]][reader] = votes
    boxes = _read_boxes(read_rows(drawn, ("image_id", "class_name", *_CORNERS)), mistakes)
    return [
        _to_record(name, root, split, [*read.values()], boxes.get(name, {}), labels) for name, read in readings.items()
    ]


def _to_record(
    name: str,
    root: Path,
    split: str,
    readings: Sequence[Mapping[str, bool]],
    boxes: Mapping[str, Sequence[tuple[str, Corners]]],
    labels: Path,
) -> Record:
    states = {finding: agree([votes[finding] for votes in readings]) for finding in FINDINGS}
    return Record(
        path=resolve_below(root, f"{split}/{name}.dicom", where=str(labels)),
        name=name,
        patient="",
        states=states,
        split=split,
        boxes=tuple(
            _to_box(finding, corners)
            for finding, drawn in boxes.items()
            for corners in merge_boxes(drawn, len(readings))
            if states[finding] == LabelState.POSITIVE
        ),
    )


def _read_votes(row: Row) -> tuple[Row, str, Mapping[str, bool]]:
    """The row, its reader, and whether each finding is positive; the consensus of the test images is one reader."""
    return row, row.get("rad_id"), {finding: _vote(row, column) for finding, column in COLUMNS.items()}


def _vote(row: Row, column: str) -> bool:
    if row[column] not in ("0", "1", "0.0", "1.0"):
        raise UserError(f"{row.place}: column {column!r} is neither 0 nor 1; restore the original table")
    return row[column][0] == "1"


def _read_boxes(rows: Sequence[Row], mistakes: Mistakes) -> Mapping[str, Mapping[str, list[tuple[str, Corners]]]]:
    """Image → finding → (reader, corners) of every box."""
    boxes: defaultdict[str, defaultdict[str, list[tuple[str, Corners]]]] = defaultdict(lambda: defaultdict(list))
    for row, finding, corners in mistakes.convert(rows, _read_drawing):
        if finding and corners:
            boxes[row["image_id"]][finding].append((row.get("rad_id"), corners))
    return boxes


def _read_drawing(row: Row) -> tuple[Row, str, Corners | None]:
    """The row, its finding, empty for none of ours, and the box around it, None if there is none."""
    finding = read_choice(row, "class_name", _CLASSES)
    if not row["x_min"]:
        return row, finding, None
    left, top, right, bottom = read_numbers(row, _CORNERS)
    return row, finding, (left, top, right, bottom)


def _to_box(finding: str, corners: Corners) -> Box:
    left, top, right, bottom = corners
    return Box(finding, left, top, right - left, bottom - top)
