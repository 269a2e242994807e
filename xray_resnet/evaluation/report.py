"""The report: one HTML file with everything in it, which opens from disk without a network."""

import base64
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.metadata import version
from itertools import groupby
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from numpy.typing import NDArray

from xray_resnet.evaluation.overlays import Overlay
from xray_resnet.evaluation.plots import plot_intervals, plot_pr_curves, plot_roc_curves, plot_scores
from xray_resnet.evaluation.pointing import ALL, Localisation
from xray_resnet.evaluation.predictions import Predictions
from xray_resnet.evaluation.summary import Summary
from xray_resnet.evaluation.thumbnails import SIDE
from xray_resnet.findings import positions, resolve_targets
from xray_resnet.metrics import Aurocs
from xray_resnet.store import Dataset

_JPEG_QUALITY = 90


@dataclass(frozen=True)
class Image:
    """A picture in the page: its data URI, and its content in words."""

    source: str
    text: str


@dataclass(frozen=True)
class Report:
    """What the report shows.

    Attributes:
        summary: The figures.
        predictions: The rows behind them.
        dataset: Where they come from.
        overlays: Examples with their maps.
        localisation: The pointing game; None if no image has a box.
        baseline: AUROC of the thumbnails' baseline; None if it was not fitted.
        unmatched: Sentences on findings that only the model or only the dataset has.
        command: The command that makes the report again.
        resamples: Bootstrap resamples.
        seed: Seed of the bootstrap.
    """

    summary: Summary
    predictions: Predictions
    dataset: Dataset
    overlays: Sequence[Overlay]
    localisation: Localisation | None
    baseline: Aurocs | None
    unmatched: Sequence[str]
    command: str
    resamples: int
    seed: int


def render_report(report: Report) -> str:
    """The report as HTML."""
    loader = FileSystemLoader(Path(__file__).parent)
    environment = Environment(loader=loader, autoescape=True, undefined=StrictUndefined, trim_blocks=True)
    environment.filters.update(title_of=_title_of, fill=_fill)
    names = [finding.name for finding in report.summary.findings]
    return environment.get_template("report.html.j2").render(
        **{name: getattr(report, name) for name in ("summary", "localisation", "unmatched", "command")},
        **{name: getattr(report, name) for name in ("resamples", "seed")},
        baseline=_baseline(report.baseline),
        plots=_plots(report),
        examples=[(name, [*map(_example, group)]) for name, group in groupby(report.overlays, _finding_of)],
        boxes_known=any(overlay.boxes for overlay in report.overlays),
        all_findings=ALL,
        source=report.dataset.source,
        synthetic=report.dataset.synthetic,
        splits=[_describe_split(report.dataset, split, names) for split in ("train", "val", "test")],
        model_facts=_model_facts(report.summary),
        version=version("xray-resnet"),
    )


def _plots(report: Report) -> dict[str, Image]:
    summary, predictions, baseline = report.summary, report.predictions, report.baseline
    marks = [estimate.value for estimate in (*baseline.findings, baseline.macro)] if baseline else []
    figures = ", ".join(f"{_title_of(f.name)} {_spoken(f.auroc.value)}" for f in summary.findings)
    return {
        "intervals": _svg(plot_intervals(summary, baseline=marks), f"AUROC by finding: {figures}"),
        "roc": _svg(plot_roc_curves(predictions, summary), f"ROC curves; AUROC: {figures}"),
        "pr": _svg(plot_pr_curves(predictions, summary), "Precision-recall curves by finding"),
        "scores": _svg(plot_scores(predictions, summary), "Histograms of scores with and without each finding"),
    }


def _baseline(aurocs: Aurocs | None) -> dict[str, Any] | None:
    return None if aurocs is None else {"findings": aurocs.findings, "macro": aurocs.macro, "side": SIDE}


def _example(overlay: Overlay) -> dict[str, Any]:
    example = overlay.example
    finding = _title_of(example.finding)
    return {
        "kind": example.kind,
        "score": example.score,
        "image_id": overlay.image_id,
        "plain": _jpeg(overlay.plain, f"Radiograph {overlay.image_id[:10]}"),
        "overlay": _jpeg(overlay.picture, f"Grad-CAM of {finding}, {example.kind}, score {example.score:.3f}"),
    }


def _finding_of(overlay: Overlay) -> str:
    return overlay.example.finding


def _describe_split(dataset: Dataset, split: str, findings: Sequence[str]) -> dict[str, Any]:
    """Images, patients, and per finding the positives with their share of the assessed images."""
    rows = dataset.indices(split)
    labels = resolve_targets(dataset.states[rows][:, positions(dataset.findings, findings)])
    positives, assessed = (labels == 1).sum(axis=0), np.isfinite(labels).sum(axis=0)
    return {
        "name": split,
        "n_images": len(rows),
        "n_patients": len(np.unique(dataset.patient_ids[rows])),
        "findings": {
            finding: (int(count), count / total if total else None)
            for finding, count, total in zip(findings, positives, assessed, strict=True)
        },
    }


def _model_facts(summary: Summary) -> list[tuple[str, str]]:
    """The model's facts as words; lists joined, nested ones flattened by a colon."""
    facts: list[tuple[str, str]] = []
    for name, value in summary.model.items():
        if isinstance(value, dict):
            value = "; ".join(f"{key}: {item}" for key, item in value.items())
        elif isinstance(value, list | tuple):
            value = ", ".join(map(str, value)) or "none"
        facts.append((name.replace("_", " "), "–" if value is None else str(value)))
    return facts


def _svg(content: str, text: str) -> Image:
    return Image("data:image/svg+xml;base64," + base64.b64encode(content.encode()).decode(), text)


def _jpeg(picture: NDArray[np.uint8], text: str) -> Image:
    """A grey (H, W) or RGB (H, W, 3) picture, compressed."""
    ordered = picture[..., ::-1] if picture.ndim == 3 else picture
    _, encoded = cv2.imencode(".jpg", ordered, [cv2.IMWRITE_JPEG_QUALITY, _JPEG_QUALITY])
    return Image("data:image/jpeg;base64," + base64.b64encode(encoded.tobytes()).decode(), text)


def _title_of(name: str) -> str:
    words = name.replace("_", " ")
    return words[:1].upper() + words[1:]


def _fill(pattern: str, value: float) -> str:
    """The number in the pattern, with a true minus sign."""
    return (pattern % value).replace("-", "−")


def _spoken(value: float | None) -> str:
    return "undefined" if value is None else f"{value:.3f}"
