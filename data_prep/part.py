"""One part of a dataset: some records in, an Arrow file and its journal out. Runs in a worker process."""

import time
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, field
from functools import partial
from pathlib import Path

import numpy as np

from data_prep.identity import hash_image, hash_name, hash_patient
from data_prep.journal import Accepted, Flagged, PartJournal, Rejected, read_journal, write_journal
from data_prep.near_duplicates import compute_difference_hash
from data_prep.sources import Record
from xray_resnet.boxes import Box
from xray_resnet.detector import to_record
from xray_resnet.dicom import (
    Prepared,
    Reading,
    Reason,
    RejectedImage,
    keep_fact,
    reject_lost,
    says_lateral,
    try_to_prepare,
)
from xray_resnet.errors import UserError
from xray_resnet.facts import read_age_string
from xray_resnet.files import name_cell
from xray_resnet.scale import Limits, beat, map_in_processes
from xray_resnet.store import StoredImage
from xray_resnet.store.schema import IMAGES_FOLDER, SOURCE, part_name
from xray_resnet.store.writer import write_part


@dataclass(frozen=True)
class PartTask:
    """What a worker needs to make one part.

    Attributes:
        index: Number of the part.
        records: Its images in order.
        root: The source folder; rejected files are named relative to it.
        folder: The dataset folder.
        findings: Label columns.
        reading: From file to stored pixels.
        key: Key of the patient hashes.
    """

    index: int
    records: Sequence[Record]
    root: Path
    folder: Path
    findings: tuple[str, ...]
    reading: Reading
    key: bytes


def make_part(task: PartTask) -> PartJournal:
    """Prepares the part's files and writes it, unless an earlier run finished it; its journal is written last."""
    finished = read_journal(task.folder, task.index)
    return finished or _write(task, (prepare_record(record, task.reading) for record in task.records))


def make_part_apart(task: PartTask, *, limits: Limits) -> PartJournal:
    """`make_part` where a file is known to kill: a process apart does the work, and only that file is lost."""
    prepare_one = partial(prepare_record, reading=task.reading)
    lost = partial(_reject_lost, silence_s=limits.silence_s)
    return _write(task, map_in_processes(prepare_one, task.records, workers=1, on_lost=lost, limits=limits))


def prepare_record(record: Record, reading: Reading) -> Prepared | RejectedImage:
    """The record's stored image, or why there is none; a picture has no header, and a table may tell lateral views."""
    beat()
    if says_lateral(record.view) and not reading.gate.accept_lateral:
        return RejectedImage(Reason.LATERAL_VIEW, "the source's table says lateral")
    return try_to_prepare(record.path, reading, view=record.view)


def _reject_lost(_: Record, *, silence_s: float) -> RejectedImage:
    return reject_lost(silence_s)


def _write(task: PartTask, outcomes: Iterable[Prepared | RejectedImage]) -> PartJournal:
    start = time.perf_counter()
    sorted_out = _sort_out(task, outcomes)
    _check_source_is_there(task)
    images = [image for _, image in sorted_out.accepted]
    write_part(
        task.folder / IMAGES_FOLDER / part_name(task.index),
        images,
        findings=task.findings,
        size=task.reading.size,
        dtype=task.reading.dtype,
    )
    journal = PartJournal(
        accepted=[
            Accepted(
                name,
                image.patient_id,
                image.transfer_syntax,
                image.pixels_sha256,
                compute_difference_hash(image.pixels),
            )
            for name, image in sorted_out.accepted
        ],
        rejected=sorted_out.rejected,
        flagged=sorted_out.flagged,
        seconds=time.perf_counter() - start,
    )
    write_journal(task.folder, task.index, journal)
    return journal


def _check_source_is_there(task: PartTask) -> None:
    """A share that went away in the middle is no reason to reject what lies on it.

    Raises:
        UserError: if the source folder is gone or empty.
    """
    if not task.root.is_dir() or not any(task.root.iterdir()):
        raise UserError(
            f"{task.root}: the source folder went away while it was read; mount it and run the same command: "
            "finished work is kept"
        )


@dataclass
class _SortedOut:
    """Images by their records' names, and what a journal says of the others and of the remarkable."""

    accepted: list[tuple[str, StoredImage]] = field(default_factory=list)
    rejected: list[Rejected] = field(default_factory=list)
    flagged: list[Flagged] = field(default_factory=list)


def _sort_out(task: PartTask, outcomes: Iterable[Prepared | RejectedImage]) -> _SortedOut:
    result = _SortedOut()
    for record, outcome in zip(task.records, outcomes, strict=True):
        path = name_cell(record.path.relative_to(task.root))
        if isinstance(outcome, RejectedImage):
            result.rejected.append(Rejected(path, outcome.reason, outcome.detail))
        else:
            result.accepted.append((record.name, to_stored(record, outcome, key=task.key)))
            result.flagged.extend(Flagged(path, flag) for flag in outcome.flags)
    return result


def to_stored(record: Record, prepared: Prepared, *, key: bytes) -> StoredImage:
    """A record and its pixels as a row: names become keyed hashes, boxes move to store pixels."""
    return StoredImage(
        image_id=hash_image(key, record.name),
        patient_id=hash_patient(key, source=record.patient, header=prepared.patient, image=record.name),
        study_id=hash_name(key, "study", record.study) if record.study else "",
        pixels=prepared.pixels,
        states=record.states,
        boxes=_move_boxes(record, prepared),
        view=keep_fact("ViewPosition", record.view) or prepared.facts.get("ViewPosition", ""),
        sex=keep_fact("PatientSex", record.sex) or prepared.facts.get("PatientSex", ""),
        age=record.age if record.age is not None else read_age_string(prepared.facts.get("PatientAge", "")),
        file_size=prepared.file_size,
        transfer_syntax=prepared.transfer_syntax,
        content=prepared.placement.content,
        affine=prepared.placement.affine,
        spacing_mm=prepared.spacing_mm,
        mapping=asdict(prepared.mapping) | {"detector": record.detector and to_record(record.detector)},
        facts={**prepared.facts, **({SOURCE: record.source} if record.source else {})},
    )


def _move_boxes(record: Record, prepared: Prepared) -> list[Box]:
    """The record's boxes in store pixels."""
    if not record.boxes:
        return []
    moved = prepared.placement.to_store(np.asarray([box.rectangle for box in record.boxes], np.float64)).tolist()
    return [Box(box.finding, *rectangle) for box, rectangle in zip(record.boxes, moved, strict=True)]
