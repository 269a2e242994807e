"""Example images of every finding with the Grad-CAM of that finding."""

from itertools import groupby
from typing import Any

from xray_resnet.evaluation.evidence import Evidence
from xray_resnet.evaluation.overlays import FOLDER, Overlay, draw_example
from xray_resnet.evaluation.result import Result, Section
from xray_resnet.evaluation.selection import select_examples
from xray_resnet.explain.png import encode_png
from xray_resnet.pages import encode_jpeg
from xray_resnet.pages.numbers import to_title


def analyse_examples(evidence: Evidence) -> Result:
    """Pictures of the surest positives, the worst false alarm and the worst misses."""
    overlays = [draw_example(evidence, example) for example in select_examples(evidence.predictions)]
    if not overlays:
        return Result()
    groups = groupby(overlays, lambda overlay: overlay.example.finding)
    return Result(
        section=Section(
            "Where it looks",
            {
                "examples": [(finding, [*map(_to_example, group)]) for finding, group in groups],
                "boxes_known": any(overlay.boxes for overlay in overlays),
            },
        ),
        files={f"{FOLDER}/{overlay.file_name}": encode_png(overlay.captioned) for overlay in overlays},
    )


def _to_example(overlay: Overlay) -> dict[str, Any]:
    example = overlay.example
    text = f"Grad-CAM of {to_title(example.finding)}, {example.kind}, score {example.score:.3f}"
    return {
        "kind": example.kind,
        "score": example.score,
        "image_id": overlay.image_id,
        "plain": encode_jpeg(overlay.plain, f"Radiograph {overlay.image_id[:10]}"),
        "overlay": encode_jpeg(overlay.picture, text),
    }
