"""Indiana University chest X-rays of OpenI (Demner-Fushman et al., JAMIA 2016) in their original layout.

Reports as `ecgen-radiology/<number>.xml` and images, both anywhere below the root: `CXR2_IM-0652-1001.png` as the
report's parentImage names them, `2/2_IM-0652-1001.dcm` of the DICOM release, or Kaggle's `2_IM-0652-1001.dcm.png`. The
report's MeSH terms were coded by hand: a finding that they do not name is negative, a borderline one uncertain. Where
Kaggle's `indiana_projections.csv` lies in the root, it tells lateral views.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from xml.etree import ElementTree

from data_prep.sources.csv_table import read_rows
from data_prep.sources.files import resolve_below, walk_source
from data_prep.sources.record import Listing, Record, list_existing
from xray_resnet.config import DataConfig
from xray_resnet.errors import UserError
from xray_resnet.findings import LabelState

HEADINGS = {
    "Atelectasis": ("pulmonary atelectasis", "atelectasis"),
    "Cardiomegaly": ("cardiomegaly",),
    "Effusion": ("pleural effusion", "hydropneumothorax"),
    "Infiltration": ("infiltrate",),
    "Mass": ("mass",),
    "Nodule": ("nodule", "multiple pulmonary nodules", "solitary pulmonary nodule"),
    "Pneumonia": ("pneumonia",),
    "Pneumothorax": ("pneumothorax", "hydropneumothorax"),
    "Consolidation": ("consolidation",),
    "Edema": ("pulmonary edema",),
    "Emphysema": ("emphysema", "pulmonary emphysema"),
    "Fibrosis": ("pulmonary fibrosis",),
    "Hernia": ("hernia, hiatal",),
    "Fracture": ("fractures, bone",),
    "Lung_Opacity": ("opacity",),
    "Calcification": ("calcinosis", "calcified granuloma"),
}
"""Finding → MeSH headings, as they stand before the first `/` of a term."""
QUALIFIED = {
    ("thickening", "pleura"): "Pleural_Thickening",
    ("cardiac shadow", "enlarged"): "Cardiomegaly",
    ("cardiac shadow", "borderline"): "Cardiomegaly",
}
"""(Heading, qualifier) → the finding that they are together."""
FINDINGS = (*HEADINGS, "Pleural_Thickening")
PROJECTIONS = "indiana_projections.csv"

_OF_THE_LUNG = {"Mass", "Nodule", "Calcification"}
"""Findings that a site outside the lung makes another thing."""
_OUTSIDE_THE_LUNG = {
    *("mediastinum", "paratracheal", "trachea", "esophagus", "thyroid gland", "neck", "heart", "pericardium", "aorta"),
    *("pleura", "diaphragm", "thorax", "ribs", "sternum", "clavicle", "scapula", "spine", "thoracic vertebrae"),
    *("humerus", "shoulder", "breast", "nipples", "axilla", "soft tissue", "abdomen", "lymph nodes", "blood vessels"),
}
_BORDERLINE = "borderline"
_NOT_INDEXED = {"no indexing", "technical quality of image unsatisfactory"}
_MAX_REPORT_BYTES = 1 << 20


def list_records(_: DataConfig, root: Path) -> Listing:
    """Every image of the reports that is there.

    Raises:
        UserError: if there is no report, one is damaged, or no image is there.
    """
    walk = walk_source(root)
    reports = [path for path in walk.files if path.suffix == ".xml"]
    if not reports:
        raise UserError(f"{root}: there is no report (ecgen-radiology/1.xml and so on); unpack NLMCXR_reports below it")
    films = [path for path in sorted(walk.files, key=_dicom_last) if path.suffix in (".png", ".dcm")]
    images = {name: path for path in films for name in list_names(path.name)}
    laterals = _read_laterals(root / PROJECTIONS)
    records = [record for report in reports for record in _read_report(report, root, images, laterals)]
    return list_existing(records, FINDINGS, root, unreadable=walk.unreadable)


def read_states(terms: list[str]) -> Mapping[str, int]:
    """MeSH terms such as `Pleural Effusion/left/small` to states; a report that was not indexed tells nothing."""
    parts = [[part.strip().lower() for part in term.split("/")] for term in terms]
    found = [
        (finding, _BORDERLINE in qualifiers)
        for heading, *qualifiers in parts
        for finding in _find_findings(heading, qualifiers)
    ]
    states = {finding: LabelState.UNCERTAIN for finding, is_borderline in found if is_borderline}
    states |= {finding: LabelState.POSITIVE for finding, is_borderline in found if not is_borderline}
    is_indexed = bool(parts) and not any(heading in _NOT_INDEXED for heading, *_ in parts)
    silent = LabelState.NEGATIVE if is_indexed else LabelState.NOT_ASSESSED
    return {finding: int(states.get(finding, silent)) for finding in FINDINGS}


def list_names(file: str) -> list[str]:
    """What a report may call a file: `2_IM-0652-1001.dcm.png` is its CXR2_IM-0652-1001; some name the report twice."""
    stem = file.removesuffix(".png").removesuffix(".dcm")
    report = re.match(r"(\d+)_IM-", stem)
    return [f"CXR{stem}", f"CXR{report[1]}_{stem}"] if report else [stem]


def _find_findings(heading: str, qualifiers: Sequence[str]) -> set[str]:
    found = {finding for finding, headings in HEADINGS.items() if heading in headings}
    is_inside = "lung" in qualifiers and "lymph nodes" not in qualifiers
    if not is_inside and not _OUTSIDE_THE_LUNG.isdisjoint(qualifiers):
        found -= _OF_THE_LUNG
    return found | {QUALIFIED[heading, word] for word in qualifiers if (heading, word) in QUALIFIED}


def _read_report(path: Path, root: Path, images: Mapping[str, Path], laterals: set[str]) -> Iterator[Record]:
    report = _parse(path)
    number = report.find("uId")
    name = number.get("id", "") if number is not None else ""
    states = read_states([term.text or "" for term in report.iterfind("MeSH/major")])
    for image in report.iterfind("parentImage"):
        stem = image.get("id", "")
        yield Record(
            path=images.get(stem) or resolve_below(root, f"{stem}.png", where=str(path)),
            name=stem,
            patient=f"openi {name or path.stem}",
            study=f"openi {name or path.stem}",
            view="LATERAL" if stem in laterals else "",
            states=states,
        )


def _parse(path: Path) -> ElementTree.Element:
    """The report; one that declares entities is refused, so that nothing expands or is fetched."""
    if path.stat().st_size > _MAX_REPORT_BYTES:
        raise UserError(f"{path}: {path.stat().st_size} bytes, expected at most {_MAX_REPORT_BYTES}; it is no report")
    content = path.read_bytes()
    if b"<!DOCTYPE" in content or b"<!ENTITY" in content:
        raise UserError(f"{path}: a report declares no document type or entities; restore the original file")
    try:
        return ElementTree.fromstring(content)
    except ElementTree.ParseError as error:
        raise UserError(f"{path}: not an XML report ({error}); restore the original file") from None


def _read_laterals(path: Path) -> set[str]:
    """Names of the images that Kaggle's table calls lateral."""
    if not path.is_file():
        return set()
    rows = read_rows(path, ("filename", "projection"))
    return {name for row in rows if row["projection"] == "Lateral" for name in list_names(row["filename"])}


def _dicom_last(path: Path) -> tuple[bool, Path]:
    return path.suffix == ".dcm", path
