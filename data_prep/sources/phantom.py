"""The project's own synthetic radiographs: rendered once below a folder, then read like any other archive."""

from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path

from data_prep.sources.boxes import gather_boxes, read_numbers
from data_prep.sources.csv_table import Row, read_rows
from data_prep.sources.files import resolve_below
from data_prep.sources.mistakes import Mistakes
from data_prep.sources.record import Listing, Record
from data_prep.sources.values import read_age, read_sex, read_state, read_view
from xray_resnet.boxes import Box
from xray_resnet.config import DataConfig
from xray_resnet.detector import DETECTOR_FIELDS, from_record
from xray_resnet.findings import PHANTOM_FINDINGS
from xray_resnet.progress import Progress

LABELS = "labels.csv"
BOXES = "boxes.csv"
_DETECTOR = tuple(f"detector_{name}" for name in DETECTOR_FIELDS)
_BOX = ("x", "y", "width", "height")


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
        lesions=phantom.lesions,
        workers=workers,
        progress=progress,
    )


def list_records(config: DataConfig, root: Path) -> Listing:
    """Every rendered radiograph, its findings all assessed."""
    findings = PHANTOM_FINDINGS[config.phantom.lesions]
    rows = read_rows(root / LABELS, ["file", "patient", "sex", "age", "view", *findings, *_DETECTOR])
    boxes = read_rows(root / BOXES, ["file", "finding", *_BOX])
    with Mistakes() as mistakes:
        boxes_of = gather_boxes(boxes, _read_box, mistakes, image="file")
        to_record = partial(_to_record, root=root, boxes=boxes_of, seed=config.phantom.seed, findings=findings)
        records = mistakes.convert(rows, to_record)
    return Listing(records, findings)


def _to_record(
    row: Row, *, root: Path, boxes: Mapping[str, tuple[Box, ...]], seed: int, findings: Sequence[str]
) -> Record:
    return Record(
        path=resolve_below(root, row["file"], where=row.place),
        name=row["file"],
        patient=f"phantom seed {seed} {row['patient']}",
        view=read_view(row["view"]),
        sex=read_sex(row["sex"]),
        age=read_age(row["age"]),
        states={finding: read_state(row, finding) for finding in findings},
        boxes=boxes.get(row["file"], ()),
        detector=from_record(dict(zip(DETECTOR_FIELDS, read_numbers(row, _DETECTOR), strict=True))),
    )


def _read_box(row: Row) -> Box:
    return Box(row["finding"], *read_numbers(row, _BOX))
