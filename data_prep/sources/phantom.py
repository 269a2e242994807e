"""The project's own synthetic radiographs: rendered once below a folder, then read like any other archive."""

from collections import defaultdict
from collections.abc import Mapping
from pathlib import Path

from data_prep.sources.csv_table import Row, read_rows
from data_prep.sources.files import resolve_below
from data_prep.sources.record import Box, Listing, Record
from data_prep.sources.values import read_age, read_sex, read_view
from xray_resnet.config import DataConfig
from xray_resnet.findings import PHANTOM
from xray_resnet.progress import Progress

LABELS = "labels.csv"
BOXES = "boxes.csv"


def make(config: DataConfig, root: Path, *, workers: int, progress: Progress | None = None) -> None:
    """Renders the phantoms below `root`, unless they are there already."""
    from data_prep.phantom import write_phantoms  # the renderer loads only where something is rendered

    phantom = config.phantom
    write_phantoms(
        root,
        count=phantom.count,
        size=phantom.size,
        seed=phantom.seed,
        dose_fraction=phantom.dose_fraction,
        workers=workers,
        progress=progress,
    )


def list_records(config: DataConfig, root: Path) -> Listing:
    """Every rendered radiograph, its findings all assessed."""
    rows = read_rows(root / LABELS, ["file", "patient", "sex", "age", "view", *PHANTOM])
    boxes = _read_boxes(root)
    records = [_to_record(row, root, boxes.get(row["file"], ()), seed=config.phantom.seed) for row in rows]
    return Listing(records, PHANTOM)


def _to_record(row: Row, root: Path, boxes: tuple[Box, ...], *, seed: int) -> Record:
    return Record(
        path=resolve_below(root, row["file"], where=str(root / LABELS)),
        name=row["file"],
        patient=f"phantom seed {seed} {row['patient']}",
        view=read_view(row["view"]),
        sex=read_sex(row["sex"]),
        age=read_age(row["age"]),
        states={finding: int(row[finding]) for finding in PHANTOM},
        boxes=boxes,
    )


def _read_boxes(root: Path) -> Mapping[str, tuple[Box, ...]]:
    names = ("x", "y", "width", "height")
    boxes: defaultdict[str, tuple[Box, ...]] = defaultdict(tuple)
    for row in read_rows(root / BOXES, ["file", "finding", *names]):
        boxes[row["file"]] += (Box(row["finding"], *(float(row[name]) for name in names)),)
    return boxes
