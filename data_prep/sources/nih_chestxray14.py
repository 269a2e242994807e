"""NIH ChestX-ray14 in its original layout (Wang et al., CVPR 2017).

`Data_Entry_2017_v2020.csv` (at first `Data_Entry_2017.csv`), `BBox_List_2017.csv`, `train_val_list.txt` and
`test_list.txt` as released; images anywhere below the root, as `00000001_000.png` or as `00000001_000.dcm`. The DICOM
file wins where both are there.
"""

from collections.abc import Mapping
from functools import partial
from pathlib import Path

from data_prep.sources.boxes import gather_boxes, read_numbers
from data_prep.sources.csv_table import Row, find_table, read_rows
from data_prep.sources.files import resolve_below, walk_source
from data_prep.sources.mistakes import Mistakes
from data_prep.sources.record import Listing, Record, list_existing
from data_prep.sources.values import read_age, read_sex, read_view, read_word
from xray_resnet.boxes import Box
from xray_resnet.config import DataConfig
from xray_resnet.errors import UserError
from xray_resnet.findings import NIH_CHESTXRAY14, LabelState
from xray_resnet.walk import Walk

ENTRIES = ("Data_Entry_2017_v2020.csv", "Data_Entry_2017.csv")
BOXES = "BBox_List_2017.csv"
LISTS = {"train": "train_val_list.txt", "test": "test_list.txt"}

_COLUMNS = (
    "Image Index",
    "Finding Labels",
    "Follow-up #",
    "Patient ID",
    "Patient Age",
    "View Position",
)
_SEX = ("Patient Gender", "Patient Sex")  # The column's name before and after a revision of the table.
# The released header reads `Bbox [x,y,w,h]` without quotes, which makes four columns of these names.
_BOX_COLUMNS = ("Image Index", "Finding Label", "Bbox [x", "y", "w", "h]")
_NO_FINDING = "No Finding"
_FINDINGS = {finding: finding for finding in NIH_CHESTXRAY14}
_BOX_NAMES = _FINDINGS | {"Infiltrate": "Infiltration"}  # BBox_List_2017.csv spells this finding its own way.


def list_records(_: DataConfig, root: Path) -> Listing:
    """Every row of the table whose image is there; an unnamed finding is negative.

    Raises:
        UserError: if a table is missing or holds what it should not, or no image is there.
    """
    rows = read_rows(find_table(root, *ENTRIES), _COLUMNS)
    walk = walk_source(root)
    with Mistakes() as mistakes:
        boxes, splits = _read_boxes(root, mistakes), _read_lists(root, mistakes)
        to_record = partial(_to_record, root=root, images=_find_images(walk), boxes=boxes, splits=splits)
        records = mistakes.convert(rows, to_record)
    unlisted = sum(record.split is None for record in records) if splits else 0
    notes = {"rows of the table that neither official list names": unlisted} if unlisted else {}
    return list_existing(records, NIH_CHESTXRAY14, root, notes=notes, unreadable=walk.unreadable)


def _to_record(
    row: Row,
    *,
    root: Path,
    images: Mapping[str, Path],
    boxes: Mapping[str, tuple[Box, ...]],
    splits: Mapping[str, str],
) -> Record:
    name = row["Image Index"]
    return Record(
        path=images.get(_stem(row)) or resolve_below(root, name, where=row.place),
        name=name,
        patient=f"nih_chestxray14 {row['Patient ID']}",
        study=f"nih_chestxray14 {row['Patient ID']} {row['Follow-up #']}",
        view=read_view(row["View Position"]),
        sex=next((read_sex(row[name]) for name in _SEX if name in row.cells), ""),
        age=read_age(row["Patient Age"]),
        states=_read_states(row),
        split=splits.get(name),
        boxes=boxes.get(name, ()),
    )


def _read_states(row: Row) -> Mapping[str, LabelState]:
    """`Cardiomegaly|Effusion` to the states of all fourteen findings."""
    cell = f"{row.place}: column 'Finding Labels'"
    words = [word.strip() for word in row["Finding Labels"].split("|")]
    named = {read_word(word, _FINDINGS | {_NO_FINDING: _NO_FINDING}, cell=cell) for word in words}
    if _NO_FINDING in named and len(named) > 1:
        raise UserError(f"{cell} names {_NO_FINDING} beside a finding; keep what is right")
    return {finding: LabelState.POSITIVE if finding in named else LabelState.NEGATIVE for finding in NIH_CHESTXRAY14}


def _stem(row: Row) -> str:
    return row["Image Index"].removesuffix(".png")


def _find_images(walk: Walk) -> dict[str, Path]:
    """Stem → file; `.dcm` before `.png`."""
    files = [path for path in walk.files if path.suffix in (".dcm", ".png")]
    files.sort(key=lambda path: path.suffix == ".dcm")
    return {path.name.removesuffix(".dcm").removesuffix(".png"): path for path in files}


def _read_lists(root: Path, mistakes: Mistakes) -> dict[str, str]:
    """Image → official split, empty if the lists are missing; one list without the other is an error."""
    there = {split: root / name for split, name in LISTS.items() if (root / name).is_file()}
    if there and len(there) < len(LISTS):
        missing = next(name for split, name in LISTS.items() if split not in there)
        raise UserError(f"{root / missing}: the official lists belong together; add it or remove the other")
    split_of: dict[str, str] = {}
    for split, path in there.items():
        for line, name in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
            if name.strip() and split_of.setdefault(name.strip(), split) != split:
                mistakes.add(path, f"{path} line {line}: the other official list names this image, too; keep one")
    return split_of


def _read_boxes(root: Path, mistakes: Mistakes) -> Mapping[str, tuple[Box, ...]]:
    """Image → boxes in pixels of the released image; none if the table is missing."""
    path = root / BOXES
    rows = read_rows(path, _BOX_COLUMNS) if path.is_file() else []
    return gather_boxes(rows, _read_box, mistakes, image="Image Index")


def _read_box(row: Row) -> Box:
    finding = read_word(row["Finding Label"], _BOX_NAMES, cell=f"{row.place}: column 'Finding Label'")
    return Box(finding, *read_numbers(row, _BOX_COLUMNS[2:]))
