"""Truth: what an image shows, as a row of the label table, its boxes, and a file of masks.

The mask file is written after its image; that it exists says that the image is whole.
"""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from io import BytesIO
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from data_prep.phantom.render import Rendering
from xray_resnet.boxes import Rectangle
from xray_resnet.detector import DETECTOR_FIELDS, to_record
from xray_resnet.files import write_bytes, write_csv
from xray_resnet.findings import PHANTOM

DETECTOR_COLUMNS = tuple(f"detector_{name}" for name in DETECTOR_FIELDS)
"""Columns of labels.csv that hold the detector."""
_TRUTH = "truth"


@dataclass(frozen=True)
class Truth:
    """What is true of one image.

    Attributes:
        file: Path of the image, relative to the phantom's folder.
        patient: The patient's identifier.
        sex: F or M.
        age: Years.
        view: PA or AP.
        subtlety: Finding → 1 obvious to 5 subtle, of the findings present.
        boxes: Finding → its boxes in file pixels.
        cardiothoracic_ratio: Heart over inner thoracic width.
        detector: By the names of `DETECTOR_FIELDS`.
    """

    file: str
    patient: str
    sex: str
    age: int
    view: str
    subtlety: dict[str, int]
    boxes: dict[str, list[Rectangle]]
    cardiothoracic_ratio: float
    detector: dict[str, float]


def truth_of(rendering: Rendering, file: str) -> Truth:
    """The truth of a rendering that is stored as `file`."""
    lesions = rendering.lesions
    return Truth(
        file=file,
        patient=rendering.patient.name,
        sex=rendering.patient.sex,
        age=rendering.patient.age,
        view=rendering.pose.view,
        subtlety={finding: lesion.subtlety for finding, lesion in lesions.items()},
        boxes={finding: list(lesion.boxes) for finding, lesion in lesions.items()},
        cardiothoracic_ratio=round(rendering.cardiothoracic_ratio, 4),
        detector=to_record(rendering.detector),
    )


def write_masks(path: Path, rendering: Rendering, truth: Truth) -> None:
    """Writes one compressed array per finding present, and the truth beside them, as a NumPy archive."""
    masks = {finding: np.packbits(lesion.mask) for finding, lesion in rendering.lesions.items()}
    text = np.frombuffer(json.dumps(asdict(truth), sort_keys=True).encode(), np.uint8)
    buffer = BytesIO()
    np.savez_compressed(buffer, allow_pickle=False, **{_TRUTH: text}, **masks)
    write_bytes(path, buffer.getvalue())


def read_truth(path: Path) -> Truth:
    """Reads the truth out of a mask file."""
    with np.load(path, allow_pickle=False) as archive:
        values = json.loads(archive[_TRUTH].tobytes())
    boxes = {finding: [Rectangle(*box) for box in found] for finding, found in values.pop("boxes").items()}
    return Truth(boxes=boxes, **values)


def read_masks(path: Path, size: int) -> dict[str, NDArray[np.bool_]]:
    """Reads a mask file: finding → (size, size) bool, for the findings present."""
    with np.load(path, allow_pickle=False) as archive:
        packed = {finding: archive[finding] for finding in archive.files if finding != _TRUTH}
    return {
        name: np.unpackbits(mask, count=size * size).reshape(size, size).astype(bool) for name, mask in packed.items()
    }


def write_tables(folder: Path, truths: list[Truth], *, findings: Sequence[str] = PHANTOM) -> None:
    """Writes labels.csv (one row per image) and boxes.csv (one row per box)."""
    subtleties = [f"{finding}_subtlety" for finding in findings]
    header = [
        "file",
        "patient",
        "sex",
        "age",
        "view",
        *findings,
        *subtleties,
        "cardiothoracic_ratio",
        *DETECTOR_COLUMNS,
    ]
    write_csv(folder / "labels.csv", header, (_label_row(truth, findings) for truth in truths))
    boxes = (
        [truth.file, finding, *box] for truth in truths for finding in findings for box in truth.boxes.get(finding, ())
    )
    write_csv(folder / "boxes.csv", ["file", "finding", "x", "y", "width", "height"], boxes)


def _label_row(truth: Truth, findings: Sequence[str]) -> list[object]:
    present = [int(finding in truth.subtlety) for finding in findings]
    subtlety = [truth.subtlety.get(finding, "") for finding in findings]
    return [
        truth.file,
        truth.patient,
        truth.sex,
        truth.age,
        truth.view,
        *present,
        *subtlety,
        truth.cardiothoracic_ratio,
        *(truth.detector[name] for name in DETECTOR_FIELDS),
    ]
