"""NIH ChestX-ray14 in its original layout (Wang et al., CVPR 2017).

`Data_Entry_2017.csv`, `BBox_List_2017.csv`, `train_val_list.txt` and `test_list.txt` as released; images anywhere
below the root, as `00000001_000.png` or as `00000001_000.dcm`. The DICOM file wins where both are there.
"""

from collections import defaultdict
from collections.abc import Mapping
from pathlib import Path

from data_prep.sources.csv_table import Row, read_rows, where
from data_prep.sources.files import list_files
from data_prep.sources.record import Box, Listing, Record
from xray_resnet.config import DataConfig
from xray_resnet.errors import UserError
from xray_resnet.findings import NIH_CHESTXRAY14, LabelState

ENTRIES = "Data_Entry_2017.csv"
BOXES = "BBox_List_2017.csv"
LISTS = {"train": "train_val_list.txt", "test": "test_list.txt"}

_COLUMNS = (
    "Image Index",
    "Finding Labels",
    "Follow-up #",
    "Patient ID",
    "Patient Age",
    "Patient Gender",
    "View Position",
)
# The released header reads `Bbox [x,y,w,h]` without quotes, which makes four columns of these names.
_BOX_COLUMNS = ("Image Index", "Finding Label", "Bbox [x", "y", "w", "h]")
_NO_FINDING = "No Finding"
_BOX_NAMES = {"Infiltrate": "Infiltration"}  # BBox_List_2017.csv spells this finding its own way.
_OLDEST = 120  # The released table holds ages up to 414.


def list_records(_: DataConfig, root: Path) -> Listing:
    """Every row of the table whose image is there; an unnamed finding is negative.

    Raises:
        UserError: if a table is missing or holds what it should not, or no image is there.
    """
    rows = read_rows(root / ENTRIES, _COLUMNS)
    images = _find_images(root)
    boxes = _read_boxes(root)
    splits = _read_lists(root)
    there = [(line, row, _stem(row)) for line, row in enumerate(rows) if _stem(row) in images]
    records = [
        _to_record(
            row,
            images[stem],
            boxes=boxes.get(row["Image Index"], ()),
            split=splits.get(row["Image Index"]),
            states=_read_states(row["Finding Labels"], where(root / ENTRIES, line)),
        )
        for line, row, stem in there
    ]
    if not records:
        raise UserError(f"{root}: none of the {len(rows)} images of {ENTRIES} is there; unpack the images below it")
    return Listing(records, NIH_CHESTXRAY14, {"rows of the table without an image": len(rows) - len(records)})


def _to_record(row: Row, path: Path, *, boxes: tuple[Box, ...], split: str | None, states: Mapping[str, int]) -> Record:
    return Record(
        path=path,
        name=row["Image Index"],
        patient=f"nih_chestxray14 {row['Patient ID']}",
        study=f"nih_chestxray14 {row['Patient ID']} {row['Follow-up #']}",
        view=row["View Position"],
        sex=row["Patient Gender"],
        age=_read_age(row["Patient Age"]),
        states=states,
        split=split,
        boxes=boxes,
    )


def _read_states(labels: str, place: str) -> Mapping[str, int]:
    """`Cardiomegaly|Effusion` to the states of all fourteen findings."""
    present = set(labels.split("|")) - {_NO_FINDING}
    unknown = present - set(NIH_CHESTXRAY14)
    if unknown:
        raise UserError(f"{place}: finding {sorted(unknown)[0]!r} is none of the fourteen; restore the original table")
    return {
        finding: int(LabelState.POSITIVE if finding in present else LabelState.NEGATIVE) for finding in NIH_CHESTXRAY14
    }


def _read_age(text: str) -> float | None:
    """Years; `058Y` of the first release too; None where it cannot be."""
    digits = text.removesuffix("Y")
    age = float(digits) if digits.isdigit() else None
    return age if age is not None and age <= _OLDEST else None


def _stem(row: Row) -> str:
    return row["Image Index"].removesuffix(".png")


def _find_images(root: Path) -> dict[str, Path]:
    """Stem → file; `.dcm` before `.png`."""
    files = [path for path in list_files(root) if path.suffix in (".dcm", ".png")]
    files.sort(key=lambda path: path.suffix == ".dcm")
    return {path.name.removesuffix(".dcm").removesuffix(".png"): path for path in files}


def _read_lists(root: Path) -> dict[str, str]:
    """Image → official split, empty where the lists are missing; one list without the other is an error."""
    there = {split: root / name for split, name in LISTS.items() if (root / name).is_file()}
    if there and len(there) < len(LISTS):
        missing = next(name for split, name in LISTS.items() if split not in there)
        raise UserError(f"{root / missing}: the official lists belong together; add it or remove the other")
    return {
        name.strip(): split for split, path in there.items() for name in path.read_text().splitlines() if name.strip()
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
    except ValueError as error:
        raise UserError(f"{place}: a box needs four numbers ({error}); restore the original table") from error
