"""The journal of a part: what became of its files. It is written after the part, and makes it a finished one."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

from xray_resnet.dicom import Flag, Reason
from xray_resnet.files import write_json
from xray_resnet.store.schema import part_name

JOURNAL_FOLDER = "journal"


class Accepted(NamedTuple):
    """An accepted file.

    Attributes:
        name: Its record's name.
        patient: Its patient's keyed hash.
        transfer_syntax: How it came: a transfer syntax UID or an image format.
        pixels_sha256: SHA-256 of its stored pixels.
        difference_hash: Their difference hash.
    """

    name: str
    patient: str
    transfer_syntax: str
    pixels_sha256: str
    difference_hash: str


class Rejected(NamedTuple):
    """A rejected file, a row of rejected.csv.

    Attributes:
        path: Relative to the source folder.
        reason: Why it is not a usable radiograph.
        detail: What was found in it.
    """

    path: str
    reason: Reason
    detail: str


class Flagged(NamedTuple):
    """Something to know of an accepted file, a row of flagged.csv.

    Attributes:
        path: Relative to the source folder.
        flag: What there is to know.
    """

    path: str
    flag: Flag


@dataclass(frozen=True)
class PartJournal:
    """What became of a part's files.

    Attributes:
        accepted: Those accepted, in order.
        rejected: Those rejected, in order.
        flagged: What there is to know of accepted files, in order.
        seconds: How long it took.
        dropped: Duplicates that were accepted first and then left out.
    """

    accepted: list[Accepted]
    rejected: list[Rejected]
    flagged: list[Flagged]
    seconds: float
    dropped: list[Accepted] = field(default_factory=list)

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> "PartJournal":
        """The journal whose `asdict` was written."""
        return cls(
            accepted=[Accepted(*row) for row in values["accepted"]],
            rejected=[Rejected(path, Reason(reason), detail) for path, reason, detail in values["rejected"]],
            flagged=[Flagged(path, Flag(flag)) for path, flag in values["flagged"]],
            seconds=values["seconds"],
            dropped=[Accepted(*row) for row in values["dropped"]],
        )


def list_accepted(journals: Iterable[PartJournal]) -> list[Accepted]:
    """The accepted files of all journals, in order."""
    return [entry for journal in journals for entry in journal.accepted]


def list_rejected(journals: Iterable[PartJournal]) -> list[Rejected]:
    """The rejected files of all journals, in order."""
    return [row for journal in journals for row in journal.rejected]


def list_flagged(journals: Iterable[PartJournal]) -> list[Flagged]:
    """What there is to know of the accepted files of all journals, in order."""
    return [row for journal in journals for row in journal.flagged]


def journal_path(folder: Path, index: int) -> Path:
    """Where the journal of a part lies."""
    return folder / JOURNAL_FOLDER / f"{part_name(index)}.json"


def read_journal(folder: Path, index: int) -> PartJournal | None:
    """The journal of a part; None if the part is not finished."""
    path = journal_path(folder, index)
    return PartJournal.from_json(json.loads(path.read_bytes())) if path.is_file() else None


def write_journal(folder: Path, index: int, journal: PartJournal) -> None:
    """Writes the journal of a part, which makes the part a finished one."""
    write_json(journal_path(folder, index), asdict(journal))
