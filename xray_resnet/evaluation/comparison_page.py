"""The page of a comparison and its figures, in a folder of their own."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from xray_resnet.evaluation.compare import Comparison
from xray_resnet.evaluation.comparison_plot import plot_differences
from xray_resnet.evaluation.internal import METRICS
from xray_resnet.evaluation.methods import letter_methods
from xray_resnet.files import write_json, write_text
from xray_resnet.pages import encode_svg, render_page

PAGE, FIGURES = "comparison.html", "comparison.json"
_TEMPLATE = Path(__file__).parent / "comparison.html.j2"
_FACTS = ("name", "depth", "base_width", "stem", "precision", "engine", "instruction_set")
"""Facts of a model that the page shows side by side, where they are known."""


def write_comparison(comparison: Comparison, output: Path, *, folders: Sequence[Path], command: str) -> Path:
    """Writes OUTPUT/comparison.json and OUTPUT/comparison.html; returns the page.

    Args:
        comparison: Of two evaluations.
        output: Made if it is not there.
        folders: Of the two evaluations, the first first.
        command: The command that makes the page again.
    """
    output.mkdir(parents=True, exist_ok=True)
    metrics = [_read_metrics(folder) for folder in folders]
    models = [each.get("model", {}) for each in metrics]
    write_json(output / FIGURES, {"folders": [str(each) for each in folders], **comparison.to_json()})
    values = {
        "comparison": comparison,
        "folders": folders,
        "data": metrics[0],
        "facts": {fact: [model.get(fact, "–") for model in models] for fact in _FACTS},
        "methods": letter_methods(estimate for _, *three, _ in comparison.rows for estimate in three),
        "plot": encode_svg(plot_differences(comparison), _describe(comparison)),
        "command": command,
    }
    write_text(output / PAGE, render_page(_TEMPLATE, values))
    return output / PAGE


def _read_metrics(folder: Path) -> dict[str, Any]:
    """What the evaluation said of itself; nothing if it was interrupted before it did."""
    path = folder / METRICS
    content: dict[str, Any] = json.loads(path.read_bytes()) if path.is_file() else {}
    return content


def _describe(comparison: Comparison) -> str:
    """The picture in words."""
    words = (
        f"{name.replace('_', ' ')} {'undefined' if difference.value is None else f'{difference.value:+.3f}'}"
        for name, _, _, difference, _ in comparison.rows
    )
    return f"Difference of AUROC, second less first: {', '.join(words)}"
