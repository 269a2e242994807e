"""What each source's words become: every tiny archive listed, its own cells beside the states they arrive as.

`python -m tests.data_prep.states > docs/label_states.md` writes the page anew.
"""

import csv
import gzip
import tempfile
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from xml.etree import ElementTree

from data_prep.sources import SOURCES, Listing, chexpert_labels, vindr_cxr
from tests.data_prep.archives import ARCHIVES, CHEXPERT_SMALL, make_image_folder, make_table
from xray_resnet.config import DataConfig, ImageFolderConfig, TableConfig
from xray_resnet.findings import LabelState

Cells = Mapping[tuple[str, str], str]
"""(Image, finding) → what the original says of it."""

HEAD = """\
# What the sources' labels become
Each row shows what an archive says of a film, for which findings, and the label state that the project makes of it;
the archives here are tiny ones in the original layout. A blank cell of a table, a finding that a report does not name
and one that nobody looked for are three different things. `xray_resnet/findings.py` says how each state enters training
and evaluation.

| source | the original says | of | arrives as |
|---|---|---|---|
"""
MOST_NAMES = 4
SUREST_FIRST = [LabelState[name] for name in ("POSITIVE", "UNCERTAIN", "NEGATIVE", "UNMENTIONED", "NOT_ASSESSED")]
CONFIG = DataConfig(
    image_folder=ImageFolderConfig({"normal": [], "effusion": ["Effusion"]}),
    table=TableConfig(finding_columns={"Edema": "Edema"}),
)


def render() -> str:
    """The page, in Markdown."""
    return HEAD + "".join(f"| {' | '.join(row)} |\n" for source in _CELLS for row in list_rows(source))


def list_rows(source: str) -> list[tuple[str, str, str, str]]:
    """A row for each cell and state that it arrives as, in the order of the archive."""
    with tempfile.TemporaryDirectory() as folder:
        (ARCHIVES | {"image_folder": make_image_folder, "table": make_table})[source](Path(folder))
        listing = SOURCES[source].list_records(CONFIG, Path(folder))
        cells = _CELLS[source](Path(folder), listing)
    findings: defaultdict[tuple[str, int], list[str]] = defaultdict(list)
    for record in listing.records:
        for finding, state in record.states.items():
            named = findings[cells[record.name, finding], state]
            named.extend({finding} - set(named))
    order = list(cells.values())
    told = sorted(findings.items(), key=lambda item: (order.index(item[0][0]), SUREST_FIRST.index(item[0][1])))
    return [(source, _quote(cell), _name(named), _say(state)) for (cell, state), named in told]


def _quote(cell: str) -> str:
    escaped = cell.replace("|", "\\|")
    return f"`{escaped}`" if cell else "blank"


def _name(findings: list[str]) -> str:
    return ", ".join(findings) if len(findings) <= MOST_NAMES else f"{len(findings)} findings"


def _say(state: int) -> str:
    return LabelState(state).name.lower().replace("_", " ")


def _read(path: Path) -> list[dict[str, str]]:
    content = path.read_bytes()
    text = (gzip.decompress(content) if path.suffix == ".gz" else content).decode()
    return list(csv.DictReader(text.splitlines(), skipinitialspace=True))


def _spread(cells: Mapping[str, str], listing: Listing) -> Cells:
    """A cell that tells all findings of an image."""
    return {(name, finding): cell for name, cell in cells.items() for finding in listing.findings}


def _column(table: str, name: str, column: str) -> Callable[[Path, Listing], Cells]:
    return lambda root, listing: _spread({row[name]: row[column] for row in _read(root / table)}, listing)


def _cells_of_chexpert(root: Path, _: Listing) -> Cells:
    rows = [row for table in ("train", "valid") for row in _read(root / CHEXPERT_SMALL / f"{table}.csv")]
    return {
        (row["Path"].removeprefix(f"{CHEXPERT_SMALL}/"), finding): row[column]
        for row in rows
        for finding, column in chexpert_labels.COLUMNS.items()
    }


def _cells_of_mimic_cxr(root: Path, _: Listing) -> Cells:
    studies = {row["study_id"]: row for row in _read(root / "mimic-cxr-2.0.0-chexpert.csv.gz")}
    return {
        (row["dicom_id"], finding): studies[row["study_id"]][column]
        if row["study_id"] in studies
        else "no row of the study"
        for row in _read(root / "mimic-cxr-2.0.0-metadata.csv.gz")
        for finding, column in chexpert_labels.COLUMNS.items()
    }


def _cells_of_rsna_pneumonia(root: Path, _: Listing) -> Cells:
    targets = {row["patientId"]: f"Target {row['Target']}" for row in _read(root / "stage_2_train_labels.csv")}
    classes = {row["patientId"]: row["class"] for row in _read(root / "stage_2_detailed_class_info.csv")}
    return {(name, "Pneumonia"): cell for name, cell in targets.items()} | {
        (name, "Lung_Opacity"): cell for name, cell in classes.items()
    }


def _cells_of_vindr_cxr(root: Path, _: Listing) -> Cells:
    votes: defaultdict[tuple[str, str], list[str]] = defaultdict(list)
    for split in ("train", "test"):
        for row in _read(root / f"annotations/image_labels_{split}.csv"):
            for finding, column in vindr_cxr.COLUMNS.items():
                votes[row["image_id"], finding].append(row[column])
    return {key: f"{given.count('1')} of {len(given)}" for key, given in votes.items()}


def _cells_of_openi(root: Path, listing: Listing) -> Cells:
    def read() -> Iterator[tuple[str, str]]:
        for path in sorted(root.glob("ecgen-radiology/*.xml")):
            report = ElementTree.parse(path)
            terms = "; ".join(term.text or "" for term in report.iterfind("MeSH/major"))
            yield from ((image.attrib["id"], terms) for image in report.iterfind("parentImage"))

    return _spread(dict(read()), listing)


def _cells_of_image_folder(_: Path, listing: Listing) -> Cells:
    return _spread({record.name: f"{record.path.parent.name}/" for record in listing.records}, listing)


_CELLS: Mapping[str, Callable[[Path, Listing], Cells]] = {
    "nih_chestxray14": _column("Data_Entry_2017_v2020.csv", "Image Index", "Finding Labels"),
    "chexpert": _cells_of_chexpert,
    "mimic_cxr": _cells_of_mimic_cxr,
    "padchest": _column("PADCHEST_chest_x_ray_images_labels_160K_01.02.19.csv", "ImageID", "Labels"),
    "rsna_pneumonia": _cells_of_rsna_pneumonia,
    "siim_pneumothorax": _column("train-rle.csv", "ImageId", "EncodedPixels"),
    "vindr_cxr": _cells_of_vindr_cxr,
    "openi": _cells_of_openi,
    "covid_chestxray": _column("metadata.csv", "filename", "finding"),
    "image_folder": _cells_of_image_folder,
    "table": _column("labels.csv", "path", "Edema"),
}

if __name__ == "__main__":
    print(render(), end="")
