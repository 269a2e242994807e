"""Overlays of accepted files: the class activation map of each finding that stands out."""

import re
from collections.abc import Callable
from pathlib import Path

from xray_resnet.explain.overlay import draw_overlay, encode_png
from xray_resnet.files import write_bytes
from xray_resnet.findings import column_prefix
from xray_resnet.inference.prediction import Prediction

STANDS_OUT = 0.5
"""Findings at and above this score are drawn; where none is, the one with the highest."""
_LONGEST_NAME = 60


def write_overlays(folder: Path, findings: tuple[str, ...]) -> Callable[[Prediction], None]:
    """What writes the overlays of a prediction into `folder`, as `<number>-<file>-<finding>.png`.

    The number is that of the input file, so that files of the same name do not meet.
    """
    number = 0

    def write(prediction: Prediction) -> None:
        nonlocal number
        number += 1
        if prediction.maps is None or prediction.pixels is None:
            return
        for finding in _choose(prediction):
            caption = f"{finding} {prediction.scores[finding]:.2f}"
            picture = draw_overlay(prediction.pixels, prediction.maps[findings.index(finding)], caption=caption)
            name = f"{number:06d}-{_safe_stem(prediction.path)}-{column_prefix(finding)}.png"
            write_bytes(folder / name, encode_png(picture))

    return write


def _choose(prediction: Prediction) -> list[str]:
    highest = max(prediction.scores, key=lambda finding: prediction.scores[finding])
    return [finding for finding, score in prediction.scores.items() if score >= STANDS_OUT] or [highest]


def _safe_stem(path: str) -> str:
    """The file's name without what could leave the folder or trouble a file system."""
    return re.sub(r"[^A-Za-z0-9_-]", "_", Path(path).stem)[:_LONGEST_NAME]
