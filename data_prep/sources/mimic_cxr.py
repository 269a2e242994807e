"""MIMIC-CXR in its original layout (Johnson et al. 2019): the tables of MIMIC-CXR-JPG with JPEG or DICOM images.

`mimic-cxr-2.0.0-metadata.csv.gz`, `-split.csv.gz` and the labels, `-chexpert.csv.gz` or `-negbio.csv.gz`, of any
release 2; images as `files/p10/p10000032/s50414267/<dicom_id>.jpg` or `.dcm`. The DICOM file wins where both are there.
"""

from collections.abc import Mapping
from functools import partial
from pathlib import Path

from data_prep.sources.chexpert_labels import COLUMNS, FINDINGS, read_states
from data_prep.sources.csv_table import Row, read_rows
from data_prep.sources.mistakes import Mistakes
from data_prep.sources.record import Listing, Record, list_existing
from data_prep.sources.values import read_choice, read_view
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
    with Mistakes() as mistakes:
        splits = mistakes.index(read_rows(find_release(root, "split"), ("dicom_id", "split")), _read_split)
        labels = read_rows(find_release(root, config.mimic_cxr.labeller), ("study_id", *COLUMNS.values()))
        states = mistakes.index(labels, lambda row: (row["study_id"], read_states(row)))
        to_record = partial(_to_record, root=root, splits=splits, states=states)
        records = mistakes.convert(read_rows(metadata, _METADATA), to_record)
    return list_existing(records, FINDINGS, root)


def find_release(root: Path, table: str) -> Path:
    """The newest `mimic-cxr-2.x.y-<table>.csv`, compressed or not.

    Raises:
        UserError: if there is none.
    """
    found = sorted(path for pattern in ("csv", "csv.gz") for path in root.glob(f"mimic-cxr-2.*-{table}.{pattern}"))
    if not found:
        raise UserError(f"{root}: there is no mimic-cxr-2.0.0-{table}.csv.gz; put it there or set data.root")
    return found[-1]


def _read_split(row: Row) -> tuple[str, str]:
    """Image and its split."""
    return row["dicom_id"], read_choice(row, "split", _SPLITS)


def _to_record(
    row: Row, *, root: Path, splits: Mapping[str, str], states: Mapping[str, Mapping[str, LabelState]]
) -> Record:
    image, subject, study = row["dicom_id"], row["subject_id"], row["study_id"]
    if not (subject.isdigit() and study.isdigit() and image.replace("-", "").isalnum()):
        raise UserError(f"{row.place}: dicom_id, subject_id or study_id is not as released; restore the original table")
    folder = root / "files" / f"p{subject[:2]}" / f"p{subject}" / f"s{study}"
    dicom = folder / f"{image}.dcm"
    not_assessed = dict.fromkeys(FINDINGS, LabelState.NOT_ASSESSED)
    return Record(
        path=dicom if dicom.is_file() else folder / f"{image}.jpg",
        name=image,
        patient=f"mimic_cxr {subject}",
        study=f"mimic_cxr {study}",
        view=read_view(row["ViewPosition"]),
        states=states.get(study, not_assessed),
        split=splits.get(image),
    )
