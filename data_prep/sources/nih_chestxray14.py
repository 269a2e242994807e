"""NIH ChestX-ray14 in its original layout (Wang et al., CVPR 2017).

`Data_Entry_2017_v2020.csv` (at first `Data_Entry_2017.csv`), `BBox_List_2017.csv`, `train_val_list.txt` and
`test_list.txt` as released; images anywhere below the root, as `00000001_000.png` or as `00000001_000.dcm`. The DICOM
file wins where both are there.
"""

from collections import defaultdict
from collections.abc import Mapping
from pathlib import Path

from data_prep.sources.csv_table import Row, find_table, read_rows, where
from data_prep.sources.files import resolve_below, walk_source
from data_prep.sources.record import Box, Listing, Record, list_existing
from data_prep.sources.values import read_age, read_sex, read_view
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
_BOX_NAMES = {"Infiltrate": "Infiltration"}  # BBox_List_2017.csv spells this finding its own way.


def list_records(_: DataConfig, root: Path) -> Listing:
    """Every row of the table whose image is there; an unnamed finding is negative.

    Raises:
        UserError: if a table is missing or holds what it should not, or no image is there.
    """
    path = find_table(root, *ENTRIES)
    rows = read_rows(path, _COLUMNS)
    walk = walk_source(root)
    images = _find_images(walk)
    boxes = _read_boxes(root)
    splits = _read_lists(root)
    records = [
        _to_record(
            row,
            images.get(_stem(row)) or resolve_below(root, row["Image Index"], where=where(path, line)),
            boxes=boxes.get(row["Image Index"], ()),
            split=splits.get(row["Image Index"]),
            states=_read_states(row["Finding Labels"], where(path, line)),
        )
        for line, row in enumerate(rows)
    ]
    return list_existing(records, NIH_CHESTXRAY14, root, unreadable=walk.unreadable)


def _to_record(row: Row, path: Path, *, boxes: tuple[Box, ...], split: str | None, states: Mapping[str, int]) -> Record:
    return Record(
        path=path,
        name=row["Image Index"],
        patient=f"nih_chestxray14 {row['Patient ID']}",
        study=f"nih_chestxray14 {row['Patient ID']} {row['Follow-up #']}",
        view=read_view(row["View Position"]),
        sex=next((read_sex(row[name]) for name in _SEX if name in row), ""),
        age=read_age(row["Patient Age"]),
        states=states,
        split=split,
        boxes=boxes,
    )


def _read_states(labels: str, place: str) -> Mapping[str, int]:
    """`Cardiomegaly|Effusion` to the states of all fourteen findings."""
    present = set(labels.split("|")) - {_NO_FINDING}
    if not present <= set(NIH_CHESTXRAY14):
        raise UserError(f"{place}: column 'Finding Labels' names another finding than the fourteen; restore the table")
    return {
        finding: int(LabelState.POSITIVE if finding in present else LabelState.NEGATIVE) for finding in NIH_CHESTXRAY14
    }


def _stem(row: Row) -> str:
    return row["Image Index"].removesuffix(".png")


def _find_images(walk: Walk) -> dict[str, Path]:
    """Stem → file; `.dcm` before `.png`."""
    files = [path for path in walk.files if path.suffix in (".dcm", ".png")]
    files.sort(key=lambda path: path.suffix == ".dcm")
    return {path.name.removesuffix(".dcm").removesuffix(".png"): path for path in files}


def _read_lists(root: Path) -> dict[str, str]:
    """Image → official split, empty where the lists are missing; one list without the other is an error."""
    there = {split: root / name for split, name in LISTS.items() if (root / name).is_file()}
    if there and len(there) < len(LISTS):
        missing = next(name for split, name in LISTS.items() if split not in there)
        raise UserError(f"{root / missing}: the official lists belong together; add it or remove the other")
    return {
        name.strip(): split
        for split, path in there.items()
        for name in path.read_text(encoding="utf-8").splitlines()
        if name.strip()
    }


def _read_boxes(root: Path) -> Mapping[str, tuple[Box, ...]]:
    """Image → boxes in pixels of the released image; none where the table is missing."""
    path = root / BOXES
    boxes: defaultdict[str, tuple[Box, ...]] = defaultdict(tuple)
    for line, row in enumerate(read_rows(path, _BOX_COLUMNS) if path.is_file() else ()):
        boxes[row["Image Index"]] += (_to_box(row, where(path, line)),)
    return boxes


def _to_box(row: Row, place: str) -> Box:
    finding = _BOX_NAMES.get(row["Finding Label"], row["Finding Label"])
    try:
        return Box(finding, *(float(row[name]) for name in _BOX_COLUMNS[2:]))
    except ValueError:
        raise UserError(f"{place}: a box needs four numbers; restore the original table") from None
