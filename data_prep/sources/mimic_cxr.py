"""MIMIC-CXR in its original layout (Johnson et al. 2019): the tables of MIMIC-CXR-JPG with JPEG or DICOM images.

`mimic-cxr-2.0.0-metadata.csv.gz`, `-split.csv.gz` and the labels, `-chexpert.csv.gz` or `-negbio.csv.gz`, of any
release 2; images as `files/p10/p10000032/s50414267/<dicom_id>.jpg` or `.dcm`. The DICOM file wins where both are there.
"""

from collections.abc import Mapping
from functools import partial
from pathlib import Path

from data_prep.sources.chexpert_labels import COLUMNS, FINDINGS, read_states
from data_prep.sources.csv_table import Row, convert_rows, read_rows, where
from data_prep.sources.record import Listing, Record, list_existing
from data_prep.sources.values import read_view
from xray_resnet.config import DataConfig
from xray_resnet.errors import UserError
from xray_resnet.findings import LabelState

_SPLITS = {"train": "train", "validate": "val", "test": "test"}
_METADATA = ("dicom_id", "subject_id", "study_id", "ViewPosition")


def list_records(config: DataConfig, root: Path) -> Listing:
    """Every image of the metadata that is there; a study without a report is not assessed.

    Raises:
        UserError: if a table is missing or holds what it should not, or no image is there.
    """
    metadata = find_release(root, "metadata")
    splits = _read_splits(find_release(root, "split"))
    states = _read_labels(find_release(root, config.mimic_cxr.labeller))
    rows = read_rows(metadata, _METADATA)
    to_record = partial(_to_record, root=root, splits=splits, states=states)
    return list_existing(convert_rows(metadata, rows, to_record), FINDINGS, root)


def find_release(root: Path, table: str) -> Path:
    """The newest `mimic-cxr-2.x.y-<table>.csv`, compressed or not.

    Raises:
        UserError: if there is none.
    """
    found = sorted(path for pattern in ("csv", "csv.gz") for path in root.glob(f"mimic-cxr-2.*-{table}.{pattern}"))
    if not found:
        raise UserError(f"{root}: there is no mimic-cxr-2.0.0-{table}.csv.gz; put it there or set data.root")
    return found[-1]


def _read_splits(path: Path) -> Mapping[str, str]:
    rows = read_rows(path, ("dicom_id", "split"))
    for line, row in enumerate(rows):
        if row["split"] not in _SPLITS:
            raise UserError(
                f"{where(path, line)}: column 'split' is none of {', '.join(_SPLITS)}; restore the original table"
            )
    return {row["dicom_id"]: _SPLITS[row["split"]] for row in rows}


def _read_labels(path: Path) -> Mapping[str, Mapping[str, int]]:
    """Study → states."""
    rows = read_rows(path, ("study_id", *COLUMNS.values()))
    states = convert_rows(path, rows, read_states)
    return {row["study_id"]: found for row, found in zip(rows, states, strict=True)}


def _to_record(
    row: Row, place: str, *, root: Path, splits: Mapping[str, str], states: Mapping[str, Mapping[str, int]]
) -> Record:
    image, subject, study = row["dicom_id"], row["subject_id"], row["study_id"]
    if not (subject.isdigit() and study.isdigit() and image.replace("-", "").isalnum()):
        raise UserError(f"{place}: dicom_id, subject_id or study_id is not as released; restore the original table")
    folder = root / "files" / f"p{subject[:2]}" / f"p{subject}" / f"s{study}"
    dicom = folder / f"{image}.dcm"
    not_assessed = dict.fromkeys(FINDINGS, int(LabelState.NOT_ASSESSED))
    return Record(
        path=dicom if dicom.is_file() else folder / f"{image}.jpg",
        name=image,
        patient=f"mimic_cxr {subject}",
        study=f"mimic_cxr {study}",
        view=read_view(row["ViewPosition"]),
        states=states.get(study, not_assessed),
        split=splits.get(image),
    )
