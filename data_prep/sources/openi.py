"""Indiana University chest X-rays of OpenI (Demner-Fushman et al., JAMIA 2016) in their original layout.

Reports as `ecgen-radiology/<number>.xml` and images, both anywhere below the root: `CXR2_IM-0652-1001.png` as the
report's parentImage names them, `2/2_IM-0652-1001.dcm` of the DICOM release, or Kaggle's `2_IM-0652-1001.dcm.png`. The
report's MeSH terms were coded by hand: a finding that they do not name is negative, a borderline one uncertain. Where
Kaggle's `indiana_projections.csv` lies in the root, it tells lateral views.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from xml.etree import ElementTree

from data_prep.sources.csv_table import read_rows
from data_prep.sources.files import resolve_below, walk_source
from data_prep.sources.mistakes import Mistakes
from data_prep.sources.openi_terms import FINDINGS, is_understood, read_states
from data_prep.sources.record import Listing, Record, list_existing
from data_prep.sources.values import read_choice
from xray_resnet.config import DataConfig
from xray_resnet.errors import UserError

PROJECTIONS = "indiana_projections.csv"
_IS_LATERAL = {"Frontal": False, "Lateral": True}
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
    with Mistakes() as mistakes:
        laterals = _read_laterals(root / PROJECTIONS, mistakes)
        read = mistakes.convert_files(reports, _read_report)
        records = [record for report in read for record in _to_records(report, root, images, laterals)]
    unknown = sum(not is_understood(report.terms) for report in read)
    words = "reports with a MeSH heading that is not known; what they do not name is not assessed"
    notes = {words: unknown} if unknown else {}
    return list_existing(records, FINDINGS, root, notes=notes, unreadable=walk.unreadable)


def list_names(file: str) -> list[str]:
    """What a report may call a file: `2_IM-0652-1001.dcm.png` is its CXR2_IM-0652-1001; some name the report twice."""
    stem = file.removesuffix(".png").removesuffix(".dcm")
    report = re.match(r"(\d+)_IM-", stem)
    return [f"CXR{stem}", f"CXR{report[1]}_{stem}"] if report else [stem]


@dataclass(frozen=True)
class _Report:
    """What is read of a report: its file, its name, its MeSH terms, and the names of its images."""

    path: Path
    name: str
    terms: Sequence[str]
    images: Sequence[str]


def _read_report(path: Path) -> _Report:
    report = _parse(path)
    number = report.find("uId")
    return _Report(
        path=path,
        name=(number.get("id") if number is not None else None) or path.stem,
        terms=[term.text or "" for term in report.iterfind("MeSH/major")],
        images=[image.get("id", "") for image in report.iterfind("parentImage")],
    )


def _to_records(report: _Report, root: Path, images: Mapping[str, Path], laterals: set[str]) -> list[Record]:
    states = read_states(report.terms)
    return [
        Record(
            path=images.get(name) or resolve_below(root, f"{name}.png", where=str(report.path)),
            name=name,
            patient=f"openi {report.name}",
            study=f"openi {report.name}",
            view="LATERAL" if name in laterals else "",
            states=states,
        )
        for name in report.images
    ]


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


def _read_laterals(path: Path, mistakes: Mistakes) -> set[str]:
    """Names of the images that Kaggle's table calls lateral."""
    rows = read_rows(path, ("filename", "projection")) if path.is_file() else []
    read = mistakes.convert(rows, lambda row: (row["filename"], read_choice(row, "projection", _IS_LATERAL)))
    return {name for file, is_lateral in read if is_lateral for name in list_names(file)}


def _dicom_last(path: Path) -> tuple[bool, Path]:
    return path.suffix == ".dcm", path
