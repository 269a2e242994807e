"""What a source says of one image, before its pixels are read."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from xray_resnet.boxes import Box
from xray_resnet.detector import Detector
from xray_resnet.errors import UserError
from xray_resnet.findings import LabelState

_SHOWN = 10
"""Images that stand in the tables twice, of those that are told at once."""


@dataclass(frozen=True)
class Record:
    """One image of a source.

    Attributes:
        path: The file to read.
        name: Names the image within the source; no two records share it.
        patient: Names the patient, also across sources that share patients; empty where only headers may know.
        study: Names the study, or empty.
        view: View position, or empty where the source does not say.
        sex: M or F, or empty.
        age: Years, or None.
        states: Finding → its state; a finding that is not there is not assessed.
        split: The official split (train, val, test), or None.
        boxes: Where findings are, in pixels of the file.
        detector: What took the image, or None if the source does not say.
        source: The member of a combined source that it comes from, or empty.
    """

    path: Path
    name: str
    patient: str
    study: str = ""
    view: str = ""
    sex: str = ""
    age: float | None = None
    states: Mapping[str, LabelState] = field(default_factory=dict)
    split: str | None = None
    boxes: tuple[Box, ...] = ()
    detector: Detector | None = None
    source: str = ""


@dataclass(frozen=True)
class Listing:
    """All that a source lists.

    Attributes:
        records: One per image that is there.
        findings: Every finding that the source labels, in its order.
        notes: What was counted on the way, in words → how often.
    """

    records: list[Record]
    findings: tuple[str, ...]
    notes: Mapping[str, int] = field(default_factory=dict)


def list_unreadable(folders: Iterable[Path], root: Path) -> list[Record]:
    """A record of each folder that cannot be read, which will be rejected as such: a loss that nobody saw else."""
    return [Record(path=folder, name=f"{folder.relative_to(root).as_posix()}/", patient="") for folder in folders]


def list_existing(
    records: Sequence[Record],
    findings: tuple[str, ...],
    root: Path,
    *,
    notes: Mapping[str, int] | None = None,
    unreadable: Iterable[Path] = (),
) -> Listing:
    """A listing of the records whose file is there, the others counted beside `notes`.

    Args:
        records: One per image of the tables.
        findings: Every finding that the source labels.
        root: The source folder.
        notes: What else was counted.
        unreadable: Folders that cannot be read; they are listed behind the images.

    Raises:
        UserError: if there is no record, none of their files is there, or two records share a name.
    """
    if not records:
        raise UserError(f"{root}: the tables have no rows; restore them")
    there = [record for record in records if _may_be_there(record.path)]
    if not there:
        raise UserError(f"{root}: none of the {len(records)} images of the tables is there; unpack the images below it")
    _refuse_twice_told(there)
    counts = {"rows of the table without an image": len(records) - len(there)} | dict(notes or {})
    return Listing([*there, *list_unreadable(unreadable, root)], findings, counts | _count_silent(there))


def _refuse_twice_told(records: Sequence[Record]) -> None:
    times = Counter(record.name for record in records)
    twice = list(dict.fromkeys(record.path for record in records if times[record.name] > 1))
    if not twice:
        return
    told = [f"{path}: this image stands in the tables twice; keep one row per image" for path in twice[:_SHOWN]]
    more = [f"{len(twice) - _SHOWN} more images stand in the tables twice"] if len(twice) > _SHOWN else []
    raise UserError("\n".join([*told, *more]))


def _count_silent(records: Sequence[Record]) -> dict[str, int]:
    """How many images have a finding that the source labels, but not in them; nothing if there are none."""
    count = sum(LabelState.NOT_ASSESSED in record.states.values() for record in records)
    return {"images with a finding that is not assessed in them": count} if count else {}


def _may_be_there(path: Path) -> bool:
    """Whether there is a file; one in a folder that cannot be searched is listed, and its reader says so."""
    try:
        return path.is_file()
    except PermissionError:
        return True
