"""The work list of an audit: the labels that are most likely wrong, as a page to read films by, and as a table."""

import csv
import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from xray_resnet.dicom.radiograph import to_8_bit
from xray_resnet.evaluation.evidence import Evidence
from xray_resnet.evaluation.label_audit import LabelAudit, Suspect
from xray_resnet.fingerprint import fingerprint
from xray_resnet.pages import encode_jpeg, render_page
from xray_resnet.pages.numbers import to_title

PAGE_FILE = "label_audit.html"
TABLE_FILE = "label_audit.csv"
MOST_SHOWN = 300
"""Films of the page, which holds their pictures; the table has all."""
COLUMNS = ("rank", "image_id", "finding", "given", "suggested", "score", "probability", "doubt")
_TEMPLATE = Path(__file__).parent / "work_list.html.j2"
_SIDE = 384
_JPEG_QUALITY = 80


def format_table(evidence: Evidence, audit: LabelAudit) -> str:
    """All labels that are listed, as CSV; images by the ids that the dataset has for them."""
    buffer = io.StringIO(newline="")
    writer = csv.writer(buffer, lineterminator="\n")
    writer.writerow(COLUMNS)
    ids = evidence.predictions.image_ids
    for rank, each in enumerate(audit.suspects, start=1):
        numbers = (f"{value:.6f}" for value in (each.score, each.probability, each.doubt))
        writer.writerow([rank, ids[each.place], each.finding, each.given, each.suggested, *numbers])
    return buffer.getvalue()


def render_work_list(evidence: Evidence, audit: LabelAudit) -> str:
    """The first labels of the list with their films, to be decided one by one; the decisions can be saved as CSV."""
    rows = [*_list_rows(evidence, audit.suspects[:MOST_SHOWN])]
    values = {
        "evidence": evidence,
        "audit": audit,
        "rows": rows,
        "findings": [*dict.fromkeys(row["finding"] for row in rows)],
        "table": TABLE_FILE,
        "key": fingerprint([[row["image_id"], row["finding"], row["given"]] for row in rows]),
    }
    return render_page(_TEMPLATE, values, language=evidence.asked.language)


def _list_rows(evidence: Evidence, suspects: list[Suspect]) -> Iterator[dict[str, Any]]:
    for rank, suspect in enumerate(suspects, start=1):
        image_id = str(evidence.predictions.image_ids[suspect.place])
        picture = _shrink(evidence.dataset.pixels(int(evidence.rows[suspect.place])))
        text = f"Radiograph {image_id[:10]}, labelled {to_title(suspect.finding)}: {'yes' if suspect.given else 'no'}"
        yield {
            "rank": rank,
            "image_id": image_id,
            "finding": suspect.finding,
            "given": suspect.given,
            "suggested": suspect.suggested,
            "score": suspect.score,
            "doubt": suspect.doubt,
            "film": encode_jpeg(picture, text, quality=_JPEG_QUALITY),
        }


def _shrink(pixels: NDArray[Any]) -> NDArray[np.uint8]:
    """A stored image as 8 bit, no larger than a page shows it."""
    grey = to_8_bit(pixels)
    return grey if len(grey) <= _SIDE else np.asarray(cv2.resize(grey, (_SIDE, _SIDE), interpolation=cv2.INTER_AREA))
