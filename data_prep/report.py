"""The ingest report: one HTML page on what was accepted, what was not and why, which opens from disk.

It can be handed on: files are named by their line in rejected.csv or flagged.csv, for paths may name patients.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from data_prep.ingest_summary import IngestSummary
from data_prep.journal import Flagged, Rejected
from xray_resnet.dicom import FLAG_TEXTS, REASON_TEXTS, Flag, Reason, name_transfer_syntax
from xray_resnet.dicom.radiograph import to_8_bit
from xray_resnet.pages import encode_jpeg, render_page
from xray_resnet.store import DatasetDescription

_EXAMPLES = 3
_SHEET_COLUMNS, _SHEET_ROWS, _TILE = 8, 3, 140
_JPEG_QUALITY = 85


def render_ingest_report(
    summary: IngestSummary,
    description: DatasetDescription,
    *,
    rejected: Sequence[Rejected],
    flagged: Sequence[Flagged],
    pixels: Mapping[str, NDArray[Any]],
) -> str:
    """The page; the same dataset gives the same bytes, for it holds no times.

    Args:
        summary: Counts and times.
        description: The content of dataset.json.
        rejected: The rows of rejected.csv.
        flagged: The rows of flagged.csv.
        pixels: Image id → its stored pixels.
    """
    chosen = _spread([*pixels.values()], _SHEET_COLUMNS * _SHEET_ROWS)
    return render_page(
        Path(__file__).parent / "report.html.j2",
        {
            "summary": summary,
            "dataset": description,
            "rejections": _list_rejections(summary.reasons, rejected),
            "flags": _list_flags(summary.flags, flagged),
            "syntaxes": _list_syntaxes(summary.transfer_syntaxes),
            "splits": description.counts["splits"],
            "sheet": encode_jpeg(draw_sheet(chosen), f"{len(chosen)} stored images", quality=_JPEG_QUALITY),
            "shown": len(chosen),
        },
    )


def draw_sheet(images: Sequence[NDArray[Any]]) -> NDArray[np.uint8]:
    """A grid of stored images."""
    tiles = [_to_tile(image) for image in images]
    tiles += [np.zeros((_TILE, _TILE), np.uint8)] * (-len(tiles) % _SHEET_COLUMNS)
    rows = [np.hstack(tiles[start : start + _SHEET_COLUMNS]) for start in range(0, len(tiles), _SHEET_COLUMNS)]
    return np.vstack(rows)


def _to_tile(image: NDArray[Any]) -> NDArray[np.uint8]:
    small = np.asarray(cv2.resize(image, (_TILE, _TILE), interpolation=cv2.INTER_AREA), image.dtype)
    return to_8_bit(small)


def _spread(images: Sequence[NDArray[Any]], count: int) -> list[NDArray[Any]]:
    """At most `count`, evenly from first to last."""
    positions = np.linspace(0, len(images) - 1, min(count, len(images))).round().astype(int)
    return [images[position] for position in positions]


def _list_rejections(counts: Mapping[str, int], rejected: Sequence[Rejected]) -> list[dict[str, Any]]:
    """The commonest reason first, with what it means, what to do, and examples."""
    return [
        {
            "reason": reason,
            "count": count,
            "meaning": REASON_TEXTS[Reason(reason)][0],
            "remedy": REASON_TEXTS[Reason(reason)][1],
            "examples": _find_lines([_word_rejection(row) for row in rejected], reason),
        }
        for reason, count in _commonest_first(counts)
    ]


def _commonest_first(counts: Mapping[str, int]) -> list[tuple[str, int]]:
    return sorted(counts.items(), key=lambda item: (-item[1], item[0]))


def _word_rejection(row: Rejected) -> tuple[str, str]:
    """The reason and what may be shown of its detail: a duplicate's is a path."""
    return row.reason, "" if row.reason == Reason.DUPLICATE else row.detail


def _find_lines(rows: Sequence[tuple[str, str]], word: str) -> list[tuple[int, str]]:
    """(line of the CSV file, detail) of the rows (word, detail) of a reason or flag, no detail twice."""
    lines: dict[str, int] = {}
    for line, (reason, detail) in enumerate(rows, start=2):
        if reason == word:
            lines.setdefault(detail, line)
    return [(line, detail) for detail, line in lines.items()][:_EXAMPLES]


def _list_syntaxes(counts: Mapping[str, int]) -> list[tuple[str, int]]:
    """By name, the commonest first; pictures by their format."""
    return [(name_transfer_syntax(name), count) for name, count in _commonest_first(counts)]


def _list_flags(counts: Mapping[str, int], flagged: Sequence[Flagged]) -> list[dict[str, Any]]:
    return [
        {
            "flag": flag,
            "count": count,
            "meaning": FLAG_TEXTS[Flag(flag)],
            "examples": _find_lines([(row.flag, "") for row in flagged], flag),
        }
        for flag, count in _commonest_first(counts)
    ]
