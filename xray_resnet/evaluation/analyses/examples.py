"""Example images of every finding with the map of that finding, and what the model called them."""

from collections.abc import Sequence
from itertools import groupby
from typing import Any

from xray_resnet.boxes import Rectangle
from xray_resnet.evaluation.evidence import Evidence
from xray_resnet.evaluation.overlays import FOLDER, Overlay, draw_example
from xray_resnet.evaluation.result import Result, Section
from xray_resnet.evaluation.selection import Example, select_examples
from xray_resnet.explain.methods import TITLES
from xray_resnet.explain.overlay import OPACITY
from xray_resnet.explain.png import encode_png
from xray_resnet.map_grid import Point
from xray_resnet.metrics.localisation import is_hit
from xray_resnet.pages import encode_jpeg, encode_webp
from xray_resnet.pages.numbers import to_title
from xray_resnet.triage import RULED_IN, UNCERTAIN


def analyse_examples(evidence: Evidence) -> Result:
    """Pictures of the surest positives and negatives, the worst false alarms and the worst misses."""
    overlays = [draw_example(evidence, example) for example in select_examples(evidence.predictions)]
    if not overlays:
        return Result()
    shown = [_to_example(evidence, overlay) for overlay in overlays]
    return Result(
        section=Section(
            "Which region raised the score (coarse)",
            {
                "examples": [(finding, [*group]) for finding, group in groupby(shown, lambda each: each["finding"])],
                "kinds": [*dict.fromkeys(each["kind"] for each in shown)],
                "boxes_known": any(overlay.boxes for overlay in overlays),
                "map": TITLES[evidence.asked.cam],
                "opacity": round(100 * OPACITY),
                "cells": evidence.peaks.cells,
            },
        ),
        files={f"{FOLDER}/{overlay.file_name}": encode_png(overlay.captioned) for overlay in overlays},
    )


def name_outcome(evidence: Evidence, example: Example) -> str:
    """What the film was called, as in predictions: by the finding's triage, or else by its operating point.

    Without either, what the example was chosen for.
    """
    column, triage = evidence.findings.index(example.finding), evidence.output.triage
    logit = evidence.predictions.logits[example.position, column]
    if triage is not None and example.finding in triage.list_deciding():
        return _name_triaged(int(triage.decide(example.finding, logit)), has_finding=example.kind.endswith("positive"))
    points = evidence.output.operating_points
    point = points.findings.get(example.finding) if points else None
    if point is None:
        return example.kind
    called = bool(logit >= point.logit)
    is_right = called == example.kind.endswith("positive")
    return f"{'true' if is_right else 'false'} {'positive' if called else 'negative'}"


def _name_triaged(call: int, *, has_finding: bool) -> str:
    if call == UNCERTAIN:
        return f"uncertain, {'with' if has_finding else 'without'} it"
    is_right = (call == RULED_IN) == has_finding
    return f"{'rightly' if is_right else 'wrongly'} ruled {'in' if call == RULED_IN else 'out'}"


def _place_peak(peak: Point, boxes: Sequence[Rectangle]) -> str:
    """Whether the map is strongest where the source says the finding is; empty without its boxes."""
    if not boxes:
        return ""
    return "strongest in the box" if is_hit(peak, boxes) else "strongest outside the box"


def _find_peak(evidence: Evidence, example: Example) -> Point:
    """Where the map is strongest, in store pixels."""
    x, y = evidence.peaks.points[example.position, evidence.findings.index(example.finding)].tolist()
    return x, y


def _to_example(evidence: Evidence, overlay: Overlay) -> dict[str, Any]:
    example, kind = overlay.example, name_outcome(evidence, overlay.example)
    peak = _find_peak(evidence, example)
    text = f"{TITLES[evidence.asked.cam]} of {to_title(example.finding)}, {kind}, score {example.score:.3f}"
    return {
        "finding": example.finding,
        "kind": kind,
        "is_mistake": kind.startswith(("false", "wrongly"))
        or example.kind == kind in ("highest negative", "lowest positive"),
        "score": example.score,
        "image_id": overlay.image_id,
        "side": len(overlay.plain),
        "boxes": overlay.boxes,
        "peak": peak,
        "peak_placed": _place_peak(peak, overlay.boxes),
        "plain": encode_jpeg(overlay.plain, f"Radiograph {overlay.image_id[:10]}"),
        "heat": encode_webp(overlay.heat, text),
    }
