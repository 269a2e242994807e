"""SIIM-ACR Pneumothorax Segmentation (Kaggle 2019) in its original layout.

`train-rle.csv` (a row per mask, -1 without one) and `dicom-images-train/<study>/<series>/<ImageId>.dcm`.
"""

from pathlib import Path

import numpy as np

from data_prep.sources.boxes import gather_boxes
from data_prep.sources.csv_table import Row, find_table, read_rows
from data_prep.sources.files import resolve_below, walk_source
from data_prep.sources.mistakes import Mistakes
from data_prep.sources.record import Listing, Record, list_existing
from xray_resnet.boxes import Box
from xray_resnet.config import DataConfig
from xray_resnet.errors import UserError
from xray_resnet.findings import LabelState

FINDINGS = ("Pneumothorax",)
SIDE = 1024
"""Rows and columns of every image of the challenge, and of its masks."""


def list_records(_: DataConfig, root: Path) -> Listing:
    """Every image of the table that is there; each mask becomes its enclosing box.

    Raises:
        UserError: if the table is missing or holds what it should not, or no image is there.
    """
    path = find_table(root, "train-rle.csv", "stage_2_train.csv")
    rows = read_rows(path, ("ImageId", "EncodedPixels"))
    walk = walk_source(root)
    files = {file.stem: file for file in walk.files if file.suffix == ".dcm"}
    with Mistakes() as mistakes:
        boxes = gather_boxes(rows, _read_box, mistakes, image="ImageId")
        records = [
            _to_record(name, files.get(name) or resolve_below(root, f"{name}.dcm", where=str(path)), found)
            for name, found in boxes.items()
        ]
    return list_existing(records, FINDINGS, root, unreadable=walk.unreadable)


def enclose_runs(encoded: str) -> tuple[int, int, int, int]:
    """(x, y, width, height) of the box around a mask of SIDE × SIDE.

    The challenge's run-length code is relative and column by column: each pair is the distance from the end of the
    run before, and a length.

    Raises:
        ValueError: if it is no such code, or leaves the image.
    """
    numbers = np.array(encoded.split(), np.int64).reshape(-1, 2)
    if not len(numbers) or (numbers < 0).any() or numbers.sum() > SIDE * SIDE or not numbers[:, 1].all():
        raise ValueError("a run-length code needs pairs of distance and length within the image")
    ends = np.cumsum(numbers.sum(axis=1))
    starts = ends - numbers[:, 1]
    last = ends - 1
    left, right = starts[0] // SIDE, last[-1] // SIDE
    wraps = starts // SIDE != last // SIDE  # such a run reaches the bottom of a column and the top of the next
    top = 0 if wraps.any() else (starts % SIDE).min()
    bottom = SIDE - 1 if wraps.any() else (last % SIDE).max()
    return int(left), int(top), int(right - left + 1), int(bottom - top + 1)


def _to_record(name: str, path: Path, boxes: tuple[Box, ...]) -> Record:
    state = LabelState.POSITIVE if boxes else LabelState.NEGATIVE
    return Record(path=path, name=name, patient="", states={"Pneumothorax": state}, boxes=boxes)


def _read_box(row: Row) -> Box | None:
    """The box around the row's mask; None for -1."""
    encoded = row["EncodedPixels"]
    if encoded == "-1":
        return None
    try:
        return Box("Pneumothorax", *enclose_runs(encoded))
    except ValueError:
        raise UserError(
            f"{row.place}: column 'EncodedPixels' holds neither -1 nor pairs of distance and length within the image; "
            "restore the original table"
        ) from None
