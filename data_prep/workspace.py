"""The dataset folder while it is built: whose it is, what an earlier run left, and what must go."""

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path

from data_prep.duplicates import Duplicates
from data_prep.ingest_summary import INGEST_FILE
from data_prep.journal import JOURNAL_FOLDER, journal_path
from data_prep.lock import HeldError, lock_file
from data_prep.part import PartTask
from xray_resnet.errors import UserError
from xray_resnet.files import remove_or_leave, write_json
from xray_resnet.store.reader import is_dataset, read_description
from xray_resnet.store.schema import DESCRIPTION_FILE, IMAGES_FOLDER

REJECTED_FILE = "rejected.csv"
FLAGGED_FILE = "flagged.csv"
REPORT_FILE = "ingest.html"

_FINGERPRINTS_FILE = "fingerprints.json"
_LOCK_FILE = "lock"
_DUPLICATES_FILE = "duplicates.json"
_OWN_FILES = (DESCRIPTION_FILE, REJECTED_FILE, FLAGGED_FILE, INGEST_FILE, REPORT_FILE)


@contextmanager
def hold(folder: Path, *, source: str) -> Iterator[None]:
    """Makes `folder` this process's own to build in, for as long as it lasts; a killed process lets go of it.

    Raises:
        UserError: if it holds something that is no dataset, or one of another source, or another process builds in it.
    """
    _check_own(folder)
    _check_source(folder, source)
    journal = folder / JOURNAL_FOLDER
    try:
        with lock_file(journal / _LOCK_FILE):
            yield
    except HeldError:
        raise UserError(
            f"{folder}: another process is preparing this dataset; wait for it, or set another data.cache"
        ) from None
    remove_or_leave(journal)


def is_finished(folder: Path, fingerprints: Mapping[str, str]) -> bool:
    """Whether a finished dataset lies there whose fingerprints are these, as far as they are given."""
    if not (folder / DESCRIPTION_FILE).is_file():
        return False
    try:
        known = read_description(folder).fingerprints
    except UserError:  # damaged, or of another format version: built anew
        return False
    return all(known.get(name) == value for name, value in fingerprints.items())


def begin(folder: Path, fingerprints: Mapping[str, str]) -> None:
    """Leaves in `folder` only parts that an interrupted run with the same fingerprints finished."""
    plan = folder / JOURNAL_FOLDER / _FINGERPRINTS_FILE
    if not plan.is_file() or json.loads(plan.read_bytes()) != fingerprints:
        _clear(folder)
        write_json(plan, dict(fingerprints))
    for leftover in [*folder.glob(".*.part"), *folder.glob("*/.*.part")]:
        leftover.unlink()


def count_finished(folder: Path, tasks: Sequence[PartTask]) -> int:
    """Files in the parts that an earlier run finished."""
    return sum(len(task.records) for task in tasks if journal_path(folder, task.index).is_file())


def recall_duplicates(folder: Path) -> Duplicates | None:
    """The duplicates that an interrupted run found and began to drop; those left tell no more who belonged together."""
    path = folder / JOURNAL_FOLDER / _DUPLICATES_FILE
    return Duplicates(**json.loads(path.read_bytes())) if path.is_file() else None


def note_duplicates(folder: Path, duplicates: Duplicates) -> None:
    """Keeps what was found before any of it is dropped."""
    write_json(folder / JOURNAL_FOLDER / _DUPLICATES_FILE, asdict(duplicates))


def is_tidy(folder: Path) -> bool:
    """Whether no journal is left."""
    return not (folder / JOURNAL_FOLDER).exists()


def tidy(folder: Path) -> None:
    """Empties the journal of a finished dataset but for the lock; `hold` removes that and the folder."""
    for path in [*(folder / JOURNAL_FOLDER).iterdir()]:
        if path.name != _LOCK_FILE:
            remove_or_leave(path)


def _check_own(folder: Path) -> None:
    if not folder.exists():
        return
    if not folder.is_dir():
        raise UserError(f"{folder}: a file stands where the dataset folder should be; set another data.cache")
    journal = folder / JOURNAL_FOLDER
    own = is_dataset(folder) or any((journal / name).is_file() for name in (_LOCK_FILE, _FINGERPRINTS_FILE))
    is_bare_journal = journal.is_dir() and not any(journal.iterdir())  # killed before it took the lock
    if not own and any(path != journal or not is_bare_journal for path in folder.iterdir()):
        raise UserError(
            f"{folder}: the folder is not empty and holds no dataset; nothing in it was touched, set another data.cache"
        )


def _check_source(folder: Path, source: str) -> None:
    """Other settings make a dataset anew; another source is more likely a forgotten data.cache."""
    try:
        there = read_description(folder).source if (folder / DESCRIPTION_FILE).is_file() else source
    except UserError:  # damaged, or of another format version
        return
    if there != source:
        raise UserError(
            f"{folder}: here lies a dataset of the source {there}, not of {source}; set another data.cache or delete it"
        )


def _clear(folder: Path) -> None:
    """Removes what preparing made, dataset.json first, and nothing else."""
    for name in _OWN_FILES:
        (folder / name).unlink(missing_ok=True)
    journal = folder / JOURNAL_FOLDER
    parts = [*(folder / IMAGES_FOLDER).glob("part-*.arrow"), *journal.glob("part-*.json")]
    for path in [*parts, journal / _DUPLICATES_FILE, journal / _FINGERPRINTS_FILE]:
        path.unlink(missing_ok=True)
