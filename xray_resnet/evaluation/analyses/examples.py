"""Example images of every finding with the map of that finding, and what the model called them."""

from itertools import groupby
from typing import Any

from xray_resnet.evaluation.evidence import Evidence
from xray_resnet.evaluation.overlays import FOLDER, Overlay, draw_example
from xray_resnet.evaluation.result import Result, Section
from xray_resnet.evaluation.selection import Example, select_examples
from xray_resnet.explain.methods import TITLES
from xray_resnet.explain.overlay import OPACITY
from xray_resnet.explain.png import encode_png
from xray_resnet.pages import encode_jpeg, encode_webp
from xray_resnet.pages.numbers import to_title


def analyse_examples(evidence: Evidence) -> Result:
    """Pictures of the surest positives and negatives, the worst false alarms and the worst misses."""
    overlays = [draw_example(evidence, example) for example in select_examples(evidence.predictions)]
    if not overlays:
        return Result()
    shown = [
        _to_example(overlay, name_outcome(evidence, overlay.example), TITLES[evidence.cam]) for overlay in overlays
    ]
    return Result(
        section=Section(
            "Where it looks",
            {
                "examples": [(finding, [*group]) for finding, group in groupby(shown, lambda each: each["finding"])],
                "kinds": [*dict.fromkeys(each["kind"] for each in shown)],
                "boxes_known": any(overlay.boxes for overlay in overlays),
                "map": TITLES[evidence.cam],
                "opacity": round(100 * OPACITY),
            },
        ),
        files={f"{FOLDER}/{overlay.file_name}": encode_png(overlay.captioned) for overlay in overlays},
    )


def name_outcome(evidence: Evidence, example: Example) -> str:
    """`true positive` and the like by the finding's operating point; without one, what the example was chosen for."""
    points = evidence.output.operating_points
    point = points.findings.get(example.finding) if points else None
    if point is None:
        return example.kind
    column = evidence.findings.index(example.finding)
    called = bool(evidence.predictions.logits[example.position, column] >= point.logit)
    is_right = called == example.kind.endswith("positive")
    return f"{'true' if is_right else 'false'} {'positive' if called else 'negative'}"


def _to_example(overlay: Overlay, kind: str, title: str) -> dict[str, Any]:
    example = overlay.example
    text = f"{title} of {to_title(example.finding)}, {kind}, score {example.score:.3f}"
    return {
        "finding": example.finding,
        "kind": kind,
        "is_mistake": kind.startswith("false") or example.kind == kind in ("highest negative", "lowest positive"),
        "score": example.score,
        "image_id": overlay.image_id,
        "side": len(overlay.plain),
        "boxes": overlay.boxes,
        "plain": encode_jpeg(overlay.plain, f"Radiograph {overlay.image_id[:10]}"),
        "heat": encode_webp(overlay.heat, text),
    }
